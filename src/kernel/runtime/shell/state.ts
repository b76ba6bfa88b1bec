/**
 * What a running shell remembers, as JSON: its variables, functions, traps and where it is in its script.
 */

/** A variable; without a value it is unset, though the environment has it or it is marked for export. */
export interface Variable {
  value?: string;
  isExported?: true;
  isReadOnly?: true;
  /** Of bash `declare -A`: its elements are named by texts. */
  isMap?: true;
}

/** A command that runs for `$( )`: its output is being collected. */
export interface Substitution {
  pid: number;
  /** Descriptor of the pipe it writes to. */
  fd: number;
  text: string;
}

/** One level of the evaluation. `s` is the script, `n` the node in it, `pc` how far it is. */
export interface Frame {
  k: "node" | "script" | "input" | "call" | "trap" | "wait" | "read";
  s: number;
  n: number;
  pc: number;
  /** Descriptors as they were before its redirections: the open file behind each, or -1 for none. */
  saved?: Record<string, number>;
  /** A failure below it does not end a shell with `set -e`. */
  isTest?: true;
  /** Outputs of its command substitutions so far, and the one that runs. */
  outputs?: string[];
  running?: Substitution;
  /** Status of the last of them. */
  status?: number;
  /** Words of a `for`. */
  words?: string[];
  /** Children it waits for. */
  pids?: number[];
  statuses?: number[];
  /** Of a function call: the arguments, local variables and assignments it hides. */
  params?: string[];
  hidden?: Record<string, Variable | null>;
  /** Of a script: what ends with it. */
  end?: "main" | "eval" | "dot";
  /** Of a script read line by line: what has been read and not run. */
  buffer?: string;
  isOver?: true;
  /** Of the `read` built-in: variables, options, what was read. */
  argv?: string[];
  until?: number;
  isInterrupted?: number;
}

export interface Job {
  readonly id: number;
  readonly pids: number[];
  readonly text: string;
  status?: number;
}

export interface ShellState {
  /** Limits it has set, by the letter of their option. */
  limits?: Record<string, string>;
  /** `$0` */
  name: string;
  /** `$$` */
  pid: number;
  isBash?: true;
  isInteractive?: true;
  isSubshell?: true;
  /** Its last command may take its place. */
  isTransient?: true;
  /** Letters of `set -e` and the like, and `pipefail` as `P`. */
  options: string;
  scripts: Record<string, string>;
  nextScript: number;
  functions: Record<string, [script: number, node: number]>;
  variables: Record<string, Variable>;
  params: string[];
  frames: Frame[];
  status: number;
  /** `$!` */
  lastJob?: number;
  jobs: Job[];
  /** Commands by signal name without SIG, or EXIT; "" ignores. */
  traps: Record<string, string>;
  /** Signals whose trap is to run. */
  pending?: string[];
  /** It is ending: the EXIT trap has run. */
  isEnding?: true;
  aliases?: Record<string, string>;
  line: number;
}

/** A shell before its first command. */
export function freshState(name: string, pid: number): ShellState {
  return {
    name,
    pid,
    options: "",
    scripts: {},
    nextScript: 1,
    functions: {},
    variables: {},
    params: [],
    frames: [],
    status: 0,
    jobs: [],
    traps: {},
    line: 1,
  };
}
