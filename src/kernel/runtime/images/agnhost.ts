/**
 * agnhost: the test image of Kubernetes, one program with many subcommands.
 *
 * Models test/images/agnhost v2.5x.
 * Leaves out subcommands that need raw sockets or a cluster of helpers (iperf, nettest): they are unknown.
 */

import { FORWARD_TESTER, forwardTester } from "#kernel/runtime/images/agnhost-forward";
import { answerGuestbook, type GuestbookState, guestbook } from "#kernel/runtime/images/agnhost-guestbook";
import { issuerDiscovery } from "#kernel/runtime/images/agnhost-issuer";
import { logsGenerator } from "#kernel/runtime/images/agnhost-logs";
import { type MounttestState, mounttest } from "#kernel/runtime/images/agnhost-mounttest";
import { type NetexecState, netexec } from "#kernel/runtime/images/agnhost-netexec";
import { answerPorter, type PorterState, porter } from "#kernel/runtime/images/agnhost-porter";
import { answerServing, isServing, type ServingState, serve } from "#kernel/runtime/images/agnhost-servers";
import { conversionAnswer, webhookAnswer } from "#kernel/runtime/images/agnhost-webhook";
import { coredns } from "#kernel/runtime/images/coredns/coredns";
import { goDate, goSignal } from "#kernel/runtime/images/go";
import { parseTarget, respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image } from "#kernel/runtime/images/image";
import { pauseProgram } from "#kernel/runtime/images/pause";
import { goStress } from "#kernel/runtime/images/stress";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

interface Server {
  readonly kind: string;
  readonly since: number;
}

type State =
  | Server
  | PorterState
  | NetexecState
  | MounttestState
  | GuestbookState
  | ServingState
  | { readonly kind: "logs"; next: number; count: number };

function listenAtPort(task: Task<State>): Step {
  const port = Number(goFlag(task.argv, "port") ?? "443");
  if (task.listen(port)) return {};
  task.complain(`listen tcp :${port}: bind: address already in use\n`);
  return 1;
}

const SERVERS: Readonly<Record<string, (task: Task<State>) => Step>> = {
  pause: (task) => {
    task.print("Paused\n");
    return {};
  },
  "serve-hostname": (task) => {
    const port = Number(goFlag(task.argv, "port") ?? "9376");
    task.listen(port);
    task.complain(`${goDate(task.now)} Serving on port ${port}.\n`);
    return {};
  },
  liveness: (task) => {
    task.listen(8080);
    return {};
  },
  "test-webserver": (task) => {
    task.listen(Number(goFlag(task.argv, "port") ?? "80"));
    return {};
  },
  webhook: listenAtPort,
  "crd-conversion-webhook": listenAtPort,
  porter: (task) => porter(task as Task<PorterState>),
};

function answer(task: Task<State>, _port: number, request: HttpRequest): HttpResponse | "reset" {
  const state = task.state as Server;
  const { path, query } = parseTarget(request.path);
  const text = (status: number, body: string): HttpResponse =>
    respond(request.method, status, body, {
      date: new Date(task.now).toUTCString(),
      "content-type": "text/plain; charset=utf-8",
    });
  switch (state.kind) {
    case "serve-hostname":
      return text(200, task.record.hostname);
    case "webhook":
      return webhookAnswer(request, path);
    case "crd-conversion-webhook":
      return conversionAnswer(request, path);
    case "liveness": {
      if (path === "/started") return text(200, goDuration(task.now - state.since));
      if (path === "/redirect") {
        const target = query["loc"] ?? "http://0.0.0.0/";
        return respond(request.method, 302, `<a href="${target}">Found</a>.\n\n`, { location: target });
      }
      if (path !== "/healthz") return text(404, "404 page not found\n");
      const elapsed = task.now - state.since;
      return elapsed > 10_000 ? text(500, `error: ${elapsed / 1_000}`) : text(200, "ok");
    }
    default: {
      const names = task.files.list(path);
      if (Array.isArray(names)) {
        const shown = names.map((name: string) => (task.files.isDirectory(`${path}/${name}`) ? `${name}/` : name));
        const links = shown.map((name: string) => `<a href="${name}">${name}</a>\n`).join("");
        return respond(request.method, 200, `<pre>\n${links}</pre>\n`, { "content-type": "text/html; charset=utf-8" });
      }
      const content = task.readFile(path);
      return typeof content === "number" ? text(404, "404 page not found\n") : text(200, content);
    }
  }
}

function goDuration(ms: number): string {
  return `${ms / 1_000}s`;
}

/** Subcommands that run and end. */
const TOOLS: Readonly<Record<string, (task: Task<State>) => Step>> = {
  help: (task) => {
    task.print("agnhost (Kubernetes end-to-end test image)\n\nUsage:\n  app [command]\n");
    return 0;
  },
  "--version": (task) => {
    task.print("agnhost version 2.53\n");
    return 0;
  },
  connect: (task) => {
    const target = task.argv.slice(2).find((arg) => !arg.startsWith("-")) ?? "";
    const [host = "", port = "80"] = target.split(/:(?=\d+$)/);
    const protocol = goFlag(task.argv, "protocol")?.toUpperCase() === "SCTP" ? "SCTP" : "TCP";
    const outcome = task.connect({ host, port: Number(port), protocol });
    const words: Readonly<Record<string, string>> = {
      refused: "REFUSED",
      timeout: "TIMEOUT",
      nxdomain: "DNS",
      unreachable: "OTHER",
      reset: "OTHER",
    };
    if (outcome === "open") return 0;
    task.complain(`${words[outcome] ?? "OTHER"}\n`);
    return 1;
  },
  "dns-suffix": (task) => {
    const search = /^search\s+(.*)$/m.exec(textOf(task, "/etc/resolv.conf"))?.[1] ?? "";
    task.print(search.split(/\s+/).join(","));
    return 0;
  },
  "dns-server-list": (task) => {
    task.print(
      [...textOf(task, "/etc/resolv.conf").matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]).join(","),
    );
    return 0;
  },
  "etc-hosts": (task) => {
    task.print(textOf(task, "/etc/hosts"));
    return 0;
  },
  "test-service-account-issuer-discovery": (task) => issuerDiscovery(task as Task<never>),
  "entrypoint-tester": (task) => {
    task.print(`[${task.argv.join(" ")}]\n`);
    return 0;
  },
};

function textOf(task: Task, path: string): string {
  const text = task.readFile(path);
  return typeof text === "number" ? "" : text;
}

export const agnhost: Program<State> = {
  name: "agnhost",

  step(task) {
    const command = task.argv[1] ?? "help";
    if (command === "netexec") return netexec.step(task as Task<NetexecState>);
    if (command === "stress") return goStress.step(task as Task<never>);
    if (command === "logs-generator") return logsGenerator(task as Task<{ kind: "logs"; next: number; count: number }>);
    if (command === "mounttest") return mounttest(task as Task<MounttestState>);
    if (command === "guestbook") return guestbook(task as Task<GuestbookState>);
    if (command === "port-forward-tester") return task.replace([FORWARD_TESTER]) === 0 ? undefined : 1;
    if (isServing(command)) return serve(task as Task<ServingState>, command);
    const tool = Object.hasOwn(TOOLS, command) ? TOOLS[command] : undefined;
    if (tool !== undefined) return tool(task);
    const server = Object.hasOwn(SERVERS, command) ? SERVERS[command] : undefined;
    if (server === undefined) {
      task.complain(`Error: unknown command "${command}" for "app"\nRun 'app --help' for usage.\n`);
      return 1;
    }
    if (task.state !== undefined) return {};
    task.state = { kind: command, since: task.now };
    return server(task);
  },

  http(task, port, request) {
    if (task.argv[1] === "netexec") return netexec.http(task as Task<NetexecState>, port, request);
    const { path: route, query } = parseTarget(request.path);
    const visit = { ...request, route, query, port };
    if (task.state?.kind === "porter") return answerPorter(task as Task<PorterState>, port, request);
    if (task.state?.kind === "guestbook") return answerGuestbook(task as Task<GuestbookState>, visit);
    if (task.state?.kind === "serving") return answerServing(task as Task<ServingState>, visit);
    return answer(task, port, request);
  },

  udp(task, datagram) {
    if (task.state?.kind === "porter") {
      const { udp, sctp } = task.state as PorterState;
      return (datagram.protocol === "SCTP" ? sctp : udp)[datagram.port];
    }
    return task.argv[1] === "netexec" ? netexec.udp(task as Task<NetexecState>, datagram) : undefined;
  },

  signal(task, signal) {
    const [, command] = task.argv;
    if (command === "pause") return pauseProgram.signal?.(task, signal) ?? false;
    if (command === "netexec") return netexec.signal(task as Task<NetexecState>, signal);
    return goSignal(task, signal);
  },
};

export const agnhostImage: Image = {
  repositories: [
    "registry.k8s.io/e2e-test-images/agnhost",
    "k8s.gcr.io/e2e-test-images/agnhost",
    "us.gcr.io/k8s-artifacts-prod/e2e-test-images/agnhost",
  ],
  sizeBytes: () => 53_000_000,
  hasTag: (tag) => /^(latest|2\.(\d|[1-5]\d|6[0-5]))(\.\d+)?$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/agnhost"], cmd: ["pause"] },
    flavor: "busybox",
    files: {},
    programs: {
      "/agnhost": agnhost as Program,
      "/agnhost-2": agnhost as Program,
      [FORWARD_TESTER]: forwardTester as Program,
      "/coredns": coredns as Program,
    },
    tools: ["+bash", "+curl", "+dig", "+host"],
    use: { memoryBytes: 6 * 2 ** 20, requestCpuMs: 0.5 },
  }),
};

/** The guestbook sample's older liveness image is one of the subcommands. */
export const livenessImage: Image = {
  repositories: ["registry.k8s.io/liveness", "k8s.gcr.io/liveness"],
  sizeBytes: () => 2_000_000,
  hasTag: () => true,
  content: () => ({
    config: { cmd: ["/server"] },
    flavor: "none",
    files: {},
    programs: { "/server": liveness as Program },
  }),
};

const liveness: Program<State> = {
  name: "liveness",
  step(task) {
    if (task.state === undefined) {
      task.state = { kind: "liveness", since: task.now };
      task.listen(8080);
    }
    return {};
  },
  http: answer,
  signal: goSignal,
};

export const agnhostPrograms: readonly Program[] = [agnhost as Program, liveness as Program, forwardTester as Program];
