/**
 * kubectl inside of containers: #kernel/kubectl over the pod's own network, as its service account.
 *
 * Models the configuration of client-go: a kubeconfig that is named, else the account every pod finds mounted.
 * Leaves out client certificates: a kubeconfig must bring a token.
 */
import { parse } from "yaml";
import type { Said } from "#kernel/kubectl/command";
import { KubectlError } from "#kernel/kubectl/error";
import { parseFlags } from "#kernel/kubectl/flags";
import { commandIn, kubectl as run } from "#kernel/kubectl/kubectl";
import type { ApiRequest, ApiResponse } from "#kernel/kubectl/server";
import { below } from "#kernel/runtime/files/paths";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { parseUrl, type Url } from "#kernel/runtime/shell/commands/web";
import type { NetFailure } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

interface State {
  readonly since: Instant;
  /** Standard input so far, and whether that is all. */
  readonly input?: string;
  readonly hasInput?: boolean;
  /** When it looks again, and what it remembers. */
  readonly next?: Instant;
  readonly memory?: unknown;
  /** What it says once the time has passed that its requests took. */
  readonly said?: Said;
}

const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
/** Steps that one request costs. */
const STEPS = 20;

/** How the server is reached. */
interface Config {
  readonly url: Url;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
}

/** Who only wants help asks nobody. */
const NOWHERE: Config = {
  url: { scheme: "https", host: "localhost", port: 8080, path: "/" },
  token: undefined,
  namespace: undefined,
};

export const kubectl: Command<State> = {
  name: "kubectl",
  comesWith: "extra",
  use: { memoryBytes: 40_000_000 },
  step(task) {
    task.state ??= { since: task.now };
    const { next, said } = task.state;
    if (next !== undefined && next > task.now) return { until: next };
    if (said !== undefined) return finish(task, said);
    const words = task.argv.slice(1);
    const input = readInput(task, words);
    if (input !== undefined) return input;
    return lookOnce(task, words);
  },
};

/** Reads standard input where the line wants it: what to wait for, undefined once it is there. */
function readInput(task: Task<State>, words: readonly string[]): Step {
  const isWanted = words.includes("-") || words.some((word) => /^(-i|-it|-ti|--stdin|--filename=-|-f-)$/.test(word));
  for (let { state = { since: task.now } } = task; isWanted && state.hasInput !== true; state = task.state ?? state) {
    const text = task.read(0);
    if (text === undefined) return { read: 0 };
    const input = (state.input ?? "") + text;
    task.state = { ...state, input, hasInput: text === "" || input.length > LIMITS.requestBytes };
  }
  return undefined;
}

function lookOnce(task: Task<State>, words: readonly string[]): Step {
  const state = task.state ?? { since: task.now };
  let said: Said;
  let delayMs = 0;
  try {
    const isHelp = words.length === 0 || /^(--help|-h|help)$/.test(words[0] ?? "");
    const config = isHelp ? NOWHERE : configOf(task, words);
    const work = run(words, {
      namespace: config.namespace,
      stdin: state.input,
      now: new Date(task.now).toISOString().replace(/\.\d+Z$/, "Z"),
      since: state.since,
      files: (path) => filesAt(task, path),
      ...(state.memory !== undefined && { memory: state.memory }),
    });
    let step = work.next();
    while (step.done !== true) {
      const answer = ask(task, config, step.value);
      delayMs += answer.delayMs;
      if (task.isOver) return undefined;
      step = work.next(answer);
    }
    said = step.value;
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    said = { out: "", err: `${error.message}\n`, exitCode: 1 };
  }
  if (delayMs === 0) return finish(task, said);
  task.state = { ...state, said, next: task.now + delayMs };
  return { until: task.now + delayMs };
}

/** Prints, and ends or waits for its next look. */
function finish(task: Task<State>, { out, err = "", exitCode = 0, againMs, memory }: Said): Step {
  task.print(out);
  task.complain(err);
  if (againMs === undefined) return exitCode;
  const { since, input, hasInput } = task.state ?? { since: task.now };
  const next = task.now + againMs;
  task.state = {
    ...{ since, next, memory },
    ...(input !== undefined && { input }),
    ...(hasInput !== undefined && { hasInput }),
  };
  return { until: next };
}

/** Sends a request to the server. @throws KubectlError where there is none */
function ask(task: Task<State>, { url, token }: Config, request: ApiRequest): ApiResponse & { delayMs: number } {
  task.spend(STEPS);
  const headers = {
    ...request.headers,
    host: url.port === 443 ? url.host : `${url.host}:${url.port}`,
    "user-agent": "kubectl/v1.36.0 (linux/amd64) kubernetes",
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const path = `${url.path.replace(/\/$/, "")}${request.path}`;
  const target = { host: url.host, port: url.port };
  const answer = task.request(target, { method: request.method, path, headers, body: request.body ?? "" });
  if (typeof answer === "string") throw new KubectlError(unreachable(answer, url));
  for (const [, text = ""] of (answer.headers["warning"] ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)) {
    task.complain(`Warning: ${text.replace(/\\(.)/g, "$1")}\n`);
  }
  return { status: answer.status, body: answer.body, delayMs: answer.delayMs ?? 0 };
}

function unreachable(why: NetFailure, { host, port, scheme }: Url): string {
  const address = `${host}:${port}`;
  if (why === "refused") {
    return `The connection to the server ${address} was refused - did you specify the right host or port?`;
  }
  if (why === "nxdomain") return `Unable to connect to the server: dial tcp: lookup ${host}: no such host`;
  if (why === "unreachable") return `Unable to connect to the server: dial tcp ${address}: connect: no route to host`;
  return why === "timeout"
    ? `Unable to connect to the server: dial tcp ${address}: i/o timeout`
    : `Unable to connect to the server: Get "${scheme}://${address}": EOF`;
}

/** @throws KubectlError */
function configOf(task: Task<State>, words: readonly string[]): Config {
  const { command, args } = commandIn(words);
  const { value } = parseFlags(args, command);
  const own = fileConfig(task, value("kubeconfig") ?? task.env("KUBECONFIG"), value("context"));
  const found = own ?? accountConfig(task);
  const server = value("server");
  const url = server === undefined ? found?.url : parseUrl(server);
  if (url === undefined) {
    throw new KubectlError(
      "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    );
  }
  return { url, token: value("token") ?? found?.token, namespace: found?.namespace };
}

function accountConfig(task: Task<State>): Config | undefined {
  const [host, port] = [task.env("KUBERNETES_SERVICE_HOST"), task.env("KUBERNETES_SERVICE_PORT")];
  const token = task.readFile(`${ACCOUNT}/token`);
  if (host === undefined || port === undefined || typeof token === "number") return undefined;
  const namespace = task.readFile(`${ACCOUNT}/namespace`);
  return {
    url: { scheme: "https", host, port: Number(port), path: "/" },
    token: token.trim(),
    namespace: typeof namespace === "number" ? undefined : namespace.trim(),
  };
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: { readonly server?: string } }[];
  readonly users?: readonly {
    readonly name: string;
    readonly user?: { readonly token?: string; readonly tokenFile?: string };
  }[];
  readonly contexts?: readonly {
    readonly name: string;
    readonly context: { readonly cluster?: string; readonly user?: string; readonly namespace?: string };
  }[];
}

/** What a kubeconfig says; one that nobody named may be missing. @throws KubectlError */
function fileConfig(task: Task<State>, named: string | undefined, wanted: string | undefined): Config | undefined {
  const path = named ?? below(task.env("HOME") ?? "/", ".kube/config");
  const text = task.readFile(path);
  if (typeof text === "number") {
    if (named === undefined || named === "") return undefined;
    throw new KubectlError(`error: stat ${path}: no such file or directory`);
  }
  let config: Kubeconfig | null;
  try {
    config = parse(text, { version: "1.1", logLevel: "silent" }) as Kubeconfig | null;
  } catch {
    throw new KubectlError(`error: error loading config file "${path}": yaml: could not be read`);
  }
  const name = wanted ?? config?.["current-context"];
  const context = config?.contexts?.find((one) => one.name === name)?.context;
  if (context === undefined) {
    if (wanted !== undefined) throw new KubectlError(`error: context "${wanted}" does not exist`);
    return undefined;
  }
  const server = config?.clusters?.find((one) => one.name === context.cluster)?.cluster.server;
  const user = config?.users?.find((one) => one.name === context.user)?.user;
  const fromFile = user?.tokenFile === undefined ? undefined : task.readFile(user.tokenFile);
  const url = server === undefined ? undefined : parseUrl(server);
  if (url === undefined) return undefined;
  const token = user?.token ?? (typeof fromFile === "string" ? fromFile.trim() : undefined);
  return { url, token, namespace: context.namespace };
}

/** What `-f` and `--from-file` find at a path: a file, or the files of a directory. */
function filesAt(task: Task<State>, path: string): Readonly<Record<string, string>> | undefined {
  if (!task.files.isDirectory(task.path(path))) {
    const text = task.readFile(path);
    return typeof text === "number" ? undefined : { [path]: text };
  }
  const names = task.files.list(task.path(path), task.uid);
  const found: Record<string, string> = {};
  for (const name of typeof names === "number" ? [] : names) {
    const file = below(path, name);
    const text = task.files.isDirectory(task.path(file)) ? 0 : task.readFile(file);
    if (typeof text === "string") found[file] = text;
  }
  return found;
}
