/**
 * How each kind counts against quotas: a few in their own way, every other by the number of its objects.
 *
 * Models pkg/quota/v1/install and apiserver/pkg/quota/v1/generic (ObjectCountEvaluator, CalculateUsageStats).
 */
import { claimEvaluator } from "#kernel/admission/quota/claims";
import { type Amounts, type Evaluator, only, plus } from "#kernel/admission/quota/evaluator";
import { podEvaluator } from "#kernel/admission/quota/pods";
import { serviceEvaluator } from "#kernel/admission/quota/services";
import type { ResourceQuotaSpec } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import { scopesOf } from "#kernel/resources/core/resourcequota.facts";
import type { KubeObject } from "#kernel/store/object";

const OWN: Readonly<Record<string, Evaluator>> = {
  pods: podEvaluator as Evaluator,
  services: serviceEvaluator as Evaluator,
  persistentvolumeclaims: claimEvaluator as Evaluator,
};

/** Kinds that are bounded under their bare name too. */
const OLD = new Set(["configmaps", "resourcequotas", "replicationcontrollers", "secrets"]);

const counters = new WeakMap<AnyResource, Evaluator>();

/** How a kind counts; undefined for what no quota counts: events, reviews, what has no namespace. */
export function evaluatorOf(resource: AnyResource): Evaluator | undefined {
  const { bucket, isNamespaced, names, review } = resource;
  if (!isNamespaced || review !== undefined || names.plural === "events") return undefined;
  const own = OWN[bucket];
  if (own !== undefined) return own;
  let counter = counters.get(resource);
  if (counter === undefined) {
    counter = counterOf(bucket);
    counters.set(resource, counter);
  }
  return counter;
}

function counterOf(bucket: string): Evaluator {
  const names = [`count/${bucket}`, ...(OLD.has(bucket) ? [bucket] : [])];
  const one = Object.fromEntries(names.map((name) => [name, "1"]));
  return {
    handles: ({ operation, subresource }) => operation === "CREATE" && subresource === "",
    namesAmong: (asked) => asked.filter((name) => names.includes(name)),
    usage: () => one,
    isInScope: () => false,
  };
}

/** Whether a quota counts an object. */
export const isInScopes = (evaluator: Evaluator, spec: ResourceQuotaSpec, object: KubeObject): boolean =>
  scopesOf(spec).every((scope) => evaluator.isInScope(object, scope));

/** What a namespace uses of the bounds of a quota, counted afresh; bounds that nothing counts against are left out. */
export function usageOf(client: Client, namespace: string, spec: ResourceQuotaSpec): Amounts {
  const bounds = Object.keys(spec.hard ?? {});
  const seen = new Set<string>();
  let used: Amounts = {};
  for (const resource of client.registry.resources) {
    if (seen.has(resource.bucket)) continue;
    seen.add(resource.bucket);
    const evaluator = evaluatorOf(resource);
    const names = evaluator?.namesAmong(bounds) ?? [];
    if (evaluator === undefined || names.length === 0) continue;
    used = { ...used, ...Object.fromEntries(names.map((name) => [name, "0"])) };
    for (const object of client.list(resource, { namespace }) as readonly KubeObject[]) {
      if (!isInScopes(evaluator, spec, object)) continue;
      used = plus(used, only(evaluator.usage(object, client.registry.now), names));
    }
  }
  return used;
}
