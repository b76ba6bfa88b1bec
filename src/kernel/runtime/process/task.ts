/**
 * A task: what a program sees of the process it runs in.
 */
import type { World } from "#kernel/runtime/world";

export interface Task<S = unknown> {
  readonly world: World;
  readonly argv: readonly string[];
  state: S | undefined;
}
