/**
 * perl: the interpreter as the Job examples of the Kubernetes documentation use it.
 *
 * Models the official image, whose command is the debugger.
 */
import type { Image } from "#kernel/runtime/images/image";
import { computingMs, printed, type Statement, statementsOf } from "#kernel/runtime/images/perl/script";
import { hasTag } from "#kernel/runtime/images/tags";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** The statement it is at, and until when that one takes. */
interface State {
  readonly at: number;
  readonly until?: Instant;
}

interface Options {
  readonly script?: string;
  readonly modules: readonly string[];
  readonly letters: string;
}

/** `-wle SCRIPT`: letters that may stand together, the last one with a value. */
function optionsOf(argv: readonly string[]): Options {
  const args = argv.slice(1);
  const modules: string[] = [];
  let letters = "";
  let script: string | undefined;
  for (let arg = args.shift(); arg?.startsWith("-") === true; arg = args.shift()) {
    if (/^-[Mm]/.test(arg)) modules.push(arg.slice(2));
    else if (/^-[a-zA-Z]*[eE]/.test(arg)) {
      letters += arg.slice(1).replace(/[eE].*$/s, "");
      script = `${script === undefined ? "" : `${script}\n`}${arg.replace(/^-[a-zA-Z]*?[eE]/, "") || (args.shift() ?? "")}`;
    } else letters += arg.slice(1);
  }
  return { modules, letters, ...(script === undefined ? {} : { script }) };
}

const perl: Program<State> = {
  name: "perl",

  step(task) {
    const { script, modules, letters } = optionsOf(task.argv);
    if (letters.includes("d")) return debug(task);
    if (letters.includes("v")) return version(task);
    if (script === undefined) return refuse(task, "a script in a file or on the input");
    const statements = statementsOf(
      script,
      modules.some((module) => /^big(num|float)=.*\bbpi\b/.test(module)),
    );
    if ("unknown" in statements) return refuse(task, statements.unknown);
    for (let at = task.state?.at ?? 0; at < statements.length; at += 1) {
      const step = run(task, statements[at] as Statement, { at, ending: letters.includes("l") ? "\n" : "" });
      if (step !== undefined) return step;
    }
    return 0;
  },
};

/** One statement; undefined once it is over. */
function run(task: Task<State>, statement: Statement, { at, ending }: { at: number; ending: string }): Step {
  if (statement.k === "exit") return statement.code;
  const takes = statement.k === "sleep" ? statement.seconds * 1_000 : Math.round(computingMs(statement.parts));
  const until = task.state?.at === at ? task.state.until : undefined;
  if (takes > 0 && until === undefined) {
    task.state = { at, until: task.now + takes };
    return { until: task.now + takes };
  }
  if (until !== undefined && until > task.now) return { until };
  task.state = { at: at + 1 };
  if (statement.k === "print") task.print(printed(statement.parts) + ending);
  return undefined;
}

function refuse(task: Task<State>, what: string): number {
  task.complain(`perl: this simulation runs print, sleep and exit of literals and bpi(N) only, not: ${what}\n`);
  return 255;
}

function version(task: Task<State>): number {
  const release = /^(\d+)\.(\d+)\.(\d+)/.exec(task.env("PERL_VERSION") ?? "") ?? ["", "5", "42", "0"];
  const [, major = "", minor = "", patch = ""] = release;
  task.print(
    `\nThis is perl ${major}, version ${minor}, subversion ${patch} (v${major}.${minor}.${patch}) built for x86_64-linux-gnu\n`,
  );
  return 0;
}

/** `perl -de0`: the debugger, which ends with its input. */
function debug(task: Task<State>): Step {
  if (task.state === undefined) {
    task.state = { at: 0 };
    task.print("\nLoading DB routines from perl5db.pl version 1.60\nEditor support available.\n\n");
    task.print("Enter h or 'h h' for help, or 'man perldebug' for more help.\n\nmain::(-e:1):\t0\n  DB<1> ");
  }
  for (let line = task.readLine(0); line !== undefined; line = task.readLine(0)) {
    if (line === "" || line.trim() === "q") return 0;
    task.print("  DB<1> ");
  }
  return { line: 0 };
}

export const perlPrograms: readonly Program[] = [perl as Program];

const VARIANTS = ["slim", "threaded", "bookworm", "bullseye", "buster", "trixie", "stretch"];
const TAGS = { names: ["stable", "devel"], versions: { 5: [8, 43] as const }, variants: VARIANTS };

export const perlImage: Image = {
  repositories: ["docker.io/library/perl"],
  sizeBytes: ({ tag }) => (tag?.includes("slim") === true ? 49_000_000 : 336_000_000),
  hasTag: (tag) => hasTag(TAGS, tag),
  content: ({ tag = "latest" }) => ({
    config: {
      cmd: ["perl", "-de0"],
      env: { PERL_VERSION: /^5\.\d+\.\d+/.exec(tag)?.[0] ?? /^5\.\d+/.exec(tag)?.[0].concat(".0") ?? "5.42.0" },
      workingDir: "/usr/src/app",
    },
    flavor: "gnu",
    files: {},
    programs: { "/usr/local/bin/perl": perl as Program },
    use: { memoryBytes: 5 * 2 ** 20 },
  }),
};
