/**
 * The commands there are. To add one: a file here and a line in this table.
 */
import type { Command } from "#kubectl/command";
import { apply } from "#kubectl/commands/apply";
import { create } from "#kubectl/commands/create";
import { deleteCommand } from "#kubectl/commands/delete";
import { expose } from "#kubectl/commands/expose";
import { annotate, label } from "#kubectl/commands/label";
import { rollout } from "#kubectl/commands/rollout";
import { scale } from "#kubectl/commands/scale";
import { set } from "#kubectl/commands/set";

export const COMMANDS: readonly Command[] = [
  annotate,
  apply,
  create,
  deleteCommand,
  expose,
  label,
  rollout,
  scale,
  set,
];
