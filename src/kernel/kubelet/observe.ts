/**
 * What is to be seen of a container now: not there, running, or how it ended.
 *
 * Models toKubeContainerStatus of pkg/kubelet/kuberuntime and the termination message policies.
 */
import type { ContainerStateTerminated } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/meta";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import type { Member, PodWork } from "#kernel/kubelet/pod-work";
import type { ContainerRecord } from "#kernel/runtime/container";
import { containerRecord } from "#kernel/runtime/containers";
import { readLog } from "#kernel/runtime/logs";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

export type Seen =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly record: ContainerRecord }
  | { readonly kind: "ended"; readonly terminated: ContainerStateTerminated; readonly at: Instant };

/** How `containerID` is written. */
export const containerUrl = (id: string): string => `containerd://${id}`;

/** Of an error message taken from the log: so many lines, so many characters (MaxContainerTerminationMessageLog...). */
const FALLBACK = { tailLines: 80, chars: 2048 };

/** How the runtime marks a container it could not start. */
const START_ERROR = "StartError";

/** Looks at a container of the pod. */
export function observe({ context: { cells } }: PodWork, member: Member, own: ContainerCell): Seen {
  const { id } = own;
  if (id === undefined) return { kind: "none" };
  const record = containerRecord(cells, id);
  if (own.lostAt !== undefined || record === undefined) {
    const at = own.lostAt ?? 0;
    const startedAt = timeText(record?.startedAt ?? at);
    const terminated = {
      containerID: containerUrl(id),
      exitCode: 255,
      finishedAt: timeText(at),
      reason: "Unknown",
      startedAt,
    };
    return { kind: "ended", terminated, at };
  }
  if (record.state === "running") return { kind: "running", record };
  return {
    kind: "ended",
    terminated: terminatedState(cells, member, record),
    at: record.finishedAt ?? record.startedAt,
  };
}

/** True if the runtime could not start it. */
export const isStartError = (record: Pick<ContainerRecord, "reason"> | undefined): boolean =>
  record?.reason === START_ERROR;

function terminatedState(cells: Cells, { container }: Member, record: ContainerRecord): ContainerStateTerminated {
  const exitCode = record.exitCode ?? 0;
  const written = record.terminationMessage ?? "";
  const fallsBack = container.terminationMessagePolicy === "FallbackToLogsOnError" && exitCode !== 0 && written === "";
  const message = fallsBack
    ? readLog(cells, record.id, { tailLines: FALLBACK.tailLines }).text.slice(-FALLBACK.chars)
    : written;
  return {
    containerID: containerUrl(record.id),
    exitCode,
    finishedAt: timeText(record.finishedAt ?? record.startedAt),
    ...(message !== "" && { message }),
    reason: record.reason ?? (exitCode === 0 ? "Completed" : "Error"),
    // What never started has Go's zero of a Unix time.
    startedAt: timeText(isStartError(record) ? 0 : record.startedAt),
  };
}
