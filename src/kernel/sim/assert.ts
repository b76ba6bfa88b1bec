/**
 * Assertions: what must hold whatever a user does; a failure is a bug of ours, never an answer.
 */

/** A broken promise inside the kernel: answered as 500, the memory is dropped and the cluster reloaded. */
export class Bug extends Error {
  override name = "Bug";
}

/**
 * What becomes of a bug in a simulated program: it ends the process, as one of its own would, and nobody else is
 * troubled. Tests have it thrown.
 */
export const simulated = { throwsBugs: false };

/** Raises a Bug saying `why` unless the condition holds. */
export function assert(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Bug(why);
}

/** The value itself, asserted to be there. */
export function must<T>(value: T | undefined | null, why: string): T {
  assert(value !== undefined && value !== null, why);
  return value;
}
