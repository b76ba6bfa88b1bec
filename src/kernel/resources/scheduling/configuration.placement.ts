/**
 * The parts of the scheduler's configuration that are pieces of pod specs: node affinity and spread constraints.
 */
import type {
  NodeAffinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  TopologySpreadConstraint,
} from "#kernel/api/types.gen";
import type { ConfigReader } from "#kernel/resources/scheduling/configuration.reader";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

/** Reads a node affinity that is added to that of every pod. */
export function nodeAffinityFrom(reader: ConfigReader): NodeAffinity {
  const required = reader.object("requiredDuringSchedulingIgnoredDuringExecution");
  const preferred = reader.list("preferredDuringSchedulingIgnoredDuringExecution").map((one) => {
    const weight = one.number("weight") ?? 0;
    if (weight < 1 || weight > 100) one.wrong("weight", "must be in the range 1-100");
    const preference = one.object("preference");
    if (preference === undefined) one.wrong("preference", "Required value");
    one.finish();
    return { weight, preference: preference === undefined ? {} : termFrom(preference) };
  });
  const nodeSelectorTerms = required?.list("nodeSelectorTerms").map(termFrom) ?? [];
  if (required !== undefined && nodeSelectorTerms.length === 0) {
    required.wrong("nodeSelectorTerms", "must have at least one node selector term");
  }
  required?.finish();
  reader.finish();
  return {
    ...(required !== undefined && { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } }),
    ...(preferred.length > 0 && { preferredDuringSchedulingIgnoredDuringExecution: preferred }),
  };
}

function termFrom(reader: ConfigReader): NodeSelectorTerm {
  const matchExpressions = reader.list("matchExpressions").map(requirementFrom);
  const matchFields = reader.list("matchFields").map(requirementFrom);
  reader.finish();
  return {
    ...(matchExpressions.length > 0 && { matchExpressions }),
    ...(matchFields.length > 0 && { matchFields }),
  };
}

function requirementFrom(reader: ConfigReader): NodeSelectorRequirement {
  const key = reader.text("key") ?? "";
  const operator = reader.text("operator") ?? "";
  const values = reader.texts("values");
  if (key === "") reader.wrong("key", "Required value");
  if (!OPERATORS.includes(operator)) reader.wrong("operator", "not a valid selector operator");
  if ((operator === "In" || operator === "NotIn") && values.length === 0) {
    reader.wrong("values", "must be specified when `operator` is 'In' or 'NotIn'");
  }
  reader.finish();
  return { key, operator, ...(values.length > 0 && { values }) };
}

const POLICIES: readonly (string | undefined)[] = [undefined, "Honor", "Ignore"];

/** Reads a spread constraint of pods that have none. */
export function constraintFrom(reader: ConfigReader): TopologySpreadConstraint {
  const maxSkew = reader.number("maxSkew") ?? 0;
  const topologyKey = reader.text("topologyKey") ?? "";
  const whenUnsatisfiable = reader.text("whenUnsatisfiable") ?? "";
  const minDomains = reader.number("minDomains");
  const nodeAffinityPolicy = reader.text("nodeAffinityPolicy");
  const nodeTaintsPolicy = reader.text("nodeTaintsPolicy");
  if (maxSkew <= 0) reader.wrong("maxSkew", "not in valid range (0, inf)");
  if (topologyKey === "") reader.wrong("topologyKey", "can not be empty");
  if (whenUnsatisfiable !== "DoNotSchedule" && whenUnsatisfiable !== "ScheduleAnyway") {
    reader.wrong("whenUnsatisfiable", 'supported values: "DoNotSchedule", "ScheduleAnyway"');
  }
  if (minDomains !== undefined && minDomains <= 0) reader.wrong("minDomains", "must be greater than 0");
  if (!POLICIES.includes(nodeAffinityPolicy)) reader.wrong("nodeAffinityPolicy", 'supported values: "Honor", "Ignore"');
  if (!POLICIES.includes(nodeTaintsPolicy)) reader.wrong("nodeTaintsPolicy", 'supported values: "Honor", "Ignore"');
  if (reader.raw("labelSelector") !== undefined) {
    reader.wrong("labelSelector", "constraint must not define a selector, as they deduced for each pod");
  }
  reader.finish();
  return {
    maxSkew,
    topologyKey,
    whenUnsatisfiable,
    ...(minDomains !== undefined && { minDomains }),
    ...(nodeAffinityPolicy !== undefined && { nodeAffinityPolicy }),
    ...(nodeTaintsPolicy !== undefined && { nodeTaintsPolicy }),
  };
}
