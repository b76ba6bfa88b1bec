/**
 * What programs written in Go have in common: the dates of their log, and how they die.
 */

import { signalNumber } from "#kernel/runtime/process/signals";
import type { Task } from "#kernel/runtime/process/task";
import type { NetFailure } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** `2026/11/23 20:00:00`, as package log writes it. */
export function goDate(at: Instant): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ").replaceAll("-", "/");
}

/** Why a connection failed, as package net says it. */
export function goFailure(failure: NetFailure, host: string, port: number): string {
  const address = `${host}:${port}`;
  switch (failure) {
    case "refused":
      return `dial tcp ${address}: connect: connection refused`;
    case "unreachable":
      return `dial tcp ${address}: connect: no route to host`;
    case "timeout":
      return `dial tcp ${address}: i/o timeout`;
    case "nxdomain":
      return `dial tcp: lookup ${host}: no such host`;
    case "reset":
      return `read tcp ${address}: read: connection reset by peer`;
  }
}

/** A Go program without handlers: as PID 1 the signal cannot kill it, so its runtime exits with 2. */
export function goSignal(task: Task, signal: string): boolean {
  if (!["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"].includes(signal)) return false;
  if (task.pid === 1) task.exit(2);
  else task.sandbox.exit(task.pid, 128 + signalNumber(signal), signalNumber(signal));
  return true;
}
