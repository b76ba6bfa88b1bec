/**
 * kube-scheduler: one controller that gives pods their nodes.
 */
import type { Controller } from "#kernel/registry/controller";
import { scheduler } from "#kernel/scheduler/scheduler";

export const SCHEDULER: readonly Controller[] = [scheduler];
