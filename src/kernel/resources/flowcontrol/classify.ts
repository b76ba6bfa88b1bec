/**
 * Classification: which flow schema a request belongs to, and which priority level.
 *
 * Models k8s.io/apiserver/pkg/util/flowcontrol/rule.go.
 */
import type {
  FlowcontrolSubject,
  FlowSchema,
  NonResourcePolicyRule,
  PriorityLevelConfiguration,
  ResourcePolicyRule,
} from "#kernel/api/types.gen";
import type { Attributes } from "#kernel/registry/authorize";
import type { Registry } from "#kernel/registry/registry";
import { accountOf, type User } from "#kernel/registry/user";
import type { View } from "#kernel/registry/view";
import { flowschemas } from "#kernel/resources/flowcontrol/flowschema";
import { prioritylevelconfigurations } from "#kernel/resources/flowcontrol/prioritylevelconfiguration";
import type { KubeObject } from "#kernel/store/object";

export interface FlowClass {
  readonly schema: FlowSchema;
  readonly level: PriorityLevelConfiguration;
}

/** The schemas in the order in which they are tried. */
const ORDER: View<{ sorted: readonly FlowSchema[] | undefined }> = {
  name: "flow schemas by precedence",
  create: () => ({ sorted: undefined }),
  apply(view, { bucket }) {
    if (bucket === flowschemas.bucket) view.sorted = undefined;
  },
};

/** The class of a request; undefined where nothing fits, which the mandatory schemas keep from happening. */
export function classify(registry: Registry, attributes: Attributes): FlowClass | undefined {
  const view = registry.views.of(ORDER);
  view.sorted ??= [...(registry.store.list(flowschemas.bucket) as readonly KubeObject[] as FlowSchema[])].sort(
    (a, b) =>
      (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  );
  for (const schema of view.sorted) {
    if (!matches(schema, attributes)) continue;
    const { name } = schema.spec.priorityLevelConfiguration;
    const level = registry.store.get(prioritylevelconfigurations.bucket, { namespace: "", name });
    if (level !== undefined) return { schema, level: level as PriorityLevelConfiguration };
  }
  return undefined;
}

function matches({ spec }: FlowSchema, attributes: Attributes): boolean {
  return (spec.rules ?? []).some(
    ({ subjects, resourceRules = [], nonResourceRules = [] }) =>
      subjects.some((subject) => isSubject(subject, attributes.user)) &&
      (attributes.path === undefined
        ? resourceRules.some((rule) => matchesResource(rule, attributes))
        : nonResourceRules.some((rule) => matchesPath(rule, attributes))),
  );
}

function isSubject({ kind, user, group, serviceAccount }: FlowcontrolSubject, { name, groups }: User): boolean {
  if (kind === "User") return user?.name === "*" || user?.name === name;
  if (kind === "Group") return group?.name === "*" || groups.includes(group?.name ?? "");
  const account = accountOf(name);
  return (
    account !== undefined &&
    account.namespace === serviceAccount?.namespace &&
    (serviceAccount.name === "*" || serviceAccount.name === account.name)
  );
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((one) => one === "*" || one === value);

function matchesResource(rule: ResourcePolicyRule, attributes: Attributes): boolean {
  const { verb, group = "", plural = "", subresource = "", namespace = "" } = attributes;
  const resource = subresource === "" ? plural : `${plural}/${subresource}`;
  const isInScope = namespace === "" ? rule.clusterScope === true : has(rule.namespaces, namespace);
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && has(rule.resources, resource) && isInScope;
}

function matchesPath({ verbs, nonResourceURLs }: NonResourcePolicyRule, { verb, path = "" }: Attributes): boolean {
  const fits = (url: string): boolean =>
    url === "*" || url === path || (url.endsWith("/*") && path.startsWith(url.slice(0, -1)));
  return has(verbs, verb) && nonResourceURLs.some(fits);
}
