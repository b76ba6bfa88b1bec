/**
 * StorageClass: a sort of storage that is made when it is asked for.
 *
 * Models pkg/registry/storage/storageclass, pkg/apis/storage/validation and the table printer.
 */
import type { StorageClass, TopologySelectorTerm } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { column, defineResource } from "#kernel/registry/definition";
import { eachAt, mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";
import { ageColumn } from "#kernel/resources/core/table.columns";
import { validateParameters, validateProvisioner } from "#kernel/resources/storage/storage.validate";
import { DEFAULT_CLASS_ANNOTATIONS } from "#kernel/resources/storage/storageclass.facts";
import { equal } from "#kernel/sim/clone";

export const storageclasses = defineResource<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  names: { kind: "StorageClass", plural: "storageclasses", singular: "storageclass", short: ["sc"] },
  scope: "Cluster",
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults(one) {
    one.reclaimPolicy ??= "Delete";
    one.volumeBindingMode ??= "Immediate";
  },

  validate(one, at) {
    validateProvisioner(one.provisioner ?? "", at.under("provisioner"));
    validateParameters(one.parameters, { mayBeEmpty: true }, at.under("parameters"));
    const { reclaimPolicy = "", volumeBindingMode } = one;
    if (reclaimPolicy !== "") mustBeOneOf(at("reclaimPolicy"), reclaimPolicy, ["Delete", "Retain"]);
    if (volumeBindingMode === undefined) at("volumeBindingMode").required();
    else mustBeOneOf(at("volumeBindingMode"), volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
    validateTopologies(one.allowedTopologies, at.under("allowedTopologies"));
  },
  validateUpdate(one, old, at) {
    if (!equal(one.parameters ?? {}, old.parameters ?? {})) {
      at("parameters").forbidden("updates to parameters are forbidden.");
    }
    if (one.provisioner !== old.provisioner) at("provisioner").forbidden("updates to provisioner are forbidden.");
    if (one.reclaimPolicy !== old.reclaimPolicy) {
      at("reclaimPolicy").forbidden("updates to reclaimPolicy are forbidden.");
    }
    at("volumeBindingMode").immutable(one.volumeBindingMode, old.volumeBindingMode);
  },

  table: [
    { ...column<StorageClass>("Name", "string", nameText, "Name, unique in the cluster."), format: "name" },
    column("Provisioner", "string", ({ provisioner }) => provisioner, "Who makes its volumes."),
    column("ReclaimPolicy", "string", ({ reclaimPolicy }) => reclaimPolicy ?? "Delete", "What becomes of them."),
    column("VolumeBindingMode", "string", ({ volumeBindingMode }) => volumeBindingMode ?? "<unset>"),
    column("AllowVolumeExpansion", "string", ({ allowVolumeExpansion }) => allowVolumeExpansion === true),
    ageColumn,
  ],
});

function nameText({ metadata }: StorageClass): string {
  const isDefault = DEFAULT_CLASS_ANNOTATIONS.some((name) => metadata.annotations?.[name] === "true");
  return isDefault ? `${metadata.name} (default)` : metadata.name;
}

/** What is wrong with the places volumes may be made in. */
function validateTopologies(topologies: readonly TopologySelectorTerm[] | undefined, at: At): void {
  const seen: Record<string, readonly string[]>[] = [];
  for (const [{ matchLabelExpressions = [] }, termAt] of eachAt(topologies, at)) {
    const term: Record<string, readonly string[]> = {};
    const listAt = termAt.under("matchLabelExpressions");
    for (const [{ key, values = [] }, ownAt] of eachAt(matchLabelExpressions, listAt)) {
      if (values.length === 0) ownAt("values").required();
      for (const [value, valueAt] of eachAt(values, ownAt.under("values"))) {
        if (values.indexOf(value) < Number(/\[(\d+)\]$/.exec(valueAt.path)?.[1])) valueAt("").duplicate(value);
      }
      for (const text of qualifiedName(key)) ownAt("key").invalid(key, text);
      if (term[key] !== undefined) ownAt("key").duplicate(key);
      term[key] = [...values].sort();
    }
    // Upstream compares with as many empty terms as there are terms, so that an empty one is always refused.
    const isEmpty = matchLabelExpressions.length === 0;
    if (isEmpty || seen.some((other) => equal(other, term))) listAt("").duplicate("");
    seen.push(term);
  }
}
