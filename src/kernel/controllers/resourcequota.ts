/**
 * ResourceQuota controller: says in each quota's status what its bounds are and what is used of them.
 *
 * Models pkg/controller/resourcequota.
 * Leaves out the periodic full count: admission counts what is added, and here is seen whatever gives something back.
 */
import { evaluatorOf, usageOf } from "#kernel/admission/quota/index";
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { watchingEverything } from "#kernel/controllers/shared/kinds";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself } from "#kernel/registry/controller";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { equal } from "#kernel/sim/clone";
import type { Change } from "#kernel/store/object";

export const resourceQuotaController: Controller = {
  name: "resourcequota-controller",
  component: "controllerManager",
  watches: [itself(resourcequotas), watchingEverything(quotasGivenBack)],

  reconcile({ client }, key) {
    const quota = client.get(resourcequotas, key);
    if (quota === undefined) return done;
    const { hard = {} } = quota.spec;
    const used = { ...usageOf(client, key.namespace, quota.spec) };
    if (equal(quota.status, { hard, used })) return done;
    client.updateStatus(resourcequotas, quota, { hard: { ...hard }, used });
    return done;
  },
};

/** The quotas of a namespace in which a change gives something back. */
function quotasGivenBack({ bucket, type, key, object, previous }: Change, client: Client): readonly Key[] {
  const { registry } = client;
  if (type === "ADDED" || key.namespace === "" || registry.store.count(resourcequotas.bucket, key.namespace) === 0) {
    return [];
  }
  const resource = registry.resourceOfBucket(bucket);
  const evaluator = resource === undefined ? undefined : evaluatorOf(resource);
  if (evaluator === undefined) return [];
  const isFreed =
    type === "DELETED" || (previous !== undefined && evaluator.frees?.(previous, object, registry.now) === true);
  return isFreed ? client.list(resourcequotas, { namespace: key.namespace }).map(keyOf) : [];
}
