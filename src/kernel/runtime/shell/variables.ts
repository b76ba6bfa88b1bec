/**
 * Variables, parameters and options of a shell: looked up in its own state first, then in its environment.
 */
import type { Task } from "#kernel/runtime/process/task";
import type { ShellState, Variable } from "#kernel/runtime/shell/state";
import { LIMITS } from "#kernel/sim/limits";

export class Variables {
  /** Assignments of an expansion that may have to be made again: kept apart until it is whole. */
  #tentative: Record<string, string> | undefined;

  constructor(
    readonly task: Task<ShellState>,
    readonly state: ShellState,
  ) {}

  /** The value of a variable; undefined if it is unset. */
  get(name: string): string | undefined {
    const tentative = this.#tentative?.[name];
    if (tentative !== undefined) return tentative;
    const own = Object.hasOwn(this.state.variables, name) ? this.state.variables[name] : undefined;
    if (own !== undefined) return own.value ?? this.#first(name);
    return this.#first(name) ?? this.task.env(name) ?? this.#implied(name);
  }

  /** Of an array, its name alone stands for its first element. */
  #first(name: string): string | undefined {
    return this.state.isBash === true ? this.state.variables[`${name}[0]`]?.value : undefined;
  }

  #implied(name: string): string | undefined {
    switch (name) {
      case "PWD":
        return this.task.cwd;
      case "PPID":
        return String(this.task.sandbox.look.processes[this.state.pid]?.parent ?? 0);
      case "LINENO":
        return String(this.state.line);
      case "RANDOM":
        return String(this.task.world.entropy.int(32_768));
      case "SECONDS":
        return String(
          Math.floor((this.task.now - (this.task.sandbox.look.processes[this.task.pid]?.startedAt ?? 0)) / 1_000),
        );
      case "OPTIND":
        return "1";
      case "PS4":
        return "+ ";
      case "EPOCHSECONDS":
        return String(Math.floor(this.task.now / 1_000));
      case "UID":
      case "EUID":
        return this.state.isBash === true ? String(this.task.uid) : undefined;
      case "OSTYPE":
        return this.state.isBash === true ? "linux-gnu" : undefined;
      case "BASHPID":
        return this.state.isBash === true ? String(this.task.pid) : undefined;
      case "BASH_VERSION":
        return this.state.isBash === true ? "5.2.37(1)-release" : undefined;
      default:
        return undefined;
    }
  }

  /** The variables whose names begin so, in order. */
  names(prefix: string): string[] {
    const all = [...Object.keys(this.state.variables), ...Object.keys(this.task.environ())];
    return [...new Set(all.map((name) => name.replace(/\[.*$/, "")))].filter((name) => name.startsWith(prefix)).sort();
  }

  /** Whether a variable is an array whose elements are named by texts. */
  isMap(name: string): boolean {
    return this.state.variables[name]?.isMap === true;
  }

  isReadOnly(name: string): boolean {
    return this.state.variables[name]?.isReadOnly === true;
  }

  /** Sets a variable; false if it is read-only. */
  set(name: string, value: string): boolean {
    if (this.isReadOnly(name)) return false;
    if (value.length > LIMITS.textHeldChars) {
      this.task.holdMemory(Number.MAX_SAFE_INTEGER);
      return false;
    }
    if (this.#tentative !== undefined) {
      this.#tentative[name] = value;
      return true;
    }
    this.state.variables[name] = { ...this.#old(name), value };
    return true;
  }

  #old(name: string): Variable {
    const own = Object.hasOwn(this.state.variables, name) ? this.state.variables[name] : undefined;
    if (own !== undefined) return own;
    return this.task.env(name) !== undefined || this.state.options.includes("a") ? { isExported: true } : {};
  }

  unset(name: string): boolean {
    if (this.isReadOnly(name)) return false;
    if (this.task.env(name) === undefined) delete this.state.variables[name];
    else this.state.variables[name] = {};
    return true;
  }

  mark(name: string, mark: { readonly isExported?: boolean; readonly isReadOnly?: boolean }): void {
    const value = this.get(name);
    const next: Variable = { ...this.#old(name), ...(value === undefined ? {} : { value }) };
    if (mark.isExported === true) next.isExported = true;
    if (mark.isExported === false) delete next.isExported;
    if (mark.isReadOnly === true) next.isReadOnly = true;
    this.state.variables[name] = next;
  }

  /** Begins an expansion that may be made again. */
  begin(): void {
    this.#tentative = {};
  }

  /** The expansion is whole: its assignments happen. Otherwise they never did. */
  finish(isWhole: boolean): void {
    const made = this.#tentative ?? {};
    this.#tentative = undefined;
    if (isWhole) for (const [name, value] of Object.entries(made)) this.set(name, value);
  }

  /** The environment of a child; undefined if it is the shell's own. */
  exported(extra: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> | undefined {
    const inherited = this.task.environ();
    let env: Record<string, string> | undefined;
    for (const [name, { value, isExported }] of Object.entries(this.state.variables)) {
      if (isExported === true && value !== undefined) {
        if (inherited[name] === value) continue;
        env ??= { ...inherited };
        env[name] = value;
      } else if (inherited[name] !== undefined) {
        env ??= { ...inherited };
        delete env[name];
      }
    }
    if (Object.keys(extra).length === 0) return env;
    return { ...(env ?? inherited), ...extra };
  }

  /** A special or positional parameter; undefined if it is unset. */
  parameter(name: string): string | undefined {
    switch (name) {
      case "#":
        return String(this.state.params.length);
      case "?":
        return String(this.state.status);
      case "$":
        return String(this.state.pid);
      case "!":
        return this.state.lastJob === undefined ? undefined : String(this.state.lastJob);
      case "-":
        return this.state.options.replace("P", "") + (this.state.isInteractive === true ? "i" : "");
      case "0":
        return this.state.name;
      default:
        return /^[0-9]+$/.test(name) ? this.state.params[Number(name) - 1] : this.get(name);
    }
  }
}
