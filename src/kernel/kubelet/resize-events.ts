/**
 * What the kubelet says of a resize: that it waits or never comes, that it begins, that it is done.
 *
 * Models the messages of pkg/kubelet/allocation.
 */
import type { Container, ResourceRequirements } from "#kernel/api/types.gen";
import type { Trouble } from "#kernel/kubelet/pod-cell";
import { membersOf, type PodWork, say } from "#kernel/kubelet/pod-work";
import { equal } from "#kernel/sim/clone";

interface Amounts {
  readonly limits?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
}

/** Amounts in the order Go writes them. */
function amounts({ limits, requests }: ResourceRequirements): Amounts {
  const sorted = (list: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(list).sort());
  return {
    ...(limits !== undefined && { limits: sorted(limits) }),
    ...(requests !== undefined && { requests: sorted(requests) }),
  };
}

function summary(work: PodWork, resourcesOf: (container: Container) => ResourceRequirements, error?: string): string {
  const of = (isInit: boolean) =>
    membersOf(work.pod)
      .filter(({ role }) => role !== "ephemeral" && (role !== "regular") === isInit)
      .map(({ container }) => ({ name: container.name, resources: amounts(resourcesOf(container as Container)) }));
  const inits = of(true);
  return JSON.stringify({
    ...(inits.length > 0 && { initContainers: inits }),
    containers: of(false),
    generation: work.pod.metadata.generation ?? 1,
    ...(error !== undefined && { error }),
  });
}

const asked = ({ resources }: Container): ResourceRequirements => resources ?? {};

/** Says why a resize is not granted, unless that was said of this generation. */
export function sayPending(work: PodWork, { reason, message }: Trouble, before: Trouble | undefined): void {
  if (before?.reason === reason && before.message === message) return;
  const short = reason === "Deferred" ? `OutOf${/resource: ([\w-]+)/.exec(message)?.[1] ?? "cpu"}` : reason;
  const text = `Pod resize ${short}: ${summary(work, asked, message)}`;
  say(work, { type: "Warning", reason: `Resize${reason}`, message: text });
}

/** Says that granted amounts are on their way to the containers. */
export function sayStarted(work: PodWork): void {
  work.cell.isResizing = true;
  say(work, { reason: "ResizeStarted", message: `Pod resize started: ${summary(work, asked)}` });
}

/** Says that every container has what it was granted, once that is so. */
export function sayCompleted(work: PodWork): void {
  const { cell } = work;
  if (cell.isResizing !== true) return;
  const isUnderWay = Object.values(cell.containers).some(
    ({ allocated, actual }) => allocated !== undefined && actual !== undefined && !equal(allocated, actual),
  );
  if (isUnderWay) return;
  delete cell.isResizing;
  const granted = (container: Container) => cell.containers[container.name]?.allocated ?? asked(container);
  say(work, { reason: "ResizeCompleted", message: `Pod resize completed: ${summary(work, granted)}` });
}
