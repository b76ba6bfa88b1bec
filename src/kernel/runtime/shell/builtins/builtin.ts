/**
 * What a built-in of the shell is: a command that reads and changes the shell itself.
 */
import type { Evaluator, Outcome } from "#kernel/runtime/shell/evaluator";
import type { Frame } from "#kernel/runtime/shell/state";

/** Gives its status; or "on" once it has pushed or ended frames itself. The frame is that of its command. */
export type Builtin = (shell: Evaluator, argv: readonly string[], frame: Frame) => number | Outcome;
