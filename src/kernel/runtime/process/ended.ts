/**
 * How containers end: what is kept of one that has.
 */
import type { ContainerRecord } from "#kernel/runtime/container";
import type { Instant } from "#kernel/sim/instant";

/** Of a container, what its end was. */
export interface End {
  readonly code: number;
  readonly signal?: number;
  readonly reason: string;
  /** Why it could not start. */
  readonly message?: string;
}

/** The kernel ended it for its memory. */
export const OOM_KILLED: End = { code: 137, signal: 9, reason: "OOMKilled" };

/** The record of a container that has ended so; its program is still as it was. */
export function endedRecord(
  record: ContainerRecord,
  end: {
    readonly code: number;
    readonly signal: number | undefined;
    readonly reason: string;
    readonly finishedAt: Instant;
  },
): ContainerRecord {
  const { code, signal, reason, finishedAt } = end;
  return {
    ...record,
    state: "exited",
    finishedAt,
    exitCode: code,
    ...(signal === undefined ? {} : { signal }),
    reason,
    listening: [],
  };
}
