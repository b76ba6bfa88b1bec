/**
 * Priority: the name of a priority class becomes the number the scheduler goes by.
 *
 * Models plugin/pkg/admission/priority.
 */
import { refusal } from "#kernel/admission/refusal";
import type { Pod, PriorityClass } from "#kernel/api/types.gen";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { Resource } from "#kernel/registry/definition";
import { pods } from "#kernel/resources/core/pod";

/** What a class gives its pods. */
interface Rank {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

const PREEMPT = "PreemptLowerPriority";

/** The classes every cluster has, whatever objects it holds. */
const SYSTEM: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};

export const priority: AdmissionPlugin = {
  name: "Priority",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === pods.bucket && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),

  admit(request, client) {
    const { spec } = request.object as Pod;
    if (request.operation === "UPDATE") {
      keepRank(spec, (request.old as Pod).spec);
      return;
    }
    const { priorityClassName = "" } = spec;
    const rank = priorityClassName === "" ? usualRank(client) : rankNamed(request, client, priorityClassName);
    const computed = "priority admission controller computed";
    const from = "from the given PriorityClass name";
    if (spec.priority !== undefined && spec.priority !== rank.value) {
      const said = `the integer value of priority (${spec.priority}) must not be provided in pod spec`;
      throw refusal(request, `${said}; ${computed} ${rank.value} ${from}`);
    }
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== rank.preemptionPolicy) {
      const said = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec`;
      throw refusal(request, `${said}; ${computed} ${rank.preemptionPolicy} ${from}`);
    }
    if (rank.name !== "") spec.priorityClassName = rank.name;
    spec.priority = rank.value;
    spec.preemptionPolicy = rank.preemptionPolicy;
  },
};

/** A client that knows nothing of priorities does not take them away. */
function keepRank(spec: Pod["spec"], old: Pod["spec"]): void {
  if (old.priority !== undefined) spec.priority ??= old.priority;
  if (old.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy;
}

function rankNamed(request: AdmissionRequest, client: Client, name: string): Rank {
  const kind = priorityClasses(client);
  const found = kind && client.get(kind, { namespace: "", name });
  if (found !== undefined) return rankOf(found);
  const value = SYSTEM[name];
  if (value === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`);
  return { name, value, preemptionPolicy: PREEMPT };
}

/** What a pod gets that names no class: the lowest of the classes marked as default, else nothing special. */
function usualRank(client: Client): Rank {
  const kind = priorityClasses(client);
  const defaults = kind === undefined ? [] : client.list(kind).filter(({ globalDefault }) => globalDefault === true);
  const [lowest] = [...defaults].sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
  return lowest === undefined ? { name: "", value: 0, preemptionPolicy: PREEMPT } : rankOf(lowest);
}

const rankOf = ({ metadata, value = 0, preemptionPolicy = PREEMPT }: PriorityClass): Rank => ({
  name: metadata.name,
  value,
  preemptionPolicy,
});

const priorityClasses = ({ registry }: Client): Resource<PriorityClass> | undefined =>
  registry.resource({ group: "scheduling.k8s.io", version: "v1", plural: "priorityclasses" });
