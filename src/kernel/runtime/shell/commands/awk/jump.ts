/**
 * next, break, continue, exit and return of awk: what ends a statement before its end.
 */
import type { Value } from "#kernel/runtime/shell/commands/awk/values";

/** Thrown by the statement, caught where it leads to. */
export class Jump {
  constructor(
    readonly how: "next" | "break" | "continue" | "exit" | "return",
    readonly value: Value = "",
  ) {}
}
