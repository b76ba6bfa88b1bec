/**
 * PriorityClass: a name for how important pods are.
 *
 * Models pkg/registry/scheduling/priorityclass, pkg/apis/scheduling (validation, helpers) and the table printer.
 */
import type { PriorityClass } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, type Draft, defineResource } from "#kernel/registry/definition";
import { mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";
import { ageColumn, nameColumn } from "#kernel/resources/core/table.columns";

const PREEMPT = "PreemptLowerPriority";
const USER_VALUE_MAX = 1_000_000_000;
const SYSTEM_PREFIX = "system-";

const system = (name: string, value: number, description: string): Draft<PriorityClass> => ({
  metadata: { name },
  value,
  description,
});

/** The classes every cluster has, as it makes them for itself. */
export const SYSTEM_PRIORITY_CLASSES: readonly Draft<PriorityClass>[] = [
  system(
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ),
  system(
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ),
];

const systemNamed = (name: string): Draft<PriorityClass> | undefined =>
  SYSTEM_PRIORITY_CLASSES.find(({ metadata }) => metadata.name === name);

/** Whether a class of this name is one of the cluster's own. */
export const isSystemPriorityClass = (name: string): boolean => systemNamed(name) !== undefined;

export const priorityclasses = defineResource<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  names: { kind: "PriorityClass", plural: "priorityclasses", singular: "priorityclass", short: ["pc"] },
  scope: "Cluster",
  allowUnconditionalUpdate: true,

  setDefaults(pc) {
    pc.preemptionPolicy ??= PREEMPT;
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },

  validate(pc, at) {
    const { value = 0, metadata, preemptionPolicy = "" } = pc;
    if (metadata.name.startsWith(SYSTEM_PREFIX)) {
      const problem = systemProblem(pc);
      if (problem !== undefined) at("metadata.name").forbidden(`${RESERVED}. error: ${problem}`);
    } else if (value > USER_VALUE_MAX) {
      at("value").forbidden(`maximum allowed value of a user defined priority is ${USER_VALUE_MAX}`);
    }
    validatePreemptionPolicy(preemptionPolicy, at);
  },
  validateUpdate(pc, old, at) {
    if ((pc.value ?? 0) !== (old.value ?? 0)) at("value").forbidden("may not be changed in an update.");
    at("preemptionPolicy").immutable(pc.preemptionPolicy, old.preemptionPolicy);
  },

  table: [
    nameColumn,
    column("Value", "integer", ({ value }) => value ?? 0, "The number the scheduler goes by; higher goes first."),
    column("Global-Default", "boolean", ({ globalDefault }) => globalDefault === true, "Whether pods get it unasked."),
    ageColumn,
    column("PreemptionPolicy", "string", ({ preemptionPolicy }) => preemptionPolicy ?? "", "Whether its pods evict."),
  ],
});

const RESERVED = "priority class names with 'system-' prefix are reserved for system use only";

function systemProblem({ metadata: { name }, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const known = systemNamed(name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validatePreemptionPolicy(policy: string, at: At): void {
  if (policy === "") at("preemptionPolicy").required();
  else mustBeOneOf(at("preemptionPolicy"), policy, ["Never", PREEMPT]);
}
