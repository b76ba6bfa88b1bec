/**
 * The table of programs by name: those of every image, the tools and the shell.
 */
import { defaultImagePrograms } from "#kernel/runtime/images/default";
import { described } from "#kernel/runtime/images/described";
import { imagePrograms } from "#kernel/runtime/images/index";
import type { Program } from "#kernel/runtime/process/program";
import { commands } from "#kernel/runtime/shell/commands/index";
import { shell } from "#kernel/runtime/shell/shell";
import { assert } from "#kernel/sim/assert";

const byName = new Map<string, Program>();

function load(): void {
  for (const program of [
    shell,
    ...commands,
    ...imagePrograms,
    ...defaultImagePrograms,
    described,
  ] as readonly Program[]) {
    const other = byName.get(program.name);
    assert(other === undefined || other === program, `two programs are named ${program.name}`);
    byName.set(program.name, program);
  }
}

/** A program nobody has: it ends at once, as an executable of another machine would. */
const unknown: Program = { name: "", step: () => 126 };

/** The program of that name. */
export function programNamed(name: string): Program {
  if (byName.size === 0) load();
  return byName.get(name) ?? unknown;
}
