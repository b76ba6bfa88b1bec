/**
 * ClusterRole aggregation controller: a cluster role with an aggregation rule has the rules of those it selects.
 *
 * Models pkg/controller/clusterroleaggregation.
 */
import { type Controller, done, watching } from "#kernel/registry/controller";
import { clusterroles } from "#kernel/resources/rbac/clusterrole";
import { aggregatedRules } from "#kernel/resources/rbac/clusterrole.facts";
import { equal } from "#kernel/sim/clone";

export const clusterRoleAggregation: Controller = {
  name: "clusterrole-aggregation-controller",
  component: "controllerManager",
  watches: [
    // Whatever changes may be part of any of them.
    watching(clusterroles, (_role, client) =>
      client
        .list(clusterroles)
        .filter(({ aggregationRule }) => aggregationRule !== undefined)
        .map(({ metadata: { name } }) => ({ namespace: "", name })),
    ),
  ],

  reconcile({ client }, key) {
    const role = client.get(clusterroles, key);
    if (role?.aggregationRule === undefined || role.metadata.deletionTimestamp !== undefined) return done;
    const rules = aggregatedRules(role, client.list(clusterroles));
    if (!equal(role.rules ?? [], rules)) client.update(clusterroles, { ...role, rules });
    return done;
  },
};
