/**
 * FlowSchema: which requests belong together, and at which priority level they wait.
 *
 * Models pkg/registry/flowcontrol/flowschema, pkg/apis/flowcontrol/validation and the table printer.
 */

import type {
  FlowcontrolSubject,
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { goStruct } from "#kernel/apimachinery/go-text";
import { column, defineResource, type Resource } from "#kernel/registry/definition";
import { ageColumn, nameColumn } from "#kernel/resources/core/table.columns";
import { MANDATORY_SCHEMAS } from "#kernel/resources/flowcontrol/bootstrap";
import { validateConditions } from "#kernel/resources/flowcontrol/condition.validate";
import { equal } from "#kernel/sim/clone";

const PRECEDENCE_MAX = 10_000;
const METHODS: readonly string[] = ["ByNamespace", "ByUser"];
const SUBJECTS = ["Group", "ServiceAccount", "User"] as const;
const VERBS: readonly string[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "proxy",
  "update",
  "watch",
];

export const flowschemas: Resource<FlowSchema> = defineResource<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  names: { kind: "FlowSchema", plural: "flowschemas", singular: "flowschema" },
  scope: "Cluster",
  hasGeneration: true,
  subresources: { status: true },
  fixedOnStatus: "all",

  setDefaults({ spec }) {
    if (spec !== undefined) spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },

  validate({ metadata, spec, status }, at) {
    validateSpec(metadata.name, spec, at.under("spec"));
    const fixed = MANDATORY_SCHEMAS.find((one) => one.metadata.name === metadata.name);
    if (fixed !== undefined && !equal(fixed.spec, spec)) {
      at("spec").invalid(spec, `spec of '${metadata.name}' must equal the fixed value`);
    }
    validateConditions(status?.conditions, at.under("status"));
  },
  validateStatusUpdate({ status }, _old, at) {
    validateConditions(status?.conditions, at.under("status"));
  },

  table: [
    nameColumn,
    column("PriorityLevel", "string", ({ spec }) => spec.priorityLevelConfiguration.name, "Where its requests wait."),
    column("MatchingPrecedence", "string", ({ spec }) => spec.matchingPrecedence ?? 0, "The lowest that fits wins."),
    column(
      "DistinguisherMethod",
      "string",
      ({ spec }) => spec.distinguisherMethod?.type ?? "<none>",
      "What a flow is.",
    ),
    ageColumn,
    column("MissingPL", "string", (schema) => missingText(schema), "Whether its priority level is not there."),
  ],
});

const missingText = ({ status }: FlowSchema): string =>
  status?.conditions?.find(({ type }) => type === "Dangling")?.status ?? "?";

function validateSpec(name: string, spec: Partial<FlowSchema["spec"]> = {}, at: At): void {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method, rules = [] } = spec;
  if (precedence <= 0) at("matchingPrecedence").invalid(precedence, "must be a positive value");
  if (precedence > PRECEDENCE_MAX) {
    at("matchingPrecedence").invalid(precedence, `must not be greater than ${PRECEDENCE_MAX}`);
  }
  if (precedence === 1 && name !== "exempt") {
    at("matchingPrecedence").invalid(precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  }
  if (method !== undefined && !METHODS.includes(method.type)) {
    at("distinguisherMethod.type").notSupported(goStruct({ Type: method.type }), METHODS);
  }
  const level = spec.priorityLevelConfiguration?.name ?? "";
  if (level === "") at("priorityLevelConfiguration.name").required("must reference a priority level");
  else for (const text of dns1123Subdomain(level)) at("priorityLevelConfiguration.name").invalid(level, text);
  rules.forEach((rule, i) => {
    validateRules(rule, at.under(`rules[${i}]`));
  });
}

function validateRules(rule: PolicyRulesWithSubjects, at: At): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0) at("subjects").required("subjects must contain at least one value");
  subjects.forEach((subject, i) => {
    validateSubject(subject, at.under(`subjects[${i}]`));
  });
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    at("").required("at least one of resourceRules and nonResourceRules has to be non-empty");
  }
  resourceRules.forEach((one, i) => {
    validateResourceRule(one, at.under(`resourceRules[${i}]`));
  });
  nonResourceRules.forEach((one, i) => {
    validateNonResourceRule(one, at.under(`nonResourceRules[${i}]`));
  });
}

const FIELDS = { Group: "group", ServiceAccount: "serviceAccount", User: "user" } as const;

function validateSubject(subject: FlowcontrolSubject, at: At): void {
  const kind = SUBJECTS.find((one) => one === subject.kind);
  if (kind === undefined) {
    at("kind").notSupported(subject.kind, SUBJECTS);
    return;
  }
  const own = FIELDS[kind];
  validateNamed(subject, kind, at.under(own));
  for (const other of ["ServiceAccount", "User", "Group"] as const) {
    const field = FIELDS[other];
    if (other === kind || subject[field] === undefined) continue;
    at(field).forbidden(`${field} is forbidden when subject kind is not '${other}'`);
  }
}

function validateNamed(subject: FlowcontrolSubject, kind: (typeof SUBJECTS)[number], at: At): void {
  const field = FIELDS[kind];
  const named = subject[field];
  if (named === undefined) {
    at("").required(`${field} is required when subject kind is '${kind}'`);
    return;
  }
  const name = named.name ?? "";
  if (name === "") at("name").required();
  if (kind !== "ServiceAccount") return;
  if (name !== "" && name !== "*") for (const text of dns1123Subdomain(name)) at("name").invalid(name, text);
  const namespace = subject.serviceAccount?.namespace ?? "";
  if (namespace === "") at("namespace").required("must specify namespace for service account");
  else for (const text of dns1123Label(namespace)) at("namespace").invalid(namespace, text);
}

function validateVerbs(verbs: readonly string[], at: At): void {
  if (verbs.length === 0) at("verbs").required("verbs must contain at least one value");
  else if (verbs.includes("*")) {
    if (verbs.length > 1) at("verbs").invalid(verbs, "if '*' is present, must not specify other verbs");
  } else if (verbs.some((verb) => !VERBS.includes(verb))) at("verbs").notSupported(verbs, VERBS);
}

function validateNonResourceRule({ verbs, nonResourceURLs: urls = [] }: NonResourcePolicyRule, at: At): void {
  validateVerbs(verbs ?? [], at);
  if (urls.length === 0) at("nonResourceURLs").required("nonResourceURLs must contain at least one value");
  else if (urls.includes("*")) {
    if (urls.length > 1) {
      at("nonResourceURLs").invalid(urls, "if '*' is present, must not specify other non-resource URLs");
    }
  } else {
    urls.forEach((url, i) => {
      const problem = urlProblem(url);
      if (problem !== undefined) at(`nonResourceURLs[${i}]`).invalid(url, problem);
    });
  }
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const star = url.indexOf("*");
  if (star < 0) return undefined;
  return star === url.length - 1 && url.endsWith("/*") ? undefined : "wildcard can only do suffix matching";
}

function validateResourceRule(rule: ResourcePolicyRule, at: At): void {
  const { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  validateVerbs(verbs, at);
  if (apiGroups.length === 0) at("apiGroups").required("resource rules must supply at least one api group");
  else if (apiGroups.length > 1 && apiGroups.includes("*")) {
    at("apiGroups").invalid(apiGroups, "if '*' is present, must not specify other api groups");
  }
  if (resources.length === 0) at("resources").required("resource rules must supply at least one resource");
  else if (resources.length > 1 && resources.includes("*")) {
    at("resources").invalid(resources, "if '*' is present, must not specify other resources");
  }
  if (namespaces.length === 0 && !clusterScope) {
    at("namespaces").required("resource rules that are not cluster scoped must supply at least one namespace");
  } else if (namespaces.includes("*")) {
    if (namespaces.length > 1) {
      at("namespaces").invalid(namespaces, "if '*' is present, must not specify other namespaces");
    }
  } else {
    namespaces.forEach((namespace, i) => {
      for (const text of dns1123Label(namespace)) {
        at(`namespaces[${i}]`).invalid(namespace, `each member of this list must be '*' or a DNS-1123 label; ${text}`);
      }
    });
  }
}
