/**
 * RabbitMQ: durable queues in files, its tools, and the AMQP clients of the Jobs lesson.
 *
 * Models rabbitmq-server with rabbitmqctl, rabbitmq-diagnostics and rabbitmqadmin, and amqp-tools.
 * Leaves out exchanges other than the default one, clustering and acknowledgements: a message is taken or it is there.
 */
import { endsWell, hostPort, imageOf, json, page, text } from "#kernel/runtime/images/server";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { NetFailure } from "#kernel/runtime/world";

type Queues = Readonly<Record<string, readonly string[]>>;

interface State {
  readonly since: number;
  readonly users: readonly string[];
}

const QUEUES_MAX = 100;
const MESSAGES_MAX = 10_000;
const FILE = "/var/lib/rabbitmq/mnesia/queues";
const NODE = (task: Task): string => `rabbit@${task.record.hostname}`;

function queuesOf(task: Task): Queues {
  const text = task.files.read(FILE);
  return typeof text === "number" ? {} : (JSON.parse(text) as Queues);
}

function keep(task: Task, queues: Queues): boolean {
  if (!task.files.exists("/var/lib/rabbitmq/mnesia")) task.files.makeDirectory("/var/lib/rabbitmq/mnesia");
  return task.files.write(FILE, JSON.stringify(queues)) === 0;
}

interface Ask {
  readonly verb: "declare" | "publish" | "get" | "delete" | "list" | "purge";
  readonly queue?: string;
  readonly body?: string;
}

type Told = { readonly queues?: Queues; readonly message?: string; readonly error?: string };

/** Carries out what a client asks of the queues. */
function serve(task: Task, { verb, queue = "", body = "" }: Ask): Told {
  const queues = queuesOf(task);
  const messages = queues[queue];
  if (verb === "list") return { queues };
  if (verb === "declare") {
    if (messages === undefined && Object.keys(queues).length >= QUEUES_MAX)
      return { error: "RESOURCE_ERROR - too many queues" };
    return keep(task, { ...queues, [queue]: messages ?? [] }) ? {} : { error: "no space left on device" };
  }
  // What is sent to a queue that is not there is dropped, as the default exchange does.
  if (messages === undefined)
    return verb === "publish" ? {} : { error: `NOT_FOUND - no queue '${queue}' in vhost '/'` };
  if (verb === "publish") {
    if (messages.length >= MESSAGES_MAX) return { error: "RESOURCE_ERROR - the queue is full" };
    return keep(task, { ...queues, [queue]: [...messages, body] }) ? {} : { error: "no space left on device" };
  }
  if (verb === "delete" || verb === "purge") {
    const { [queue]: _, ...rest } = queues;
    keep(task, verb === "delete" ? rest : { ...queues, [queue]: [] });
    return {};
  }
  const [message, ...rest] = messages;
  if (message === undefined) return {};
  keep(task, { ...queues, [queue]: rest });
  return { message };
}

const server: Program<State> = {
  name: "rabbitmq-server",
  use: { memoryBytes: 140 * 2 ** 20, cpuMillis: 8, requestCpuMs: 1 },
  step(task) {
    if (task.state === undefined) {
      task.state = { since: task.now, users: [task.env("RABBITMQ_DEFAULT_USER") ?? "guest"] };
      const stamp = `${new Date(task.now).toISOString().slice(0, 23).replace("T", " ")}000+00:00`;
      const version = task.env("RABBITMQ_VERSION") ?? "4.2.0";
      task.print(`${stamp} [info] <0.254.0> Starting RabbitMQ ${version} on Erlang 27.3.4 [jit]\n`);
      task.print(`${stamp} [info] <0.254.0> node           : ${NODE(task)}\n`);
      for (const port of [5672, 15_692, ...(task.env("RABBITMQ_MANAGEMENT") === "yes" ? [15_672] : [])])
        task.listen(port);
      task.print(`${stamp} [info] <0.600.0> started TCP listener on [::]:5672\n`);
      task.print(`${stamp} [info] <0.560.0> Server startup complete; 4 plugins started.\n`);
    }
    return {};
  },
  http(task, port, request) {
    if (request.method === "AMQP")
      return { status: 200, headers: {}, body: JSON.stringify(serve(task, JSON.parse(request.body) as Ask)) };
    if (port === 15_692) return text(request, `rabbitmq_queues ${Object.keys(queuesOf(task)).length}\n`);
    if (port !== 15_672) return "reset";
    if (request.path.startsWith("/api/health/checks/")) return json(request, { status: "ok" });
    if (request.path.startsWith("/api/queues")) {
      return json(
        request,
        Object.entries(queuesOf(task)).map(([name, messages]) => ({
          name,
          vhost: "/",
          messages: messages.length,
          durable: true,
        })),
      );
    }
    if (request.path.startsWith("/api/"))
      return json(request, { cluster_name: NODE(task), rabbitmq_version: task.env("RABBITMQ_VERSION") });
    return page(
      request,
      "<!DOCTYPE html>\n<html>\n<head><title>RabbitMQ Management</title></head>\n<body><h1>RabbitMQ Management</h1></body>\n</html>\n",
    );
  },
  signal: (task, signal) => endsWell(task, signal),
};

function ask(task: Task, target: { host: string; port: number }, asked: Ask): Told | NetFailure {
  const answer = task.request(target, { method: "AMQP", path: "/", headers: {}, body: JSON.stringify(asked) });
  if (typeof answer === "string") return answer;
  return answer.body.startsWith("{") ? (JSON.parse(answer.body) as Told) : "reset";
}

const LOCAL = { host: "127.0.0.1", port: 5672 };

function table(task: Task, title: string, queues: Queues): void {
  task.print(`Timeout: 60.0 seconds ...\n${title}\nname\tmessages\n`);
  for (const [name, messages] of Object.entries(queues)) task.print(`${name}\t${messages.length}\n`);
}

/** rabbitmqctl and rabbitmq-diagnostics: whether the node is there, and what it holds. */
const ctl: Program = {
  name: "rabbitmqctl",
  step(task) {
    const words = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    const [command = "", name = ""] = words;
    const isQuiet = task.argv.includes("-q") || task.argv.includes("--quiet");
    const told = ask(task, LOCAL, { verb: "list" });
    if (typeof told === "string") {
      task.complain(
        `Error: unable to perform an operation on node '${NODE(task)}'. Please see diagnostics information and suggestions below.\n`,
      );
      return 69;
    }
    const say = (line: string): void => {
      if (!isQuiet) task.print(`${line}\n`);
    };
    switch (command) {
      case "ping":
        say(
          `Will ping ${NODE(task)}. This only checks if the OS process is running and registered with epmd. Timeout: 60000 ms.\nPing succeeded`,
        );
        return 0;
      case "status":
      case "cluster_status":
        say(
          `Status of node ${NODE(task)} ...\nRuntime\n\nOS PID: 1\nOS: Linux\n\nCluster name: ${NODE(task)}\nRunning Nodes\n\n${NODE(task)}`,
        );
        return 0;
      case "list_queues":
        table(task, "Listing queues for vhost / ...", told.queues ?? {});
        return 0;
      case "list_users":
        say(`Listing users ...\nuser\ttags\n${task.env("RABBITMQ_DEFAULT_USER") ?? "guest"}\t[administrator]`);
        return 0;
      case "delete_queue":
      case "purge_queue": {
        const done = ask(task, LOCAL, { verb: command === "delete_queue" ? "delete" : "purge", queue: name });
        if (typeof done === "string" || done.error !== undefined) return 70;
        say(`${command === "delete_queue" ? "Deleting" : "Purging"} queue '${name}' on vhost '/' ...`);
        return 0;
      }
      case "check_running":
      case "check_local_alarms":
      case "check_port_connectivity":
      case "check_port_listener":
      case "is_running":
      case "await_startup":
      case "wait":
      case "environment":
      case "add_user":
      case "set_permissions":
      case "set_user_tags":
      case "add_vhost":
      case "enable_feature_flag":
        say(`${command.replaceAll("_", " ")} on node ${NODE(task)} ...`);
        return 0;
      default:
        task.complain(`Command '${command}' not found.\n`);
        return 64;
    }
  },
};

/** `--url=amqp://user:pass@host:port/vhost` and `-q queue`, as the tools of amqp-tools take them. */
function toolOptions(task: Task): {
  readonly target: { host: string; port: number };
  readonly queue: string;
  readonly rest: readonly string[];
  readonly body?: string;
  readonly count?: number;
} {
  const args = task.argv.slice(1);
  let [url, queue] = ["amqp://localhost", ""];
  let body: string | undefined;
  let count: number | undefined;
  const rest: string[] = [];
  for (let n = 0; n < args.length; n += 1) {
    const [name = "", given] = (args[n] ?? "").split(/=(.*)/s);
    const value = (): string => given ?? args[++n] ?? "";
    if (rest.length > 0) rest.push(args[n] ?? "");
    else if (name === "--url" || name === "-u") url = value();
    else if (name === "-q" || name === "--queue" || name === "-r" || name === "--routing-key") queue = value();
    else if (name === "-b" || name === "--body") body = value();
    else if (name === "-c" || name === "--count") count = Number(value());
    else if (name === "-s" || name === "--server") url = `amqp://${value()}`;
    else if (!name.startsWith("-")) rest.push(args[n] ?? "");
  }
  const address = /^amqps?:\/\/(?:[^@/]*@)?([^/]*)/.exec(url)?.[1] ?? "localhost";
  const target = hostPort(address, 5672);
  return { target, queue, rest, ...(body === undefined ? {} : { body }), ...(count === undefined ? {} : { count }) };
}

function refused(task: Task, host: string, why: NetFailure | string): number {
  const shown = why === "nxdomain" ? "could not resolve hostname" : "a socket error occurred";
  task.complain(`opening socket to ${host}: ${shown}\n`);
  return 1;
}

interface Consuming {
  readonly taken: number;
  readonly next?: number;
  /** The command that is at work on a message. */
  readonly child?: number;
}

/** How often a consumer looks for the next message. */
const LOOK_MS = 1_000;

/** amqp-consume: runs a command for each message, its body on the standard input. */
function consume(task: Task<Consuming>): Step {
  const { target, queue, rest, count = Number.POSITIVE_INFINITY } = toolOptions(task);
  const state = task.state ?? { taken: 0 };
  if (state.taken >= count) return 0;
  if (state.next !== undefined && state.next > task.now) return { until: state.next };
  const told = ask(task, target, { verb: "get", queue });
  if (typeof told === "string") return refused(task, target.host, told);
  if (told.error !== undefined) {
    task.complain(`consuming from ${queue}: server channel error 404, message: ${told.error}\n`);
    return 1;
  }
  if (told.message === undefined) {
    task.state = { ...state, next: task.now + LOOK_MS };
    return { until: task.now + LOOK_MS };
  }
  const { stdout, stderr, exitCode } = task.runToEnd(rest, told.message);
  task.print(stdout);
  task.complain(stderr);
  // What a command failed on goes back into the queue.
  if (exitCode !== 0) ask(task, target, { verb: "publish", queue, body: told.message });
  task.state = { taken: state.taken + 1 };
  return state.taken + 1 >= count ? exitCode : { until: task.now };
}

function tool(name: string, verb: Ask["verb"], show: (task: Task, told: Told, queue: string) => number): Program {
  return {
    name,
    step(task) {
      const { target, queue, body } = toolOptions(task);
      const told = ask(task, target, { verb, queue, ...(body === undefined ? {} : { body }) });
      if (typeof told === "string") return refused(task, target.host, told);
      if (told.error === undefined) return show(task, told, queue);
      task.complain(`${name}: server channel error, message: ${told.error}\n`);
      return 1;
    },
  };
}

const TOOLS: Readonly<Record<string, Program<never>>> = {
  "amqp-declare-queue": tool("amqp-declare-queue", "declare", (task, _told, queue) =>
    task.print(`${queue}\n`) ? 0 : 1,
  ),
  "amqp-publish": tool("amqp-publish", "publish", () => 0),
  "amqp-delete-queue": tool("amqp-delete-queue", "delete", (task) => (task.print("0\n") ? 0 : 1)),
  "amqp-get": tool("amqp-get", "get", (task, { message }) => (message === undefined ? 2 : task.print(message) ? 0 : 1)),
  "amqp-consume": { name: "amqp-consume", step: consume } as Program<never>,
};

const entrypoint: Program = {
  name: "rabbitmq-entrypoint",
  step: (task) => (task.replace(task.argv.slice(1)) === 0 ? undefined : 127),
};

export const rabbitmqPrograms = [server, ctl, entrypoint, ...Object.values(TOOLS)] as readonly Program[];

const inBin = (directory: string): Record<string, Program<never>> =>
  Object.fromEntries(Object.entries(TOOLS).map(([name, program]) => [`${directory}/${name}`, program]));

export const rabbitmqImage = imageOf({
  repositories: ["docker.io/library/rabbitmq", "public.ecr.aws/docker/library/rabbitmq"],
  megabytes: 98,
  tags: { names: ["management"], versions: { 3: [6, 13], 4: [0, 3] }, variants: ["management", "alpine"], patches: 40 },
  flavor: "gnu",
  config: (tag) => {
    const release = /^\d+(\.\d+)*/.exec(tag)?.[0] ?? "4.2.0";
    const env = {
      RABBITMQ_VERSION: release.split(".").length < 3 ? `${release}.0` : release,
      RABBITMQ_MANAGEMENT: tag.includes("management") ? "yes" : "no",
    };
    return { entrypoint: ["docker-entrypoint.sh"], cmd: ["rabbitmq-server"], env, ports: [5672, 15_692] };
  },
  programs: {
    "/usr/local/bin/docker-entrypoint.sh": entrypoint,
    "/opt/rabbitmq/sbin/rabbitmq-server": server,
    "/usr/local/bin/rabbitmq-server": server,
    "/usr/local/bin/rabbitmqctl": ctl,
    "/usr/local/bin/rabbitmq-diagnostics": ctl,
    ...inBin("/usr/local/bin"),
  },
  files: { "/var/lib/rabbitmq/mnesia/": "" },
});
