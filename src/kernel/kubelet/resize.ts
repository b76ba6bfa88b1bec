/**
 * Resizing running pods in place: new amounts are granted if the node has them, then given to the containers.
 *
 * Models pkg/kubelet/allocation and the resize part of pkg/kubelet/kuberuntime.
 * Leaves out limits below what is in use: the smaller limit holds at once, and the container is killed by it.
 */
import type { Container, Node, PodCondition, ResourceRequirements } from "#kernel/api/types.gen";
import { milli, value } from "#kernel/apimachinery/quantity";
import { NODE_USAGE } from "#kernel/kubelet/node-usage";
import { type ContainerCell, containerCell, type Trouble } from "#kernel/kubelet/pod-cell";
import { membersOf, type PodWork } from "#kernel/kubelet/pod-work";
import { sayPending, sayStarted } from "#kernel/kubelet/resize-events";
import { done, type Outcome, routineAt } from "#kernel/registry/controller";
import { nodes } from "#kernel/resources/core/node";
import { allocatable } from "#kernel/resources/core/node.facts";
import { podRequests } from "#kernel/resources/core/pod.facts";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { equal } from "#kernel/sim/clone";

/** How soon a resize that does not fit is looked at again. */
const RETRY_MS = 10_000;

/** What a container asks for at present. */
export const askedOf = ({ resources }: Pick<Container, "resources">): ResourceRequirements => resources ?? {};

/** Grants what the pod asks for, if it is not what it has; what does not fit is tried again. */
export function allocate(work: PodWork): Outcome {
  const { cell, pod, context } = work;
  const members = membersOf(pod).filter(({ role }) => role !== "ephemeral");
  const isNew = (own: ContainerCell | undefined, container: Container): boolean =>
    own?.allocated !== undefined && !equal(own.allocated, askedOf(container));
  const isPending = members.some(({ container }) => isNew(cell.containers[container.name], container as Container));
  if (!isPending) {
    delete cell.resize;
    return done;
  }
  const problem = lackOf(work);
  if (problem === undefined) delete cell.resize;
  else {
    sayPending(work, problem, cell.resize);
    cell.resize = problem;
    // What no node of this size can give is not waited for.
    return problem.reason === "Infeasible" ? done : routineAt(context.now + RETRY_MS);
  }
  for (const { container } of members) {
    const own = containerCell(cell, container.name);
    if (own.allocated !== undefined) own.allocated = askedOf(container as Container);
  }
  sayStarted(work);
  return done;
}

function lackOf({ context: { client }, pod, machine }: PodWork): Trouble | undefined {
  const node = client.registry.store.get(nodes.bucket, { namespace: "", name: machine.name }) as Node | undefined;
  if (node === undefined) return undefined;
  const capacity = allocatable(node);
  const { amounts } = client.registry.views.of(NODE_USAGE).of(machine.name);
  const requests = podRequests(pod);
  for (const name of ["cpu", "memory"]) {
    const [wanted, has, used] = [requests[name] ?? 0, capacity[name] ?? 0, amounts[name] ?? 0];
    if (wanted > has) {
      const message = `Node didn't have enough capacity: ${name}, requested: ${wanted}, capacity: ${has}`;
      return { reason: "Infeasible", message };
    }
    // What the pod asks for is among what is used.
    if (used <= has) continue;
    const message =
      `Node didn't have enough resource: ${name}, requested: ${wanted}, used: ${used - wanted}, ` + `capacity: ${has}`;
    return { reason: "Deferred", message };
  }
  return undefined;
}

/** The amounts the runtime enforces for a container that was granted these. */
export function limitsOf({ pod }: PodWork, granted: ResourceRequirements) {
  const { memory, cpu } = { ...pod.spec.resources?.limits, ...granted.limits };
  const request = granted.requests?.["cpu"];
  return {
    ...(request !== undefined && { cpuRequestMillis: milli(request) }),
    ...(memory !== undefined && { memoryLimitBytes: value(memory) }),
    ...(cpu !== undefined && { cpuLimitMillis: milli(cpu) }),
  };
}

/** Gives a running container what it was granted; true if its policy wants it started anew for that. */
export function actuate(work: PodWork, container: Container, own: ContainerCell, record: ContainerRecord): boolean {
  const { allocated, actual } = own;
  if (allocated === undefined || actual === undefined || equal(allocated, actual)) return false;
  const changes = (name: string): boolean =>
    allocated.limits?.[name] !== actual.limits?.[name] || allocated.requests?.[name] !== actual.requests?.[name];
  const policies = container.resizePolicy ?? [];
  if (policies.some(({ resourceName, restartPolicy }) => restartPolicy === "RestartContainer" && changes(resourceName)))
    return true;
  const { memoryLimitBytes: _, cpuLimitMillis: __, cpuRequestMillis: ___, ...rest } = record;
  work.context.cells.put(CONTAINERS, record.id, { ...rest, ...limitsOf(work, allocated) } satisfies ContainerRecord);
  own.actual = allocated;
  return false;
}

/** What the status says of a resize that waits or is under way. */
export function resizeVerdicts({ cell, pod }: PodWork): readonly Pick<PodCondition, "type" | "reason" | "message">[] {
  if (cell.resize !== undefined) return [{ type: "PodResizePending", ...cell.resize }];
  const isUnderWay = membersOf(pod).some(({ container }) => {
    const own = cell.containers[container.name];
    return own?.allocated !== undefined && own.actual !== undefined && !equal(own.allocated, own.actual);
  });
  return isUnderWay ? [{ type: "PodResizeInProgress" }] : [];
}
