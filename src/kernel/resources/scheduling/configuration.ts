/**
 * The scheduler's configuration: a KubeSchedulerConfiguration under `config.yaml` of the ConfigMap
 * kube-system/kube-scheduler, read as kube-scheduler reads the file of --config.
 *
 * Models pkg/scheduler/apis/config (v1, validation, strict decoding).
 * Leaves out extenders (refused: nobody could be asked) and what concerns the process alone (leader election, client
 * connection, profiling), which is accepted and changes nothing that a cluster shows.
 */

import { parse } from "yaml";
import type { NodeAffinity, TopologySpreadConstraint } from "#kernel/api/types.gen";
import { constraintFrom, nodeAffinityFrom } from "#kernel/resources/scheduling/configuration.placement";
import { ConfigReader } from "#kernel/resources/scheduling/configuration.reader";

/** Where the configuration stands. */
export const SCHEDULER_CONFIG = { namespace: "kube-system", name: "kube-scheduler" } as const;
export const SCHEDULER_CONFIG_FIELD = "config.yaml";

const API_VERSION = "kubescheduler.config.k8s.io/v1";

/** A resource by name and how much it counts. */
export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

/** One point of the line that turns a utilization (0..100) into a score (0..10). */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** The plugins a profile may name, in the order of the default profile. */
export const SCHEDULER_PLUGINS: readonly string[] = [
  "SchedulingGates",
  "PrioritySort",
  "NodeUnschedulable",
  "NodeName",
  "TaintToleration",
  "NodeAffinity",
  "NodePorts",
  "NodeResourcesFit",
  "VolumeRestrictions",
  "NodeVolumeLimits",
  "VolumeBinding",
  "VolumeZone",
  "PodTopologySpread",
  "InterPodAffinity",
  "DynamicResources",
  "DefaultPreemption",
  "NodeResourcesBalancedAllocation",
  "ImageLocality",
  "DefaultBinder",
];

export type ScoringType = "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";

export interface ScoringStrategy {
  readonly type: ScoringType;
  readonly resources: readonly ResourceWeight[];
  readonly shape: readonly ShapePoint[];
}

/** What plugins are told; the defaults are upstream's. */
export interface PluginArgs {
  readonly fit: {
    readonly ignoredResources: readonly string[];
    readonly ignoredResourceGroups: readonly string[];
    readonly strategy: ScoringStrategy;
  };
  readonly balanced: { readonly resources: readonly ResourceWeight[] };
  readonly nodeAffinity: { readonly addedAffinity?: NodeAffinity };
  readonly interPodAffinity: { readonly hardWeight: number; readonly ignoresOthersPreferences: boolean };
  readonly spread: { readonly type: "System" | "List"; readonly constraints: readonly TopologySpreadConstraint[] };
  readonly preemption: { readonly percentage: number; readonly absolute: number };
  readonly volumeBinding: { readonly timeoutSeconds: number };
}

/** Plugins turned on or off at one extension point; "*" turns all off. */
export interface PluginSet {
  readonly enabled: readonly { readonly name: string; readonly weight?: number }[];
  readonly disabled: readonly string[];
}

export interface ProfileConfig {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore?: number;
  /** By extension point, "multiPoint" among them. */
  readonly plugins: Readonly<Record<string, PluginSet>>;
  readonly args: PluginArgs;
}

export interface SchedulerConfig {
  readonly profiles: readonly ProfileConfig[];
  readonly percentageOfNodesToScore: number;
  readonly backoffMs: { readonly first: number; readonly longest: number };
}

const CPU_AND_MEMORY: readonly ResourceWeight[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

export const DEFAULT_ARGS: PluginArgs = {
  fit: {
    ignoredResources: [],
    ignoredResourceGroups: [],
    strategy: { type: "LeastAllocated", resources: CPU_AND_MEMORY, shape: [] },
  },
  balanced: { resources: CPU_AND_MEMORY },
  nodeAffinity: {},
  interPodAffinity: { hardWeight: 1, ignoresOthersPreferences: false },
  spread: { type: "System", constraints: [] },
  preemption: { percentage: 10, absolute: 100 },
  volumeBinding: { timeoutSeconds: 600 },
};

export const DEFAULT_CONFIG: SchedulerConfig = {
  profiles: [{ schedulerName: "default-scheduler", plugins: {}, args: DEFAULT_ARGS }],
  percentageOfNodesToScore: 0,
  backoffMs: { first: 1_000, longest: 10_000 },
};

/** Accepted, and without anything to obey in a simulation. */
const PROCESS_FIELDS = [
  "leaderElection",
  "clientConnection",
  "enableProfiling",
  "enableContentionProfiling",
  "delayCacheUntilActive",
];

/** Reads the text; what is wrong with it is said in `problems`. */
export function parseSchedulerConfig(text: string): {
  readonly config: SchedulerConfig;
  readonly problems: readonly string[];
} {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return { config: DEFAULT_CONFIG, problems: [error instanceof Error ? error.message : "it is no YAML"] };
  }
  const problems: string[] = [];
  const root = new ConfigReader(value, "", problems);
  if (root.text("apiVersion") !== API_VERSION) root.wrong("apiVersion", `must be ${API_VERSION}`);
  if (root.text("kind") !== "KubeSchedulerConfiguration") root.wrong("kind", "must be KubeSchedulerConfiguration");
  for (const name of PROCESS_FIELDS) root.ignore(name);
  const parallelism = root.number("parallelism") ?? 16;
  if (parallelism <= 0) root.wrong("parallelism", "should be an integer value greater than zero");
  if (root.list("extenders").length > 0) root.wrong("extenders", "extenders are not simulated");
  const percentageOfNodesToScore = percentage(root) ?? 0;
  const first = root.number("podInitialBackoffSeconds") ?? 1;
  const longest = root.number("podMaxBackoffSeconds") ?? 10;
  if (first <= 0) root.wrong("podInitialBackoffSeconds", "must be greater than 0");
  if (longest < first) root.wrong("podMaxBackoffSeconds", "must be greater than or equal to podInitialBackoffSeconds");
  const profiles = root.list("profiles").map(profileFrom);
  root.finish();
  const twice = profiles.find(
    ({ schedulerName }, n) => profiles.findIndex((p) => p.schedulerName === schedulerName) < n,
  );
  if (twice !== undefined) problems.push(`profiles: Duplicate value: ${JSON.stringify(twice.schedulerName)}`);
  return {
    config: {
      profiles: profiles.length > 0 ? profiles : DEFAULT_CONFIG.profiles,
      percentageOfNodesToScore,
      backoffMs: { first: first * 1000, longest: longest * 1000 },
    },
    problems,
  };
}

function percentage(reader: ConfigReader): number | undefined {
  const value = reader.number("percentageOfNodesToScore");
  if (value !== undefined && (value < 0 || value > 100)) {
    reader.wrong("percentageOfNodesToScore", "not in valid range [0-100]");
  }
  return value;
}

const POINTS = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
  "multiPoint",
];

function profileFrom(reader: ConfigReader): ProfileConfig {
  const schedulerName = reader.text("schedulerName") ?? "default-scheduler";
  if (schedulerName === "") reader.wrong("schedulerName", "Required value");
  const plugins: Record<string, PluginSet> = {};
  const points = reader.object("plugins");
  for (const point of points === undefined ? [] : POINTS) {
    const set = points?.object(point);
    if (set !== undefined) plugins[point] = pluginSet(set);
  }
  points?.finish();
  for (const [name, point] of [
    ["PrioritySort", "queueSort"],
    ["DefaultBinder", "bind"],
  ] as const) {
    const isOff = [plugins["multiPoint"], plugins[point]].some((set) =>
      set?.disabled.some((one) => one === name || one === "*"),
    );
    const isOn = [plugins["multiPoint"], plugins[point]].some((set) => set?.enabled.some((one) => one.name === name));
    if (isOff && !isOn) reader.wrong("plugins", `no ${point === "bind" ? "bind" : "queue sort"} plugin is enabled`);
  }
  const ownPercentage = percentage(reader);
  const args = argsFrom(reader.list("pluginConfig"));
  reader.finish();
  return {
    schedulerName,
    plugins,
    args,
    ...(ownPercentage !== undefined && { percentageOfNodesToScore: ownPercentage }),
  };
}

function pluginSet(set: ConfigReader): PluginSet {
  const known = (one: ConfigReader, isWild: boolean): string => {
    const name = one.text("name") ?? "";
    if (!SCHEDULER_PLUGINS.includes(name) && !(isWild && name === "*"))
      one.wrong("name", `plugin ${JSON.stringify(name)} does not exist`);
    return name;
  };
  const enabled = set.list("enabled").map((one) => {
    const name = known(one, false);
    const weight = one.number("weight");
    if (weight !== undefined && weight < 0) one.wrong("weight", "must not be negative");
    one.finish();
    return { name, ...(weight !== undefined && weight !== 0 && { weight }) };
  });
  const disabled = set.list("disabled").map((one) => {
    const name = known(one, true);
    one.ignore("weight");
    one.finish();
    return name;
  });
  set.finish();
  return { enabled, disabled };
}

function argsFrom(entries: readonly ConfigReader[]): PluginArgs {
  let args = DEFAULT_ARGS;
  for (const entry of entries) {
    const name = entry.text("name") ?? "";
    const own = entry.object("args");
    entry.finish();
    if (!SCHEDULER_PLUGINS.includes(name)) entry.wrong("name", `plugin ${JSON.stringify(name)} does not exist`);
    if (own === undefined) continue;
    own.ignore("apiVersion");
    own.ignore("kind");
    args = { ...args, ...READERS[name]?.(own) };
    own.finish();
  }
  return args;
}

/** Reads the arguments of one plugin; a plugin without arguments has none to read. */
const READERS: Readonly<Record<string, (args: ConfigReader) => Partial<PluginArgs>>> = {
  NodeResourcesFit: (args) => ({
    fit: {
      ignoredResources: args.texts("ignoredResources"),
      ignoredResourceGroups: args.texts("ignoredResourceGroups"),
      strategy: strategyFrom(args.object("scoringStrategy")),
    },
  }),
  NodeResourcesBalancedAllocation: (args) => ({ balanced: { resources: weightsFrom(args) } }),
  NodeAffinity: (args) => {
    const added = args.object("addedAffinity");
    return { nodeAffinity: added === undefined ? {} : { addedAffinity: nodeAffinityFrom(added) } };
  },
  InterPodAffinity: (args) => {
    const hardWeight = args.number("hardPodAffinityWeight") ?? 1;
    if (hardWeight < 0 || hardWeight > 100) args.wrong("hardPodAffinityWeight", "not in valid range [0-100]");
    return {
      interPodAffinity: { hardWeight, ignoresOthersPreferences: args.flag("ignorePreferredTermsOfExistingPods") },
    };
  },
  PodTopologySpread: spreadFrom,
  DefaultPreemption: (args) => {
    const share = args.number("minCandidateNodesPercentage") ?? 10;
    const absolute = args.number("minCandidateNodesAbsolute") ?? 100;
    if (share < 0 || share > 100) args.wrong("minCandidateNodesPercentage", "not in valid range [0, 100]");
    if (absolute < 0) args.wrong("minCandidateNodesAbsolute", "not in valid range [0, inf)");
    if (share === 0 && absolute === 0) args.wrong("minCandidateNodesPercentage", "both cannot be zero");
    return { preemption: { percentage: share, absolute } };
  },
  VolumeBinding: (args) => {
    const timeoutSeconds = args.number("bindTimeoutSeconds") ?? 600;
    if (timeoutSeconds < 0)
      args.wrong("bindTimeoutSeconds", "invalid BindTimeoutSeconds, should not be a negative value");
    if (args.list("shape").length > 0) args.wrong("shape", "scoring by storage capacity is not simulated");
    return { volumeBinding: { timeoutSeconds } };
  },
  DynamicResources: (args) => {
    args.ignore("filterTimeout");
    args.ignore("bindingTimeout");
    return {};
  },
};

function spreadFrom(args: ConfigReader): Partial<PluginArgs> {
  const type = args.text("defaultingType") ?? "System";
  const constraints = args.list("defaultConstraints").map(constraintFrom);
  if (type !== "System" && type !== "List") args.wrong("defaultingType", 'supported values: "System", "List"');
  if (type === "System" && constraints.length > 0) {
    args.wrong("defaultConstraints", "when .defaultingType is System no constraint may be given");
  }
  return { spread: { type: type === "List" ? "List" : "System", constraints } };
}

function weightsFrom(reader: ConfigReader): readonly ResourceWeight[] {
  const resources = reader.list("resources").map((one) => {
    const name = one.text("name") ?? "";
    const weight = one.number("weight") ?? 1;
    if (name === "") one.wrong("name", "Required value");
    if (weight < 1 || weight > 100) one.wrong("weight", "not in valid range [1, 100]");
    one.finish();
    return { name, weight };
  });
  return resources.length === 0 ? CPU_AND_MEMORY : resources;
}

const TYPES: readonly string[] = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];

function strategyFrom(reader: ConfigReader | undefined): ScoringStrategy {
  if (reader === undefined) return DEFAULT_ARGS.fit.strategy;
  const type = reader.text("type") ?? "LeastAllocated";
  if (!TYPES.includes(type))
    reader.wrong("type", `supported values: ${TYPES.map((one) => JSON.stringify(one)).join(", ")}`);
  const ratio = reader.object("requestedToCapacityRatio");
  const shape = (ratio?.list("shape") ?? []).map((one): ShapePoint => {
    const point = { utilization: one.number("utilization") ?? 0, score: one.number("score") ?? 0 };
    if (point.utilization < 0 || point.utilization > 100) one.wrong("utilization", "not in valid range [0-100]");
    if (point.score < 0 || point.score > 10) one.wrong("score", "not in valid range [0-10]");
    one.finish();
    return point;
  });
  ratio?.finish();
  if (type === "RequestedToCapacityRatio" && shape.length === 0)
    reader.wrong("shape", "at least one point must be specified");
  const isRising = shape.every(({ utilization }, n) => n === 0 || utilization > (shape[n - 1]?.utilization ?? 0));
  if (!isRising) reader.wrong("shape", "utilization values must be sorted in increasing order");
  const resources = weightsFrom(reader);
  reader.finish();
  return { type: type as ScoringType, resources, shape };
}
