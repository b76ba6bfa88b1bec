/**
 * Whether a Node is well formed, and what may change in it.
 *
 * Models pkg/apis/core/validation (ValidateNode, ValidateNodeUpdate).
 * Leaves out the annotation of avoided pods and spec.configSource: upstream reads neither any more.
 */

import type { Node, Taint } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { labelValue, qualifiedName } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { parseCidr } from "#kernel/apimachinery/ip";
import { cidr } from "#kernel/apimachinery/names";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { TAINT_EFFECTS } from "#kernel/resources/core/pod.facts.tolerations";
import { eachAt, mustChoose, mustFit } from "#kernel/resources/core/pod.validate.fields";
import { validateQuantityValue } from "#kernel/resources/core/pod.validate.resources";

/** Adds an error for each wrong part of a node, on create and update alike. */
export function validateNode({ spec, status }: Node, at: At): void {
  // Upstream reports taints below the metadata.
  validateTaints(spec.taints, at.under("metadata.taints"));
  for (const field of ["capacity", "allocatable"] as const) {
    for (const [name, quantity] of Object.entries(status?.[field] ?? {})) {
      validateQuantityValue(name, quantity, at(`status.${field}.${name}`));
    }
  }
}

/** Adds an error for each malformed pod CIDR of a new node. */
export function validateNewNode({ spec: { podCIDRs = [] } }: Node, at: At): void {
  const own = at.under("spec.podCIDRs");
  const seen = new Set<string>();
  for (const [block, blockAt] of eachAt(podCIDRs, own)) {
    mustFit(blockAt(""), block, cidr);
    if (seen.has(block)) blockAt("").duplicate(block);
    seen.add(block);
  }
  const families = new Set(podCIDRs.map((block) => parseCidr(block)?.family));
  if (podCIDRs.length <= 1 || (podCIDRs.length === 2 && families.size === 2)) return;
  own("").invalid(podCIDRs, "may specify no more than one CIDR for each IP family");
}

/** Adds an error for each wrong taint; `at` stands at the list. */
export function validateTaints(taints: readonly Taint[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [taint, taintAt] of eachAt(taints, at)) {
    const { key, value = "", effect } = taint;
    mustFit(taintAt("key"), key, qualifiedName);
    const wrong = labelValue(value);
    if (wrong.length > 0) taintAt("value").invalid(value, wrong.join(";"));
    mustChoose(taintAt("effect"), effect, TAINT_EFFECTS);
    const pair = `${effect} ${key}`;
    if (seen.has(pair)) {
      const detail = "taints must be unique by key and effect pair";
      // Upstream prints its internal struct, whose fields have Go's names.
      const badValue = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null };
      at.add({ type: "FieldValueDuplicate", field: taintAt.path, badValue, detail });
    }
    seen.add(pair);
  }
}

/** Adds an error for each change that an update of a node must not make. */
export function validateNodeUpdate(node: Node, old: Node, at: At): void {
  const { spec } = node;
  validateAddresses(node, at);
  const before = old.spec.podCIDRs ?? [];
  if (before.length > 0 && !semanticEqual(before, spec.podCIDRs)) {
    at("spec.podCIDRs").forbidden('node updates may not change podCIDR except from "" to valid');
  }
  if ((old.spec.providerID ?? "") !== "" && old.spec.providerID !== spec.providerID) {
    at("spec.providerID").forbidden('node updates may not change providerID except from "" to valid');
  }
  if ((spec.externalID ?? "") !== (old.spec.externalID ?? "")) at("spec.externalID").forbidden("may not be updated");
}

/** Adds an error for each wrong part of a node's new status. */
export function validateNodeStatusUpdate(node: Node, at: At): void {
  validateNode(node, at);
  validateAddresses(node, at);
}

function validateAddresses({ status }: Node, at: At): void {
  const seen = new Set<string>();
  for (const [address, addressAt] of eachAt(status?.addresses, at.under("status.addresses"))) {
    const key = `${address.type} ${address.address}`;
    if (seen.has(key)) addressAt("").duplicate(goStruct({ Type: address.type, Address: address.address }));
    seen.add(key);
  }
}
