/**
 * Priority: the name of a priority class becomes the number the scheduler goes by; one class at most is the default,
 * and the cluster's own classes stay.
 *
 * Models plugin/pkg/admission/priority.
 */
import { refusal } from "#kernel/admission/refusal";
import type { Pod, PriorityClass } from "#kernel/api/types.gen";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";
import { isSystemPriorityClass, priorityclasses } from "#kernel/resources/scheduling/priorityclass";

/** What a class gives its pods. */
interface Rank {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

const PREEMPT = "PreemptLowerPriority";

export const priority: AdmissionPlugin = {
  name: "Priority",

  concerns({ operation, resource, subresource, name }) {
    if (subresource !== "") return false;
    if (resource.bucket === priorityclasses.bucket) return operation !== "DELETE" || isSystemPriorityClass(name);
    return resource.bucket === pods.bucket && (operation === "CREATE" || operation === "UPDATE");
  },

  admit(request, client) {
    if (request.resource.bucket === priorityclasses.bucket) {
      if (request.operation === "DELETE")
        throw refusal(request, "this is a system priority class and cannot be deleted");
      return;
    }
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

  validate(request, client) {
    if (request.resource.bucket !== priorityclasses.bucket || request.operation === "DELETE") return;
    const { metadata, globalDefault } = request.object as PriorityClass;
    if (globalDefault !== true) return;
    const other = client.list(priorityclasses).find((one) => one.globalDefault === true);
    if (other === undefined || (request.operation === "UPDATE" && other.metadata.name === metadata.name)) return;
    const said = `PriorityClass ${other.metadata.name} is already marked as default`;
    throw refusal(request, `${said}. Only one default can exist`);
  },
};

/** A client that knows nothing of priorities does not take them away. */
function keepRank(spec: Pod["spec"], old: Pod["spec"]): void {
  if (old.priority !== undefined) spec.priority ??= old.priority;
  if (old.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy;
}

function rankNamed(request: AdmissionRequest, client: Client, name: string): Rank {
  const found = client.get(priorityclasses, { namespace: "", name });
  if (found === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`);
  return rankOf(found);
}

/** What a pod gets that names no class: the lowest of the classes marked as default, else nothing special. */
function usualRank(client: Client): Rank {
  const defaults = client.list(priorityclasses).filter(({ globalDefault }) => globalDefault === true);
  const [lowest] = [...defaults].sort((a, b) => (a.value ?? 0) - (b.value ?? 0));
  return lowest === undefined ? { name: "", value: 0, preemptionPolicy: PREEMPT } : rankOf(lowest);
}

const rankOf = ({ metadata, value = 0, preemptionPolicy = PREEMPT }: PriorityClass): Rank => ({
  name: metadata.name,
  value,
  preemptionPolicy,
});
