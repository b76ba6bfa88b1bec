/**
 * Escalation check: nobody grants by a role or a binding what he may not do himself, unless he may escalate or bind.
 *
 * Models pkg/registry/rbac (escalation_check.go and the policybased storages), which stand between admission and the
 * store; that is here, at the end of the chain.
 */
import type { ClusterRole, PolicyRule, Role, RoleBinding } from "#kernel/api/types.gen";
import { forbidden, StatusError } from "#kernel/apimachinery/errors";
import { quote } from "#kernel/apimachinery/go-text";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import { aggregate, authorize, isPrivileged } from "#kernel/registry/authorize";
import { RBAC_GROUP, rulesFor, rulesOfRef } from "#kernel/registry/rbac";
import { describeRules, missingRules, quoteList } from "#kernel/registry/rbac.rules";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

export const rbacEscalation: AdmissionPlugin = {
  name: "RBACEscalationCheck",

  concerns: ({ operation, resource, user }) =>
    resource.group === RBAC_GROUP && (operation === "CREATE" || operation === "UPDATE") && !isPrivileged(user),

  admit(request, { registry }) {
    if (registry.authorization === "AlwaysAllow" || isLettingGo(request)) return;
    const { plural } = request.resource.names;
    if (plural === "roles" || plural === "clusterroles") checkRole(registry, request);
    else checkBinding(registry, request);
  },
};

/** Whether the update only takes owners or finalizers off, so that the object may be collected. */
function isLettingGo({ object, old }: AdmissionRequest): boolean {
  if (object === undefined || old === undefined) return false;
  const plain = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _, finalizers: __, managedFields: ___, ...others } = metadata;
    return { ...rest, metadata: others };
  };
  return equal(plain(object), plain(old));
}

function checkRole(registry: Registry, request: AdmissionRequest): void {
  const { object, old, user, namespace, name } = request;
  const { plural } = request.resource.names;
  const escalate = {
    user,
    verb: "escalate",
    group: RBAC_GROUP,
    version: "*",
    plural,
    namespace,
    name: nameOf(request),
  };
  if (authorize(registry, escalate).isAllowed) return;
  const role = object as Role & ClusterRole;
  confirm(registry, request, role.rules ?? []);
  const aggregates = (one: KubeObject | undefined): boolean => (one as ClusterRole)?.aggregationRule !== undefined;
  if (!aggregates(object) && !aggregates(old)) return;
  try {
    confirm(registry, request, FULL_AUTHORITY);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const detail = "must have cluster-admin privileges to use the aggregationRule";
    throw forbidden(groupResourceOf(request.resource), nameOf(request) || name, detail);
  }
}

function checkBinding(registry: Registry, request: AdmissionRequest): void {
  const { object, user, namespace } = request;
  const { roleRef } = object as RoleBinding;
  const isLocal = roleRef.kind === "Role";
  const plural = isLocal ? "roles" : "clusterroles";
  const bind = { user, verb: "bind", group: RBAC_GROUP, version: "*", plural, namespace, name: roleRef.name };
  if (authorize(registry, bind).isAllowed) return;
  const rules = rulesOfRef(registry, roleRef, namespace);
  if ("status" in rules) throw rules;
  confirm(registry, request, rules);
}

const nameOf = ({ name, object }: AdmissionRequest): string => name || (object?.metadata.name ?? "");

/** @throws Forbidden, if the user does not hold all the rules himself */
function confirm(registry: Registry, request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
  const { user, namespace } = request;
  const { rules, errors } = rulesFor(registry, user, namespace);
  const missing = missingRules(rules, wanted);
  if (missing.length === 0) return;
  const who = `user ${quote(user.name)} (groups=${quoteList(user.groups)})`;
  const what = `is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`;
  const problems = errors.length === 0 ? "" : `; resolution errors: [${aggregate(errors)}]`;
  throw forbidden(groupResourceOf(request.resource), nameOf(request), `${who} ${what}${problems}`);
}
