/**
 * What probes and hooks do to a container: run a command, send a request, open a connection, wait.
 *
 * Models pkg/probe and pkg/kubelet/lifecycle/handlers.go.
 * Leaves out TLS and gRPC on the wire: a request to HTTPS is sent in plain, a gRPC port that listens is healthy.
 */

import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from "#kernel/api/types.gen";
import { formatIp, parseCidr } from "#kernel/apimachinery/ip";
import { minorVersion } from "#kernel/apimachinery/version";
import type { Member, PodWork } from "#kernel/kubelet/pod-work";
import { resolvePort } from "#kernel/resources/core/pod.facts";
import { containerHttp, execInContainer, listens } from "#kernel/runtime/containers";
import type { HttpResponse } from "#kernel/runtime/world";
import { must } from "#kernel/sim/assert";

/** Where a probe or hook acts: a running container. */
export interface Target {
  readonly work: PodWork;
  readonly member: Member;
  readonly id: string;
}

/** `error` = the probe could not be run at all: it says nothing about the container. */
export type ProbeAnswer =
  | { readonly kind: "success" }
  /** It counts as a success, but something is odd. */
  | { readonly kind: "warning"; readonly output: string }
  | { readonly kind: "failure"; readonly output: string }
  | { readonly kind: "error"; readonly output: string };

const success: ProbeAnswer = { kind: "success" };
const failure = (output: string): ProbeAnswer => ({ kind: "failure", output });

/** Longest output of a probe that an event repeats. */
const OUTPUT_CHARS = 10 * 1024;

const PROBE_AGENT = `kube-probe/${minorVersion}`;

/** Runs a probe once. */
export function runProbe(target: Target, probe: Probe): ProbeAnswer {
  const seconds = probe.timeoutSeconds ?? 1;
  if (probe.exec !== undefined) return probeExec(target, probe.exec, seconds);
  if (probe.httpGet !== undefined) return probeHttp(target, probe.httpGet, seconds);
  if (probe.tcpSocket !== undefined) return probeTcp(target, probe.tcpSocket);
  if (probe.grpc !== undefined) return probeGrpc(target, probe.grpc, seconds);
  return { kind: "error", output: `missing probe handler for ${target.work.key.name}:${target.member.container.name}` };
}

function probeExec({ work, id }: Target, { command = [] }: ExecAction, seconds: number): ProbeAnswer {
  const { startError, elapsedMs, exitCode, stdout, stderr } = execInContainer(work.world, id, command);
  if (startError !== undefined) {
    const output = `rpc error: code = Unknown desc = failed to exec in container: failed to start exec: ${startError}`;
    return { kind: "error", output };
  }
  if (elapsedMs > seconds * 1000) return failure(`command ${JSON.stringify(command.join(" "))} timed out`);
  return exitCode === 0 ? success : failure((stdout + stderr).slice(0, OUTPUT_CHARS));
}

/** Sends the request of a probe or hook. */
function get(
  target: Target,
  { host = "", port, path = "/", scheme = "HTTP", httpHeaders = [] }: HTTPGetAction,
  agent: string,
) {
  const { work, id } = target;
  const number = resolvePort(work.pod, port);
  const address = host === "" ? (work.cell.podIP ?? "") : host;
  const url = `${scheme.toLowerCase()}://${address}:${number}${path.startsWith("/") ? "" : "/"}${path}`;
  const headers: Record<string, string> = {
    host: `${address}:${number}`,
    "user-agent": agent,
    accept: "*/*",
    connection: "close",
  };
  for (const { name, value } of httpHeaders) headers[name.toLowerCase()] = value;
  const request = {
    method: "GET",
    path: url.slice(url.indexOf("/", url.indexOf("://") + 3)),
    headers,
    body: "",
    remoteAddress: gatewayOf(work),
  };
  const isOwn = host === "" || host === work.cell.podIP;
  const answer =
    number === undefined
      ? ("refused" as const)
      : isOwn && work.pod.spec.hostNetwork !== true
        ? containerHttp(work.world, id, number, request)
        : work.world.net.http({ kind: "node", name: work.machine.name }, { host: address, port: number }, request);
  return { url, address: `${address}:${number}`, answer };
}

/** A node's own packets reach its pods from the first address of the pods' block. */
function gatewayOf({ machine }: PodWork): string {
  const block = must(parseCidr(machine.podCIDR), "a machine has a block of pod addresses");
  return formatIp({ family: block.family, value: block.value + 1n });
}

function probeHttp(target: Target, action: HTTPGetAction, seconds: number): ProbeAnswer {
  const { url, address, answer } = get(target, action, PROBE_AGENT);
  if (typeof answer === "object") {
    if ((answer.delayMs ?? 0) > seconds * 1000) return failure(`Get "${url}": ${whyNoAnswer("timeout", address)}`);
    if (answer.status >= 300 && answer.status < 400) return follow(target, action, { url, answer });
    if (answer.status >= 200 && answer.status < 300) return success;
    return failure(`HTTP probe failed with statuscode: ${answer.status}`);
  }
  return failure(`Get "${url}": ${whyNoAnswer(answer, address)}`);
}

/** How many redirects a probe follows. */
const REDIRECTS = 10;

/** A redirect is followed while it stays with the host that was asked; one that leads elsewhere is a warning. */
function follow(
  target: Target,
  action: HTTPGetAction,
  met: { readonly url: string; readonly answer: HttpResponse; readonly count?: number },
): ProbeAnswer {
  const { url, answer, count = 1 } = met;
  const location = answer.headers["location"];
  if (location === undefined) return success;
  if (count >= REDIRECTS) return failure(`Get "${location}": stopped after ${REDIRECTS} redirects`);
  const [, scheme = "http", host = "", port, path = ""] =
    /^(https?):\/\/([^/:?#]*)(?::(\d+))?(.*)$/i.exec(absolute(url, location)) ?? [];
  if (host !== hostOf(url)) {
    return { kind: "warning", output: `Probe terminated redirects, Response body: ${answer.body}` };
  }
  const number = port === undefined ? (scheme === "https" ? 443 : 80) : Number(port);
  const next = get(target, { ...action, path: path === "" ? "/" : path, port: number }, PROBE_AGENT);
  if (typeof next.answer !== "object") return failure(`Get "${next.url}": ${whyNoAnswer(next.answer, next.address)}`);
  const { status } = next.answer;
  if (status < 200 || status >= 400) return failure(`HTTP probe failed with statuscode: ${status}`);
  if (status < 300) return success;
  return follow(target, action, { url: next.url, answer: next.answer, count: count + 1 });
}

const hostOf = (url: string): string => /^\w+:\/\/([^/:]*)/.exec(url)?.[1] ?? "";

/** An address as it is meant on the page where it stands. */
function absolute(url: string, location: string): string {
  if (/^https?:\/\//i.test(location)) return location;
  const origin = /^\w+:\/\/[^/]*/.exec(url)?.[0] ?? "";
  return `${origin}${location.startsWith("/") ? "" : "/"}${location}`;
}

function whyNoAnswer(why: string, address: string): string {
  switch (why) {
    case "refused":
      return `dial tcp ${address}: connect: connection refused`;
    case "timeout":
      return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    case "unreachable":
      return `dial tcp ${address}: connect: no route to host`;
    case "nxdomain":
      return `dial tcp: lookup ${address.slice(0, address.lastIndexOf(":"))}: no such host`;
    default:
      return "EOF";
  }
}

function probeTcp({ work, id }: Target, { port, host = "" }: TCPSocketAction): ProbeAnswer {
  const number = resolvePort(work.pod, port) ?? 0;
  const address = host === "" ? (work.cell.podIP ?? "") : host;
  const isOwn = host === "" && work.pod.spec.hostNetwork !== true;
  const answer = isOwn
    ? listens(work.world, id, number)
      ? "open"
      : "refused"
    : work.world.net.connect({ kind: "node", name: work.machine.name }, { host: address, port: number });
  if (answer === "open") return success;
  if (answer === "timeout") return failure(`dial tcp ${address}:${number}: i/o timeout`);
  return failure(whyNoAnswer(answer, `${address}:${number}`));
}

function probeGrpc({ work, id }: Target, { port }: GRPCAction, seconds: number): ProbeAnswer {
  if (listens(work.world, id, port)) return success;
  const address = `${work.cell.podIP}:${port}`;
  return failure(`timeout: failed to connect service "${address}" within ${seconds}s: context deadline exceeded`);
}

/** Runs a lifecycle hook: how long it takes, and whether it failed. */
export function runHook(
  target: Target,
  hook: LifecycleHandler,
): { readonly tookMs: number; readonly isFailed: boolean } {
  if (hook.sleep !== undefined) return { tookMs: hook.sleep.seconds * 1000, isFailed: false };
  if (hook.exec !== undefined) {
    const { exitCode, elapsedMs, startError } = execInContainer(target.work.world, target.id, hook.exec.command ?? []);
    return { tookMs: elapsedMs, isFailed: exitCode !== 0 || startError !== undefined };
  }
  if (hook.httpGet !== undefined) {
    const { answer } = get(target, hook.httpGet, `kube-lifecycle/${minorVersion}`);
    return { tookMs: 0, isFailed: typeof answer !== "object" };
  }
  // A connection is no hook any more: such a handler is invalid, and fails.
  return { tookMs: 0, isFailed: true };
}
