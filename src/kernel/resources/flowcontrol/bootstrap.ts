/**
 * The flow schemas and priority levels of every cluster: the mandatory ones, whose content is fixed, and the suggested.
 *
 * Models k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap.
 */
import type {
  FlowcontrolSubject,
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  QueuingConfiguration,
  ResourcePolicyRule,
} from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { AUTHENTICATED_GROUP, UNAUTHENTICATED_GROUP } from "#kernel/registry/user";

/** By it the API server keeps the content of an object up to date. */
const AUTO_UPDATE = { "apf.kubernetes.io/autoupdate-spec": "true" };

type LevelDraft = Draft<PriorityLevelConfiguration>;
type SchemaDraft = Draft<FlowSchema>;

const level = (name: string, spec: PriorityLevelConfiguration["spec"]): LevelDraft => ({
  metadata: { name, annotations: AUTO_UPDATE },
  spec,
});

const queued = (
  name: string,
  shares: number,
  lendablePercent: number,
  [queues, handSize]: [number, number],
): LevelDraft => {
  const queuing: QueuingConfiguration = { queues, handSize, queueLengthLimit: 50 };
  return level(name, {
    type: "Limited",
    limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: "Queue", queuing } },
  });
};

const EXEMPT_LEVEL = level("exempt", { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } });

const CATCH_ALL_LEVEL = level("catch-all", {
  type: "Limited",
  limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
});

export const MANDATORY_LEVELS: readonly LevelDraft[] = [EXEMPT_LEVEL, CATCH_ALL_LEVEL];

const SUGGESTED_LEVELS: readonly LevelDraft[] = [
  queued("system", 30, 33, [64, 6]),
  queued("node-high", 40, 25, [64, 6]),
  queued("leader-election", 10, 0, [16, 4]),
  queued("workload-high", 40, 50, [128, 6]),
  queued("workload-low", 100, 90, [128, 6]),
  queued("global-default", 20, 50, [128, 6]),
];

const group = (name: string): FlowcontrolSubject => ({ kind: "Group", group: { name } });
const user = (name: string): FlowcontrolSubject => ({ kind: "User", user: { name } });
const systemAccount = (name: string): FlowcontrolSubject => ({
  kind: "ServiceAccount",
  serviceAccount: { name, namespace: "kube-system" },
});

const MANAGER = user("system:kube-controller-manager");
const SCHEDULER = user("system:kube-scheduler");
const NODES = group("system:nodes");
const EVERYBODY = [group(UNAUTHENTICATED_GROUP), group(AUTHENTICATED_GROUP)];

type Place = readonly [schema: string, level: string, precedence: number, method?: "ByUser" | "ByNamespace"];

const schema = ([name, levelName, precedence, method]: Place, ...rules: PolicyRulesWithSubjects[]): SchemaDraft => ({
  metadata: { name, annotations: AUTO_UPDATE },
  spec: {
    priorityLevelConfiguration: { name: levelName },
    matchingPrecedence: precedence,
    ...(method !== undefined && { distinguisherMethod: { type: method } }),
    rules,
  },
});

/** Everything the subjects do. */
const all = (subjects: FlowcontrolSubject[]): PolicyRulesWithSubjects => ({
  subjects,
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], clusterScope: true, namespaces: ["*"] }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
});

const rule = (verbs: string[], apiGroup: string, resources: string[], namespaces: string[]): ResourcePolicyRule => ({
  verbs,
  apiGroups: [apiGroup],
  resources,
  namespaces,
});

const WRITES = ["get", "create", "update"];
const LEASES = rule(WRITES, "coordination.k8s.io", ["leases"], ["*"]);

export const MANDATORY_SCHEMAS: readonly SchemaDraft[] = [
  schema(["exempt", "exempt", 1], all([group("system:masters")])),
  schema(["catch-all", "catch-all", 10_000, "ByUser"], all(EVERYBODY)),
];

const SUGGESTED_SCHEMAS: readonly SchemaDraft[] = [
  schema(["system-nodes", "system", 500, "ByUser"], all([NODES])),
  schema(["system-node-high", "node-high", 400, "ByUser"], {
    subjects: [NODES],
    resourceRules: [
      { verbs: ["*"], apiGroups: [""], resources: ["nodes", "nodes/status"], clusterScope: true, namespaces: ["*"] },
      rule(["*"], "coordination.k8s.io", ["leases"], ["*"]),
    ],
  }),
  schema(["probes", "exempt", 2], {
    subjects: EVERYBODY,
    nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz", "/readyz", "/livez"] }],
  }),
  schema(["system-leader-election", "leader-election", 100, "ByUser"], {
    subjects: [MANAGER, SCHEDULER, systemAccount("*")],
    resourceRules: [LEASES],
  }),
  schema(["workload-leader-election", "leader-election", 200, "ByUser"], {
    subjects: [systemAccount("*")],
    resourceRules: [LEASES],
  }),
  schema(["endpoint-controller", "workload-high", 150, "ByUser"], {
    subjects: [MANAGER, systemAccount("endpoint-controller"), systemAccount("endpointslicemirroring-controller")],
    resourceRules: [rule(WRITES, "", ["endpoints"], ["*"])],
  }),
  schema(["kube-controller-manager", "workload-high", 800, "ByNamespace"], all([MANAGER])),
  schema(["kube-scheduler", "workload-high", 800, "ByNamespace"], all([SCHEDULER])),
  schema(["kube-system-service-accounts", "workload-high", 900, "ByNamespace"], all([systemAccount("*")])),
  schema(["service-accounts", "workload-low", 9_000, "ByUser"], all([group("system:serviceaccounts")])),
  schema(["global-default", "global-default", 9_900, "ByUser"], all(EVERYBODY)),
];

export const BOOTSTRAP_LEVELS: readonly LevelDraft[] = [...MANDATORY_LEVELS, ...SUGGESTED_LEVELS];
export const BOOTSTRAP_SCHEMAS: readonly SchemaDraft[] = [...MANDATORY_SCHEMAS, ...SUGGESTED_SCHEMAS];
