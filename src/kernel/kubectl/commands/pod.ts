/**
 * `kubectl logs` and `kubectl exec`: what containers say and do.
 *
 * Models kubectl/pkg/cmd/logs and kubectl/pkg/cmd/exec.
 * Leaves out following, terminals and standard input that goes on: a command runs to its end.
 */
import { type Call, type Command, typed } from "#kernel/kubectl/command";
import { KubectlError, UnsupportedError, usageError } from "#kernel/kubectl/error";
import { type Asking, type KubeObject, pathOf, refusal } from "#kernel/kubectl/server";

/** The value of the Upgrade header by which the API server runs a command to its end. */
const EXEC_PROTOCOL = "exec.drydock.dev";

interface PodSpec {
  readonly containers: readonly { readonly name: string }[];
}

/** The pod a word means: itself, or one of a workload's. @throws KubectlError */
function* podNamed(call: Call, word: string): Asking<KubeObject> {
  const { server, namespace } = call;
  const pods = yield* server.kindNamed("pods");
  if (!word.includes("/")) return yield* server.get({ kind: pods, namespace, name: word });
  const { kind, name } = yield* typed(call, word);
  const object = yield* server.get({ kind, namespace, name });
  if (kind.plural === "pods") return object;
  const { selector } = (object.spec ?? {}) as { selector?: Record<string, unknown> };
  const labels = (selector?.["matchLabels"] ?? selector ?? {}) as Record<string, string>;
  const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const [first] = text.length === 0 ? [] : yield* server.list({ kind: pods, namespace }, text.join(","));
  if (first === undefined) throw usageError(`no pods found for ${word}`);
  return first;
}

function* podPath(call: Call, name: string, subresource: string): Asking<string> {
  const kind = yield* call.server.kindNamed("pods");
  return pathOf({ kind, namespace: call.namespace, name, subresource });
}

export const logs: Command = {
  name: "logs",
  aliases: ["log"],
  flags: {
    container: "value",
    previous: "switch",
    tail: "value",
    since: "value",
    timestamps: "switch",
    selector: "value",
    "all-containers": "switch",
    prefix: "switch",
    follow: "switch",
  },
  short: { c: "container", p: "previous", l: "selector", f: "follow" },
  *run(call) {
    const [word] = call.args;
    const selector = call.value("selector");
    const kind = yield* call.server.kindNamed("pods");
    const found =
      selector !== undefined
        ? yield* call.server.list({ kind, namespace: call.namespace }, selector)
        : [yield* podNamed(call, word ?? missing("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'"))];
    const parts: string[] = [];
    for (const { metadata, spec } of found) {
      const all = (spec as PodSpec).containers.map(({ name }) => name);
      const asked = call.value("container");
      const containers = call.has("all-containers") ? all : [asked ?? all[0] ?? ""];
      for (const container of containers) {
        const text = yield* logOf(call, metadata.name, container);
        const prefix = `[pod/${metadata.name}/${container}] `;
        parts.push(call.has("prefix") ? text.replace(/^(?=.)/gm, prefix) : text);
      }
    }
    return { out: parts.join("") };
  },
};

function missing(usage: string): never {
  throw usageError(usage);
}

function* logOf(call: Call, pod: string, container: string): Asking<string> {
  const tail = call.value("tail");
  const since = /^(\d+)([smh])$/.exec(call.value("since") ?? "");
  const seconds = since === null ? undefined : Number(since[1]) * ({ s: 1, m: 60, h: 3_600 }[since[2] ?? ""] ?? 1);
  const query = [
    `container=${encodeURIComponent(container)}`,
    ...(call.has("previous") ? ["previous=true"] : []),
    ...(call.has("timestamps") ? ["timestamps=true"] : []),
    ...(tail !== undefined && tail !== "-1" ? [`tailLines=${tail}`] : []),
    ...(seconds !== undefined ? [`sinceSeconds=${seconds}`] : []),
  ];
  const path = `${yield* podPath(call, pod, "log")}?${query.join("&")}`;
  const { status, body } = yield { method: "GET", path, headers: { accept: "application/json" } };
  if (status >= 300) throw refusal(body);
  return body;
}

export const exec: Command = {
  name: "exec",
  flags: { container: "value", stdin: "switch", tty: "switch", quiet: "switch" },
  short: { c: "container", i: "stdin", t: "tty", q: "quiet" },
  *run(call) {
    const [word, ...old] = call.args;
    const command = call.rest.length > 0 ? call.rest : old;
    if (word === undefined) throw usageError("pod, type/name or --filename must be specified");
    if (command.length === 0) throw usageError("you must specify at least one command for the container");
    const { metadata } = yield* podNamed(call, word);
    const container = call.value("container");
    const query = [
      ...command.map((part) => `command=${encodeURIComponent(part)}`),
      ...(container === undefined ? [] : [`container=${encodeURIComponent(container)}`]),
      "stdout=true&stderr=true",
    ];
    const path = `${yield* podPath(call, metadata.name, "exec")}?${query.join("&")}`;
    const headers = { accept: "application/json", upgrade: EXEC_PROTOCOL };
    const sent = call.has("stdin") && call.stdin !== undefined ? call.stdin : "";
    const { status, body } = yield { method: "POST", path, headers, body: sent };
    if (status >= 300) throw refusal(body);
    return resultOf(body);
  },
};

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  readonly startError?: string;
}

function resultOf(body: string) {
  let result: Result;
  try {
    result = JSON.parse(body) as Result;
  } catch {
    throw new UnsupportedError("error: exec is not supported here");
  }
  const { stdout, stderr, exitCode, startError } = result;
  if (startError !== undefined) throw new KubectlError(`error: Internal error occurred: ${startError}`);
  const err = exitCode === 0 ? stderr : `${stderr}command terminated with exit code ${exitCode}\n`;
  return { out: stdout, err, exitCode };
}
