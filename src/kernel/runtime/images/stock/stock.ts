/**
 * Stock: images whose outside is simulated and whose work is not. Each starts as the real one does (its command,
 * environment, user and files), logs its first lines, listens, answers its health endpoints and a page, and ends.
 *
 * Leaves out what the program is for: a line of its log says so.
 */
import { bitnamiNames } from "#kernel/runtime/images/bitnami/names";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { FileSeed, Flavor, Image, ImageConfig } from "#kernel/runtime/images/image";
import { endsWell, imageOf, page, type Reply, server, text, type Visit } from "#kernel/runtime/images/server";
import type { Tags } from "#kernel/runtime/images/tags";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** What it says at a path: a text, or a text with its status and type, or whatever the visit makes of it. */
export type Answer =
  | string
  | { readonly status?: number; readonly type?: string; readonly body: string }
  | ((task: Task, visit: Visit) => Reply);

/** A TCP port, and what tells another: a flag (`--port=9090`, `--listen=:9090`) or a variable. */
export interface Port {
  readonly port: number;
  readonly flag?: string;
  readonly variable?: string;
}

/** One program of such an image. */
export interface StockProgram {
  /** Where it lies; the last part is how it is called. */
  readonly path: string;
  /** Other places where it lies. */
  readonly links?: readonly string[];
  readonly ports: readonly (number | Port)[];
  /** It listens on what the container declares as well: its ports are a matter of its configuration. */
  readonly isDeclared?: true;
  /** MiB it holds, thousandths of a core while idle, milliseconds of CPU per request. */
  readonly takes: readonly [mebibytes: number, cpuMillis: number, requestCpuMs: number];
  /** Why it cannot start, if it cannot: it complains so and ends with 1. */
  needs?(task: Task): string | undefined;
  /** What it logs once it is up. */
  says?(task: Task, ports: readonly number[]): string;
  /** Its log goes to standard output; absent = standard error. */
  readonly isPrinting?: true;
  readonly answers: Readonly<Record<string, Answer>>;
  /** At any other path; absent = 404. */
  readonly otherwise?: Answer;
  /** How it logs a request. */
  logs?(task: Task, visit: Visit, status: number): string;
  /** How long it takes until it listens, in ms. */
  readonly startMs?: number;
  /** What it does once it is up; false = it tries again in a while. */
  acts?(task: Task): boolean;
  /** It does its work and ends: nothing is served. */
  readonly isTask?: true;
  /** All that the program does is simulated: nothing is to be said about it. */
  readonly isWhole?: true;
  /** The code with which SIGTERM ends it; absent = 0. */
  readonly endsWith?: number;
}

/** A stock image by its parts. */
export interface Stock {
  readonly repositories: readonly string[];
  readonly tags?: RegExp | Tags;
  readonly megabytes: number;
  /** Absent = none: no shell. */
  readonly flavor?: Flavor;
  readonly config: ImageConfig;
  readonly files?: Readonly<Record<string, FileSeed>>;
  readonly tools?: readonly string[];
  readonly programs: readonly StockProgram[];
  /** Programs of other images that are in it too, by their paths. */
  readonly more?: Readonly<Record<string, Program<never>>>;
  /** First words after which an entrypoint knows that its own program is meant: `server`. */
  readonly verbs?: readonly string[];
  /** It has many more programs: one that is not among these runs as the described default does. */
  readonly isOpen?: true;
}

interface State {
  readonly since: number;
  readonly ports: readonly number[];
  readonly isUp: boolean;
  /** When it acts again, and how often it did. */
  readonly actsAt?: number;
  readonly tries?: number;
  readonly hasActed?: boolean;
}

const portsOf = (task: Task, { ports, isDeclared }: StockProgram): number[] => {
  const own = ports.map((one) => {
    const { port, flag, variable } =
      typeof one === "number" ? { port: one, flag: undefined, variable: undefined } : one;
    const told =
      (flag === undefined ? undefined : goFlag(task.argv, flag)) ??
      (variable === undefined ? undefined : task.env(variable));
    const [, number] = /(?:^|:)(\d+)\/?$/.exec(told ?? "") ?? [];
    return number === undefined ? port : Number(number);
  });
  const declared = task.record.ports.filter(({ protocol }) => protocol === "TCP").map((one) => one.containerPort);
  return [...new Set([...own, ...(isDeclared === true ? declared : [])])].filter((port) => port > 0 && port < 65_536);
};

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What is not simulated is said, once, where a user looks first. */
const standsIn = (path: string): string =>
  `Drydock stands in for ${nameOf(path)}: it starts, answers health checks and pages, and does no other work.\n`;

function reply(task: Task, visit: Visit, answer: Answer): Reply {
  if (typeof answer === "function") return answer(task, visit);
  if (typeof answer === "string") return answer.startsWith("<") ? page(visit, answer) : text(visit, answer);
  return text(visit, answer.body, answer.status ?? 200, answer.type);
}

/** The release its tag names, without a `v`: `2.53.1`; what is given where the tag names none. */
export function releaseOf(task: Task, otherwise: string): string {
  return /:v?(\d+(?:\.\d+)+)[^/]*$/.exec(task.record.image)?.[1] ?? otherwise;
}

/** `2026-11-23T20:00:00.000Z` */
export const isoDate = (task: Task): string => new Date(task.now).toISOString();

/** An answer of JSON. */
export const asJson = (value: unknown, status = 200): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});

/** Sends to another path. */
export const sendsTo =
  (path: string, status = 302): Answer =>
  (_task, visit) => ({
    ...(text(visit, `<a href="${path}">Found</a>.\n\n`, status, "text/html; charset=utf-8") as object),
    status,
    headers: { location: path, "content-type": "text/html; charset=utf-8", "content-length": String(24 + path.length) },
    body: visit.method === "HEAD" ? "" : `<a href="${path}">Found</a>.\n\n`,
  });

/** A front page that says what it is. */
export const front = (title: string, more = ""): Answer =>
  `<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n</head>\n<body>\n<h1>${title}</h1>\n${more === "" ? "" : `<p>${more}</p>\n`}<p>Simulated by Drydock.</p>\n</body>\n</html>\n`;

/** A page of metrics with what every exporter written in Go has. */
export const goMetrics =
  (name: string): Answer =>
  (task, visit) => {
    const [bytes] = [20 * 2 ** 20];
    const rows = [
      ["go_goroutines", "gauge", "Number of goroutines that currently exist.", 32],
      ["process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", bytes],
      [
        "process_start_time_seconds",
        "gauge",
        "Start time of the process since unix epoch in seconds.",
        Math.floor(task.record.startedAt / 1_000),
      ],
      [`${name}_build_info`, "gauge", `A metric with a constant '1' value labeled by what built ${name}.`, 1],
    ] as const;
    const lines = rows.map(
      ([key, type, help, value]) => `# HELP ${key} ${help}\n# TYPE ${key} ${type}\n${key} ${value}\n`,
    );
    return text(visit, lines.join(""), 200, "text/plain; version=0.0.4; charset=utf-8");
  };

/** How often and how long it tries to do what it must do once. */
const ACT_MS = 5_000;
const ACTS_MAX = 60;

function act(task: Task<State>, { acts }: StockProgram, state: State): Step {
  if (acts === undefined || state.hasActed === true) return {};
  if (state.actsAt !== undefined && state.actsAt > task.now) return { until: state.actsAt };
  const tries = (state.tries ?? 0) + 1;
  const hasActed = acts(task) || tries >= ACTS_MAX;
  const actsAt = task.now + ACT_MS;
  task.state = { ...state, tries, actsAt, hasActed };
  return hasActed ? {} : { until: actsAt };
}

/** How long one takes that is there to end. */
const TASK_MS = 3_000;

/** Whether it ends by itself: by what it is, or because its container is there to end. */
const isTask = (task: Task, parts: StockProgram): boolean => parts.isTask === true || task.record.isTask === true;

/** One of its programs as the runtime runs it. */
function programOf(parts: StockProgram, name: string): Program<State> {
  const say = (task: Task, line: string): void =>
    void (parts.isPrinting === true ? task.print(line) : task.complain(line));
  const [mebibytes, cpuMillis, requestCpuMs] = parts.takes;
  const whole = server<State>({
    name,
    begin(task) {
      const problem = parts.needs?.(task);
      if (problem !== undefined) {
        say(task, problem.endsWith("\n") ? problem : `${problem}\n`);
        return 1;
      }
      const ports = portsOf(task, parts);
      const isLater = (parts.startMs ?? 0) > 0 || isTask(task, parts);
      return { state: { since: task.now, ports, isUp: false }, ports: isLater ? [] : ports };
    },
    tick(task) {
      const state = task.state as State;
      const at = state.since + (task.record.isTask === true ? TASK_MS : (parts.startMs ?? 0));
      if (state.isUp) return act(task, parts, state);
      if (at > task.now) return { until: at };
      if ((parts.startMs ?? 0) > 0 && !isTask(task, parts)) for (const port of state.ports) task.listen(port);
      task.state = { ...state, isUp: true };
      const said = parts.says?.(task, state.ports) ?? "";
      say(task, said === "" || said.endsWith("\n") ? said : `${said}\n`);
      if (isTask(task, parts)) return parts.acts === undefined || parts.acts(task) ? 0 : 1;
      if (parts.isWhole !== true) say(task, standsIn(parts.path));
      return act(task, parts, { ...state, isUp: true });
    },
    answer: (task, visit) =>
      reply(
        task,
        visit,
        parts.answers[visit.route] ?? parts.otherwise ?? { status: 404, body: "404 page not found\n" },
      ),
    log(task, visit, { status }) {
      const line = parts.logs?.(task, visit, status);
      if (line !== undefined) task.print(line.endsWith("\n") ? line : `${line}\n`);
    },
    signal(task, signal) {
      if (parts.endsWith === undefined) return endsWell(task, signal);
      if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
      task.exit(parts.endsWith);
      return true;
    },
  });
  return { ...whole, use: { memoryBytes: mebibytes * 2 ** 20, cpuMillis, requestCpuMs } };
}

/** An entrypoint that runs what it is given, and hands options to the image's own program. */
function entrypointOf(name: string, main: string, verbs: readonly string[] = []): Program {
  return {
    name,
    step(task) {
      const dashes = /(^|\/)(tini|dumb-init)$/.test(task.argv[0] ?? "") ? task.argv.indexOf("--") : 0;
      const given = task.argv.slice(Math.max(1, dashes + 1));
      const isForMain = given[0] === undefined || given[0].startsWith("-") || verbs.includes(given[0]);
      const command = isForMain ? [main, ...given] : given;
      if (task.replace(command) === 0) return undefined;
      task.complain(`exec: ${command[0] ?? ""}: not found\n`);
      return 127;
    },
  };
}

/** Where a path leads: Debian keeps all programs below /usr. */
const real = (path: string, flavor: Flavor): string =>
  flavor === "gnu" ? path.replace(/^\/(s?bin)\//, "/usr/$1/") : path;

/** What stands before the program in an entrypoint: `tini`, `docker-entrypoint.sh`. */
function startersOf({ entrypoint = [] }: ImageConfig, inside: Readonly<Record<string, unknown>>): string[] {
  const paths: string[] = [];
  for (const word of entrypoint) {
    if (word.startsWith("-")) continue;
    const path = word.startsWith("/") ? word : `/usr/local/bin/${word}`;
    if (inside[path] !== undefined) break;
    paths.push(path);
  }
  return paths;
}

/** Images, and the programs that came with them. */
export interface Stocked {
  readonly images: readonly Image[];
  readonly programs: readonly Program[];
}

/** Makes images of their parts. */
export function stocked(stocks: readonly Stock[]): Stocked {
  const programs: Program[] = [];
  const images = stocks.map((stock) => {
    const repositories = stock.repositories.flatMap((name) => {
      const [, own] = /^docker\.io\/bitnami\/(.+)$/.exec(name) ?? [];
      return own === undefined ? [name] : bitnamiNames(own);
    });
    const { programs: parts, more = {}, isOpen, verbs, config, flavor = "none", files = {}, tools, ...rest } = stock;
    const inside: Record<string, Program<never>> = { ...more };
    for (const part of parts) {
      const program = programOf(part, `${stock.repositories[0]}${part.path}`);
      programs.push(program as Program);
      for (const path of [part.path, ...(part.links ?? [])]) inside[real(path, flavor)] = program;
    }
    const main = parts[0]?.path;
    const starters = main === undefined ? [] : startersOf(config, inside);
    if (main !== undefined && starters.length > 0) {
      const entrypoint = entrypointOf(`${stock.repositories[0]}:entrypoint`, main, verbs);
      programs.push(entrypoint);
      for (const path of starters) inside[real(path, flavor)] = entrypoint;
    }
    const image = imageOf({
      ...rest,
      repositories,
      flavor,
      config,
      programs: inside,
      files,
      ...(tools === undefined ? {} : { tools }),
    });
    if (isOpen !== true) return image;
    return {
      ...image,
      content: (reference: Parameters<Image["content"]>[0]) => ({ ...image.content(reference), isAnything: true }),
    };
  });
  return { images, programs };
}
