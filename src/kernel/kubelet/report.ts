/**
 * Reporting: the status of a pod is written when it says anything new, and not even put together when it cannot.
 *
 * Models pkg/kubelet/status/status_manager.go.
 */
import type { Pod } from "#kernel/api/types.gen";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { podStatus, rejectedStatus } from "#kernel/kubelet/status";
import type { Outcome } from "#kernel/registry/controller";
import { pods } from "#kernel/resources/core/pod";
import { containerRecord } from "#kernel/runtime/containers";
import { quietly } from "#kernel/runtime/own-changes";
import { equal } from "#kernel/sim/clone";

/** Of what a stored pod's status was put together, a hash. Forgotten with the object; a fresh process knows nothing. */
const sources = new WeakMap<Pod, number>();

/** Writes the status if it says anything new; gives the outcome it was given. */
export function report(work: PodWork, outcome: Outcome): Outcome {
  const { pod, cell, context, machine } = work;
  if (machine.isUnheard === true) return outcome;
  const source = hash53(sourceOf(work));
  if (sources.get(pod) === source) return outcome;
  const { failure } = cell;
  const isRejected =
    failure?.graceSeconds === undefined && (failure?.reason ?? "DeadlineExceeded") !== "DeadlineExceeded";
  const status = isRejected ? rejectedStatus(work) : podStatus(work);
  // A container of the pod may have changed or deleted it while it was started.
  const present = context.client.get(pods, work.key);
  if (present?.metadata.uid !== pod.metadata.uid) return outcome;
  const stored = equal(status, present.status)
    ? present
    : quietly(pod.metadata.uid, () => context.client.updateStatus(pods, present, status));
  if (present === pod) sources.set(stored, source);
  return outcome;
}

/** Everything besides the pod itself that its status depends on, as one text. */
function sourceOf({ cell, context, machine }: PodWork): string {
  const { sandboxAt, podIP, failure, isFinished, endingAt, admittedAt, resize } = cell;
  const hasSandbox = sandboxAt !== undefined && sandboxAt <= context.now;
  let text = `${hasSandbox} ${podIP} ${failure?.message} ${isFinished} ${endingAt} ${admittedAt} ${machine.internalIP}`;
  if (resize !== undefined) text += `${resize.reason} ${resize.message}`;
  for (const name in cell.containers) {
    const own = cell.containers[name];
    if (own === undefined) continue;
    const { id, starts, trouble, stop, hookUntil, probes, last, lostAt, allocated, actual } = own;
    const state = id === undefined ? undefined : containerRecord(context.cells, id)?.state;
    const results = `${probes?.startup?.result} ${probes?.readiness?.result}`;
    text += `\n${name} ${id} ${starts} ${state} ${stop?.isSignalled} ${hookUntil} ${results} ${lostAt}`;
    if (allocated !== actual) text += ` ${JSON.stringify([allocated, actual])}`;
    text += ` ${last?.containerID} ${trouble?.reason} ${trouble?.message}`;
  }
  return text;
}

/** 53 bits of a text: two that differ are equal by accident once in a quadrillion. */
function hash53(text: string): number {
  let [low, high] = [0x811c9dc5, 0x9dc5811c];
  for (let n = 0; n < text.length; n += 1) {
    const code = text.charCodeAt(n);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 15);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
