/**
 * Small web servers that tutorials use: each answers every request with a text that shows who answered.
 *
 * Models kubernetes-bootcamp, node-hello, hello-go-gke, whoami, nginx-hello, echo servers, by what they print.
 */
import { goDate, goSignal } from "#kernel/runtime/images/go";
import { logDate } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image, ImageConfig } from "#kernel/runtime/images/image";
import {
  acceptSocket,
  asksForSocket,
  endsWell,
  escaped,
  imageOf,
  json,
  page,
  type Reply,
  server,
  text,
  type Visit,
} from "#kernel/runtime/images/server";
import type { Program, SocketAnswer, SocketEvent } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** One such server. */
interface Hello {
  readonly name: string;
  readonly repositories: readonly string[];
  readonly tags?: RegExp;
  readonly megabytes: number;
  /** The command line by which it starts; the first word is its program. */
  readonly command: readonly string[];
  readonly port: number;
  /** How its port can be told otherwise. */
  readonly portFrom?: { readonly flag?: string; readonly variable?: string };
  readonly env?: (tag: string) => Readonly<Record<string, string>>;
  readonly isGo?: boolean;
  banner?(task: Task, port: number): string;
  answer(task: Task, visit: Visit): Reply;
  socket?(task: Task, event: SocketEvent): SocketAnswer;
  log?(task: Task, visit: Visit, status: number): string;
}

const header = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

const headerLines = ({ headers }: Visit): string[] =>
  Object.keys(headers)
    .filter((name) => name !== "host")
    .sort()
    .map((name) => `${header(name)}: ${headers[name]}`);

/** traefik/whoami: who it is, and what it was asked. */
function whoami(task: Task, visit: Visit): Reply {
  const { hostname, podIP } = task.record;
  const host = visit.headers["host"] ?? "";
  const from = `${visit.remoteAddress ?? "127.0.0.1"}:40000`;
  if (visit.route === "/health") return text(visit, "");
  if (visit.route === "/echo") return acceptSocket(visit);
  if (visit.route === "/api")
    return json(visit, {
      hostname,
      ip: ["127.0.0.1", podIP],
      headers: visit.headers,
      url: visit.path,
      host,
      method: visit.method,
      remoteAddr: from,
    });
  if (visit.route !== "/" && visit.route.startsWith("/bench")) return text(visit, "1");
  const name = goFlag(task.argv, "name") ?? task.env("WHOAMI_NAME");
  const lines = [
    ...(name === undefined ? [] : [`Name: ${name}`]),
    `Hostname: ${hostname}`,
    "IP: 127.0.0.1",
    `IP: ${podIP}`,
    `RemoteAddr: ${from}`,
    `${visit.method} ${visit.path} HTTP/1.1`,
    `Host: ${host}`,
    ...headerLines(visit),
  ];
  return text(visit, `${lines.join("\n")}\n\n`);
}

/** nginxdemos/hello: a page about the server, or the same as plain text. */
function nginxHello(task: Task, visit: Visit): Reply {
  const { hostname, podIP } = task.record;
  const date = logDate(task.now);
  const rows = [
    ["Server address", `${podIP}:${visit.port}`],
    ["Server name", hostname],
    ["Date", date],
    ["URI", visit.path],
  ] as const;
  if (task.env("HELLO_PLAIN") === "yes") {
    const id = `Request ID: ${task.world.entropy.hex(32)}\n`;
    return text(visit, rows.map(([label, value]) => `${label}: ${value}\n`).join("") + id, 200, "text/plain");
  }
  const shown = rows.map(([label, value]) => `<p><span>${label}:</span> <span>${escaped(value)}</span></p>\n`);
  return page(
    visit,
    `<!DOCTYPE html>\n<html>\n<head>\n<title>Hello World</title>\n</head>\n<body>\n${shown.join("")}</body>\n</html>\n`,
  );
}

/** ealen/echo-server: all that is known of a request, as JSON; it fails and waits as the request says. */
function ealen(task: Task, visit: Visit): Reply {
  const { query, headers } = visit;
  const status = Number(query["echo_code"] ?? headers["x-echo-code"] ?? "200");
  const ms = Number(query["echo_time"] ?? headers["x-echo-time"] ?? "0");
  const body = query["echo_body"] ?? headers["x-echo-body"];
  const told = {
    host: { hostname: headers["host"] ?? "", ip: visit.remoteAddress ?? "", ips: [] },
    http: { method: visit.method, baseUrl: "", originalUrl: visit.path, protocol: "http" },
    request: { params: { 0: visit.route }, query, cookies: {}, body: visit.body === "" ? {} : visit.body, headers },
    environment: task.environ(),
  };
  const code = status >= 200 && status <= 599 ? status : 200;
  const reply = body === undefined ? json(visit, told, code) : json(visit, body, code);
  return ms > 0 ? { ...reply, delayMs: Math.min(60_000, ms) } : reply;
}

/** jmalloc/echo-server and inanimate/echo-server: the request as it came. */
function echoed(task: Task, visit: Visit): Reply {
  const lines = [
    `Request served by ${task.record.hostname}`,
    "",
    `${visit.method} ${visit.path} HTTP/1.1`,
    "",
    `Host: ${visit.headers["host"] ?? ""}`,
    ...headerLines(visit),
    "",
    visit.body,
  ];
  return text(visit, lines.join("\n"));
}

const bootcampVersion = (tag: string): string => /^v(\d+)$/.exec(tag)?.[1] ?? (tag === "v10" ? "10" : "1");

const HELLOS: readonly Hello[] = [
  {
    name: "kubernetes-bootcamp",
    repositories: [
      "gcr.io/google-samples/kubernetes-bootcamp",
      "docker.io/jocatalin/kubernetes-bootcamp",
      "gcr.io/k8s-minikube/kubernetes-bootcamp",
    ],
    tags: /^(latest|v1|v2)$/,
    megabytes: 83,
    command: ["/bin/sh", "-c", "node server.js"],
    port: 8080,
    env: (tag) => ({ BOOTCAMP_VERSION: bootcampVersion(tag) }),
    banner: (task) =>
      `Kubernetes Bootcamp App Started At: ${new Date(task.now).toISOString()} | Running On:  ${task.record.hostname} \n\n`,
    answer: (task, visit) =>
      text(
        visit,
        `Hello Kubernetes bootcamp! | Running on: ${task.record.hostname} | v=${task.env("BOOTCAMP_VERSION") ?? "1"}\n`,
        200,
        "text/plain",
      ),
    log: (task) =>
      `Running On: ${task.record.hostname} | Total Requests: 1 | App Uptime: ${(task.now - task.record.startedAt) / 1_000} seconds | Log Time: ${new Date(task.now).toISOString()}\n`,
  },
  {
    name: "node-hello",
    repositories: ["gcr.io/google-samples/node-hello", "registry.k8s.io/e2e-test-images/node-hello"],
    megabytes: 260,
    command: ["/bin/sh", "-c", "node server.js"],
    port: 8080,
    answer: (_task, visit) => text(visit, "Hello Kubernetes!", 200, "text/plain"),
  },
  {
    name: "hello-minikube",
    repositories: ["registry.k8s.io/hello-node", "gcr.io/hello-minikube-zero-install/hello-node"],
    megabytes: 260,
    command: ["/bin/sh", "-c", "node server.js"],
    port: 8080,
    answer: (_task, visit) => text(visit, "Hello World!", 200, "text/plain"),
  },
  {
    name: "hello-go-gke",
    repositories: ["gcr.io/google-samples/hello-go-gke"],
    megabytes: 4,
    command: ["/usr/bin/hello-go-gke"],
    port: 80,
    isGo: true,
    answer: (_task, visit) => json(visit, { message: "Hello" }),
  },
  {
    name: "whoami",
    repositories: ["docker.io/traefik/whoami", "docker.io/containous/whoami"],
    megabytes: 3,
    command: ["/whoami"],
    port: 80,
    portFrom: { flag: "port", variable: "WHOAMI_PORT_NUMBER" },
    isGo: true,
    banner: (task, port) => `${goDate(task.now)} Starting up on port ${port}\n`,
    answer: whoami,
    socket: (_task, { kind, text: message }) => (kind === "message" ? { messages: [message] } : {}),
  },
  {
    name: "nginx-hello",
    repositories: ["docker.io/nginxdemos/hello", "docker.io/nginxdemos/nginx-hello"],
    tags: /^(latest|plain-text|0\.\d.*|\d[\w.-]*)$/,
    megabytes: 9,
    command: ["nginx-hello"],
    port: 80,
    env: (tag) => ({ HELLO_PLAIN: tag.includes("plain-text") ? "yes" : "no" }),
    answer: nginxHello,
    log: (task, visit, status) =>
      `${visit.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${visit.method} ${visit.path} HTTP/1.1" ${status} 0 "-" "${visit.headers["user-agent"] ?? "-"}" "-"\n`,
  },
  {
    name: "ealen-echo-server",
    repositories: ["docker.io/ealen/echo-server"],
    megabytes: 60,
    command: ["node", "webserver"],
    port: 80,
    portFrom: { variable: "PORT" },
    banner: (_task, port) => `Listening on port ${port}.\n`,
    answer: ealen,
    log: (_task, visit, status) => `${JSON.stringify({ method: visit.method, url: visit.path, status })}\n`,
  },
  {
    name: "jmalloc-echo-server",
    repositories: ["docker.io/jmalloc/echo-server", "docker.io/inanimate/echo-server"],
    megabytes: 3,
    command: ["/bin/echo-server"],
    port: 8080,
    portFrom: { variable: "PORT" },
    isGo: true,
    banner: (_task, port) => `Echo server listening on port ${port}.\n`,
    answer: (task, visit) => (asksForSocket(visit) ? acceptSocket(visit) : echoed(task, visit)),
    socket(task, { kind, text: message }) {
      if (kind === "open") return { messages: [`Request served by ${task.record.hostname}`] };
      return kind === "message" ? { messages: [message] } : {};
    },
    log: (_task, visit) => `${visit.remoteAddress ?? "127.0.0.1"}:40000 | ${visit.method} ${visit.path}\n`,
  },
  {
    name: "serve_hostname",
    repositories: [
      "registry.k8s.io/serve_hostname",
      "k8s.gcr.io/serve_hostname",
      "registry.k8s.io/serve-hostname",
      "gcr.io/google_containers/serve_hostname",
    ],
    megabytes: 6,
    command: ["/serve_hostname"],
    port: 9376,
    portFrom: { flag: "port" },
    isGo: true,
    banner: (task, port) => `${goDate(task.now)} Serving on port ${port}.\n`,
    answer: (task, visit) => text(visit, task.record.hostname),
  },
  {
    name: "test-webserver",
    repositories: [
      "registry.k8s.io/test-webserver",
      "k8s.gcr.io/test-webserver",
      "registry.k8s.io/e2e-test-images/test-webserver",
    ],
    megabytes: 5,
    command: ["/test-webserver"],
    port: 80,
    isGo: true,
    answer(task, visit) {
      const content = task.readFile(visit.route);
      return typeof content === "number" ? text(visit, "404 page not found\n", 404) : text(visit, content);
    },
  },
];

/** The page and data of an update-demo image: the lesson watches the picture's name change. */
const updateDemo = (name: string): Hello => ({
  name,
  repositories: [
    `registry.k8s.io/e2e-test-images/${name}`,
    `gcr.io/kubernetes-e2e-test-images/${name}`,
    `registry.k8s.io/update-demo-${name}`,
  ],
  megabytes: 48,
  command: ["/usr/sbin/httpd-update-demo"],
  port: 80,
  isGo: true,
  answer(_task, visit) {
    if (visit.route === "/data.json") return text(visit, `{\n  "image": "${name}.jpg"\n}\n`, 200, "application/json");
    return visit.route === "/"
      ? page(visit, `<html><body><img src="${name}.jpg"></body></html>\n`)
      : text(visit, "404 page not found\n", 404);
  },
});

function programOf(hello: Hello): Program<object> {
  const { name, portFrom, isGo } = hello;
  return server<object>({
    name: `tutorial-${name}`,
    begin(task) {
      const flag = portFrom?.flag === undefined ? undefined : goFlag(task.argv, portFrom.flag);
      const variable = portFrom?.variable === undefined ? undefined : task.env(portFrom.variable);
      const port = Number(flag ?? variable ?? hello.port) || hello.port;
      const banner = hello.banner?.(task, port);
      if (banner !== undefined) (isGo === true ? task.complain : task.print).call(task, banner);
      return { state: {}, ports: [port] };
    },
    answer: hello.answer,
    ...(hello.socket !== undefined && { socket: hello.socket }),
    log(task, visit, { status }) {
      const line = hello.log?.(task, visit, status);
      if (line !== undefined) task.print(line);
    },
    signal: isGo === true ? goSignal : endsWell,
  });
}

const all: readonly Hello[] = [...HELLOS, updateDemo("nautilus"), updateDemo("kitten")];
const programs = new Map(all.map((hello) => [hello.name, programOf(hello)]));

export const tutorialPrograms = [...programs.values()] as readonly Program[];

/** Where a program lies: what starts it by a shell is the interpreter the shell calls. */
function pathOf([first = "", , line]: readonly string[]): string {
  if (first === "/bin/sh") return `/usr/local/bin/${line?.split(" ")[0] ?? ""}`;
  return first.startsWith("/") ? first : `/usr/local/bin/${first}`;
}

export const tutorialImages: readonly Image[] = all.map((hello) => {
  const { name, repositories, tags, megabytes, command, port, env } = hello;
  const isShelly = command[0] === "/bin/sh";
  const config = (tag: string): ImageConfig => ({
    ...(isShelly ? { cmd: command } : { entrypoint: command }),
    ports: [port],
    ...(env === undefined ? {} : { env: env(tag) }),
  });
  return imageOf({
    repositories,
    megabytes,
    ...(tags === undefined ? {} : { tags }),
    flavor: hello.isGo === true && name !== "serve_hostname" ? "none" : "gnu",
    config,
    programs: { [pathOf(command)]: programs.get(name) as Program<object> },
    tools: hello.isGo === true ? [] : ["+curl"],
  });
});
