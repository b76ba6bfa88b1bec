/**
 * Interpreters as far as lessons use them: a line that prints, a server of files, a script that serves.
 *
 * Models the official images of python, node, ruby, php and golang.
 * Leaves out the languages but a little Python: of a line that prints, its texts and numbers are understood; a script
 * says that it is simulated and answers on the ports the container declares.
 */
import { simulated } from "#kernel/runtime/images/default";
import { logDate } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import { type PythonState, runPython } from "#kernel/runtime/images/python/run";
import { imageOf, page, server, text, type Visit } from "#kernel/runtime/images/server";
import type { Tags } from "#kernel/runtime/images/tags";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** Calls that print, in any of the languages, with what they print. */
const PRINTS =
  /^(?:print|puts|echo|p|System\.out\.println|fmt\.Println|console\.(?:log|error|info))\s*\(?\s*(.*?)\s*\)?$/s;
const SLEEPS = /^(?:import time|require\s*\(?['"]\w+['"]\)?|use .*)$|^(?:time\.)?sleep\s*\(?\s*([\d.]+)\s*\)?$/;

/** The text of an argument: a text in quotes, a number, a sum or product of numbers; undefined if it is more. */
function shownValue(argument: string): string | undefined {
  const quoted = /^(?:[fFbr]?)(["'`])((?:(?!\1)[^\\]|\\.)*)\1$/s.exec(argument);
  if (quoted !== null)
    return (quoted[2] ?? "")
      .replace(/\\n/g, "\n")
      .replace(/\\t/g, "\t")
      .replace(/\\(["'`\\])/g, "$1");
  if (argument === "") return "";
  const product = /^(-?[\d.]+)\s*(\*\*|[-+*])\s*(-?[\d.]+)$/.exec(argument);
  if (product !== null) {
    const [a, b] = [Number(product[1]), Number(product[3])];
    const results: Readonly<Record<string, number>> = { "+": a + b, "-": a - b, "*": a * b, "**": a ** b };
    return String(results[product[2] ?? "+"]);
  }
  return /^-?[\d.]+$/.test(argument) ? argument : undefined;
}

interface Line {
  readonly at: number;
  readonly until?: Instant;
}

/** Runs a line of statements that print and sleep; says so if it is more than that. */
function runLine(task: Task<Line>, name: string, script: string) {
  const statements = script
    .split(/[;\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
  for (let at = task.state?.at ?? 0; at < statements.length; at += 1) {
    const statement = statements[at] ?? "";
    if (task.state?.until !== undefined && task.state.at === at) {
      if (task.state.until > task.now) return { until: task.state.until };
      continue;
    }
    const exit = /^(?:sys\.exit|exit|process\.exit|raise SystemExit)\s*\(?\s*(\d*)\s*\)?$/.exec(statement);
    if (exit !== null) return Number(exit[1] || "0");
    const sleeps = SLEEPS.exec(statement);
    if (sleeps !== null) {
      if (sleeps[1] === undefined) continue;
      task.state = { at, until: task.now + Math.round(Number(sleeps[1]) * 1_000) };
      return { until: task.state.until ?? task.now };
    }
    if (/^import [\w, .]+$/.test(statement)) continue;
    const printed = PRINTS.exec(statement);
    const shown = printed === null ? undefined : shownValue(printed[1] ?? "");
    if (shown === undefined) {
      task.complain(
        `${name}: Drydock does not run programs; it understands lines that print, sleep and exit, not: ${statement}\n`,
      );
      return 1;
    }
    task.print(statement.startsWith("echo") ? shown : `${shown}\n`);
  }
  return 0;
}

/** A directory served over HTTP: `python -m http.server`, `php -S`, `ruby -run -e httpd`. */
const fileServer: Program<{ readonly root: string }> = server<{ readonly root: string }>({
  name: "interpreter-file-server",
  begin(task) {
    const port = Number(task.argv[1] ?? "8000");
    task.print(`Serving HTTP on 0.0.0.0 port ${port} (http://0.0.0.0:${port}/) ...\n`);
    return { state: { root: task.argv[2] ?? task.cwd }, ports: [port] };
  },
  answer: (task, visit) => served(task, visit, (task.state?.root ?? "/").replace(/\/$/, "")),
  log(task, visit, { status }) {
    task.complain(
      `${visit.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${visit.method} ${visit.path} HTTP/1.1" ${status} -\n`,
    );
  },
  signal: (task, signal) => {
    if (signal !== "SIGINT" && !(signal === "SIGTERM" && task.pid !== 1)) return false;
    task.exit(signal === "SIGINT" ? 0 : 143);
    return true;
  },
});

function served(task: Task, visit: Visit, root: string): HttpResponse {
  const path = `${root}${visit.route}`;
  const index = task.readFile(`${path.replace(/\/$/, "")}/index.html`);
  if (visit.route.endsWith("/") && typeof index === "string") return page(visit, index);
  const names = task.files.list(path, task.uid);
  if (Array.isArray(names)) {
    const links = names.map((name: string) => (task.files.isDirectory(`${path}/${name}`) ? `${name}/` : name));
    const items = links.map((name: string) => `<li><a href="${name}">${name}</a></li>\n`).join("");
    return page(
      visit,
      `<!DOCTYPE HTML>\n<html lang="en">\n<head>\n<title>Directory listing for ${visit.route}</title>\n</head>\n<body>\n<h1>Directory listing for ${visit.route}</h1>\n<hr>\n<ul>\n${items}</ul>\n<hr>\n</body>\n</html>\n`,
    );
  }
  const content = task.readFile(path);
  if (typeof content !== "number")
    return text(visit, content, 200, visit.route.endsWith(".html") ? "text/html" : "text/plain");
  return page(
    visit,
    '<!DOCTYPE HTML>\n<html lang="en">\n<body>\n<h1>Error response</h1>\n<p>Error code: 404</p>\n<p>Message: File not found.</p>\n</body>\n</html>\n',
    404,
  );
}

/** What a command line asks of an interpreter. */
interface Speech {
  readonly version: (task: Task) => string;
  /** The option before a line of the language. */
  readonly line: RegExp;
  /** The port and directory of a server of files, if the command line asks for one. */
  files?(args: readonly string[]): readonly [port: string, root?: string] | undefined;
}

function interpreter(name: string, { version, line, files }: Speech): Program<Line> {
  return {
    name: `interpreter-${name}`,
    step(task) {
      const args = task.argv.slice(1);
      if (/^(--version|-V|-v|version)$/.test(args[0] ?? "")) {
        task.print(`${version(task)}\n`);
        return 0;
      }
      const at = args.findIndex((arg) => line.test(arg));
      const source = args[at + 1] ?? "";
      if (at >= 0 && name === "python") return runPython(task as unknown as Task<PythonState>, source);
      if (at >= 0) return runLine(task, name, source);
      const folder = files?.(args);
      if (folder !== undefined)
        return task.replace(["interpreter-files", folder[0], folder[1] ?? task.cwd]) === 0 ? undefined : 1;
      const script = args.find((arg) => !arg.startsWith("-"));
      if (script === undefined) {
        // Without a terminal an interpreter reads its program from the input, and there is none.
        return task.isTerminal(0) ? { read: 0 } : 0;
      }
      const isThere = task.files.exists(task.path(script));
      if (!isThere && /[./]/.test(script)) {
        task.complain(`${name}: can't open file '${task.path(script)}': [Errno 2] No such file or directory\n`);
        return 2;
      }
      return task.replace(["interpreter-script", ...task.argv]) === 0 ? undefined : 1;
    },
  };
}

const python = interpreter("python", {
  version: (task) => `Python ${task.env("PYTHON_VERSION") ?? "3.14.0"}`,
  line: /^-[a-zA-Z]*c$/,
  files(args) {
    const at = args.findIndex(
      (arg, n) => (arg === "http.server" || arg === "SimpleHTTPServer") && args[n - 1] === "-m",
    );
    if (at < 0) return undefined;
    const rest = args.slice(at + 1);
    const directory = rest[rest.findIndex((arg) => arg === "-d" || arg === "--directory") + 1];
    const hasDirectory = rest.some((arg) => arg === "-d" || arg === "--directory");
    const port = rest.find((arg) => /^\d+$/.test(arg)) ?? "8000";
    return hasDirectory && directory !== undefined ? [port, directory] : [port];
  },
});
const node = interpreter("node", {
  version: (task) => `v${task.env("NODE_VERSION") ?? "24.11.1"}`,
  line: /^(-e|--eval|-p|--print)$/,
});
const ruby = interpreter("ruby", {
  version: (task) => `ruby ${task.env("RUBY_VERSION") ?? "3.4.7"} [x86_64-linux]`,
  line: /^-e$/,
});
const php = interpreter("php", {
  version: (task) => `PHP ${task.env("PHP_VERSION") ?? "8.4.14"} (cli)`,
  line: /^-r$/,
  files(args) {
    const at = args.indexOf("-S");
    return at < 0 ? undefined : ([args[at + 1]?.split(":")[1] ?? "8000"] as const);
  },
});
const go = interpreter("go", {
  version: (task) => `go version go${task.env("GOLANG_VERSION") ?? "1.25.4"} linux/amd64`,
  line: /^$/,
});
const java = interpreter("java", { version: () => 'openjdk version "21.0.9" 2025-10-21', line: /^$/ });

export const interpreterPrograms = [python, node, ruby, php, go, java, fileServer] as readonly Program[];

const VARIANTS = [
  "alpine",
  "slim",
  "bookworm",
  "bullseye",
  "trixie",
  "buster",
  "jdk",
  "jre",
  "oracle",
  "cli",
  "apache",
  "fpm",
  "windowsservercore",
];

interface Language {
  readonly name: string;
  readonly megabytes: number;
  readonly versions: NonNullable<Tags["versions"]>;
  readonly variable: string;
  readonly newest: string;
  readonly cmd: readonly string[];
  readonly commands: Readonly<Record<string, Program<Line>>>;
}

const LANGUAGES: readonly Language[] = [
  {
    name: "python",
    megabytes: 366,
    versions: { 2: [7, 7], 3: [3, 15] },
    variable: "PYTHON_VERSION",
    newest: "3.14.0",
    cmd: ["python3"],
    commands: { python, python3: python },
  },
  {
    name: "node",
    megabytes: 397,
    versions: {
      4: [0, 9],
      6: [0, 17],
      8: [0, 17],
      10: [0, 24],
      12: [0, 22],
      14: [0, 21],
      16: [0, 20],
      18: [0, 20],
      20: [0, 20],
      22: [0, 30],
      24: [0, 30],
      25: [0, 30],
    },
    variable: "NODE_VERSION",
    newest: "24.11.1",
    cmd: ["node"],
    commands: { node },
  },
  {
    name: "ruby",
    megabytes: 350,
    versions: { 2: [0, 7], 3: [0, 5] },
    variable: "RUBY_VERSION",
    newest: "3.4.7",
    cmd: ["irb"],
    commands: { ruby, irb: ruby },
  },
  {
    name: "php",
    megabytes: 180,
    versions: { 5: [4, 6], 7: [0, 4], 8: [0, 5] },
    variable: "PHP_VERSION",
    newest: "8.4.14",
    cmd: ["php", "-a"],
    commands: { php },
  },
  {
    name: "golang",
    megabytes: 302,
    versions: { 1: [6, 27] },
    variable: "GOLANG_VERSION",
    newest: "1.25.4",
    cmd: ["bash"],
    commands: { go },
  },
  {
    name: "openjdk",
    megabytes: 240,
    versions: { 7: [0, 0], 8: [0, 0], 11: [0, 0], 17: [0, 0], 21: [0, 0], 25: [0, 0] },
    variable: "JAVA_VERSION",
    newest: "21.0.9",
    cmd: ["jshell"],
    commands: { java, jshell: java },
  },
  {
    name: "eclipse-temurin",
    megabytes: 240,
    versions: { 8: [0, 0], 11: [0, 0], 17: [0, 0], 21: [0, 0], 25: [0, 0] },
    variable: "JAVA_VERSION",
    newest: "21.0.9",
    cmd: ["jshell"],
    commands: { java, jshell: java },
  },
];

export const interpreterImages: readonly Image[] = LANGUAGES.map(
  ({ name, megabytes, versions, variable, newest, cmd, commands }) =>
    imageOf({
      repositories: [
        `docker.io/library/${name}`,
        `public.ecr.aws/docker/library/${name}`,
        `mirror.gcr.io/library/${name}`,
      ],
      megabytes,
      tags: { names: ["lts", "current", "edge"], versions, patches: 70, variants: VARIANTS },
      flavor: "gnu",
      config: (tag) => {
        const release = /^\d+(\.\d+)*/.exec(tag)?.[0];
        const padded = [...(release ?? "").split("."), "0", "0"].slice(0, 3).join(".");
        const version = release === undefined || newest.startsWith(`${release}.`) ? newest : padded;
        return { cmd, env: { [variable]: version } };
      },
      programs: {
        ...Object.fromEntries(
          Object.entries(commands).map(([command, program]) => [`/usr/local/bin/${command}`, program]),
        ),
        "/usr/local/bin/interpreter-files": fileServer,
        "/usr/local/bin/interpreter-script": simulated,
      },
      files: { "/usr/src/app/": "" },
      tools: ["+curl"],
    }),
);
