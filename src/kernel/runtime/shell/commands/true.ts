/**
 * true and false: a status and nothing else.
 */
import type { Command } from "#kernel/runtime/shell/commands/command";

export const yesCommand: Command = { name: "true", isBuiltin: true, step: () => 0 };
export const noCommand: Command = { name: "false", isBuiltin: true, step: () => 1 };
