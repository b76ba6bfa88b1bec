/**
 * redis-server: keys in memory, its log, its configuration, and replicas that follow a primary.
 *
 * Models src/server.c and src/replication.c of Redis.
 * Leaves out the stream of a replica: it asks its primary for the keys whenever it is asked for one.
 */
import { isWriting, runCommand } from "#kernel/runtime/images/redis/commands";
import {
  argumentsOf,
  type Config,
  DEFAULT_CONFIG,
  fileSettings,
  withSettings,
} from "#kernel/runtime/images/redis/config";
import { type Data, Keyspace } from "#kernel/runtime/images/redis/keyspace";
import {
  bulk,
  commandRequest,
  decodeReplies,
  encodeReply,
  failure,
  integer,
  list,
  OK,
  type Reply,
  takeCommands,
} from "#kernel/runtime/images/redis/resp";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { matches } from "#kernel/runtime/shell/pattern";
import type { HttpRequest } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

export interface State {
  readonly config: Config;
  readonly data: Data;
  readonly startedAt: Instant;
  /** Addresses of those that follow it. */
  readonly replicas: readonly string[];
  /** Of a replica: whether it has the keys of its primary. */
  readonly isLinked?: boolean;
  readonly retryAt?: Instant;
  readonly tries?: number;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function say(task: Task<State>, text: string, { role = "M", mark = "*" } = {}): void {
  const at = new Date(task.now);
  const date = `${String(at.getUTCDate()).padStart(2, "0")} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  task.print(`${task.pid}:${role} ${date} ${at.toISOString().slice(11, 23)} ${mark} ${text}\n`);
}

/** Since 7.2 fewer lines of the log are warnings. */
const markOf = (task: Task<State>): string => (isSince(task, 7, 2) ? "*" : "#");

function isSince(task: Task<State>, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = versionOf(task).split(".").map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

const versionOf = (task: Task<State>): string => task.env("REDIS_VERSION") ?? "7.4.1";

const primaryOf = ({ config }: State): { host: string; port: number } | undefined => {
  const [host = "", port = "6379"] = (config["replicaof"] ?? "").split(/\s+/);
  return host === "" || host === "no" ? undefined : { host, port: Number(port) };
};

export const redisServer: Program<State> = {
  name: "redis-server",

  step(task) {
    const state = task.state ?? start(task);
    if (typeof state === "number") return state;
    const primary = primaryOf(state);
    if (primary === undefined || state.isLinked === true) return {};
    if (state.retryAt !== undefined && state.retryAt > task.now) return { until: state.retryAt };
    return follow(task, state, primary);
  },

  http(task, _port, request) {
    if (request.method !== "RESP") {
      say(task, POSSIBLE_ATTACK, { mark: "#" });
      return "reset";
    }
    return { status: 200, headers: {}, body: answer(task, request) };
  },

  tcp(task, { text, state: before, remoteAddress, isOver }) {
    const { commands, taken } = takeCommands(text);
    if (commands.some(([first = ""]) => /^(post|host:)$/i.test(first))) {
      say(task, POSSIBLE_ATTACK, { mark: "#" });
      return { isOver: true };
    }
    const client = { ...(before as Client | undefined), remoteAddress };
    const said = answerAll(task, commands, client);
    return { text: said.text, taken, state: said.client, isOver: said.isOver || isOver };
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGINT") return false;
    const seconds = Math.floor(task.now / 1_000);
    task.print(`${task.pid}:signal-handler (${seconds}) Received ${signal} scheduling shutdown...\n`);
    say(task, "User requested shutdown...", { mark: markOf(task) });
    if (task.state?.config["save"] !== "") {
      say(task, "Saving the final RDB snapshot before exiting.");
      say(task, "DB saved on disk");
    }
    say(task, "Redis is now ready to exit, bye bye...", { mark: "#" });
    task.exit(0);
    return true;
  },
};

const POSSIBLE_ATTACK =
  "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is " +
  "likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. " +
  "Connection aborted.";

/** Reads the configuration and listens; an exit code if it cannot. */
function start(task: Task<State>): State | number {
  const { file, settings } = argumentsOf(task.argv);
  const mark = markOf(task);
  const text = file === undefined ? "" : task.readFile(task.path(file));
  if (typeof text === "number") {
    say(task, `Fatal error, can't open config file '${file}': No such file or directory`, { role: "C", mark: "#" });
    return 1;
  }
  // Files are read where they are named: what is said later counts.
  const read = (path: string): [string, string][] => {
    const more = task.readFile(task.path(path));
    return typeof more === "number" ? [] : fileSettings(more);
  };
  const given = settings.flatMap(([name, value]) => (name === "include" ? read(value) : [[name, value] as const]));
  const config = withSettings(withSettings(DEFAULT_CONFIG, fileSettings(text)), given);
  say(task, "oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", { role: "C", mark });
  const version = `Redis version=${versionOf(task)}, bits=64, commit=00000000, modified=0, pid=${task.pid}, just started`;
  say(task, version, { role: "C", mark });
  const without =
    "Warning: no config file specified, using the default config. In order to specify a config file use redis-server " +
    "/path/to/redis.conf";
  if (file === undefined && settings.length === 0) say(task, without, { role: "C", mark: "#" });
  else say(task, "Configuration loaded", { role: "C", mark });
  const state: State = { config, data: {}, startedAt: task.now, replicas: [] };
  task.state = state;
  const role = primaryOf(state) === undefined ? "M" : "S";
  const port = Number(config["port"]);
  if (!task.listen(port)) {
    say(task, `Warning: Could not create server TCP listening socket *:${port}: bind: Address already in use`, {
      role,
      mark: "#",
    });
    say(task, `Failed listening on port ${port} (tcp), aborting.`, { role, mark: "#" });
    return 1;
  }
  if (isSince(task, 6, 2)) say(task, "monotonic clock: POSIX clock_gettime", { role });
  say(task, `Running mode=standalone, port=${port}.`, { role });
  say(task, "Server initialized", { role, mark });
  say(task, `Ready to accept connections${mark === "*" ? " tcp" : ""}`, { role });
  return state;
}

/** Connects to the primary; tries again later if it is not there. */
function follow(task: Task<State>, state: State, primary: { host: string; port: number }) {
  say(task, `Connecting to MASTER ${primary.host}:${primary.port}`, { role: "S" });
  const data = fetchData(task, state);
  if (typeof data === "string") {
    say(task, `Error condition on socket for SYNC: ${data}`, { role: "S", mark: "#" });
    const tries = (state.tries ?? 0) + 1;
    const retryAt = task.now + (tries < 60 ? 1_000 : 60_000);
    task.state = { ...state, tries, retryAt, isLinked: false };
    return { until: retryAt };
  }
  say(task, "MASTER <-> REPLICA sync started", { role: "S" });
  say(task, "Master replied to PING, replication can continue...", { role: "S" });
  say(task, "MASTER <-> REPLICA sync: Finished with success", { role: "S" });
  const { retryAt: _, tries: __, ...rest } = state;
  task.state = { ...rest, data, isLinked: true };
  return {};
}

const FAILURES: Readonly<Record<string, string>> = {
  refused: "Connection refused",
  timeout: "Operation timed out",
  unreachable: "No route to host",
  nxdomain: "Name or service not known",
  reset: "Connection reset by peer",
};

/** The keys of the primary, or why they cannot be had. */
function fetchData(task: Task<State>, state: State): Data | string {
  const primary = primaryOf(state);
  if (primary === undefined) return state.data;
  const password = state.config["masterauth"] ?? "";
  const login = password === "" ? [] : [["AUTH", password]];
  const response = task.request(primary, commandRequest([...login, ["SYNC"]]));
  if (typeof response === "string") return FAILURES[response] ?? response;
  const reply = decodeReplies(response.body).at(-1);
  if (reply?.k !== "bulk") return reply?.k === "error" ? reply.text : "Protocol error";
  return JSON.parse(reply.text) as Data;
}

/** Runs the commands of one request. */
function answer(task: Task<State>, request: HttpRequest): string {
  const commands = decodeReplies(request.body).map((command) =>
    command.k === "array" ? command.items.map((item) => ("text" in item ? item.text : "")) : [],
  );
  return answerAll(task, commands, { remoteAddress: request.remoteAddress ?? "" }).text;
}

/** What is remembered of a connection. */
interface Client {
  readonly remoteAddress: string;
  /** It has given the password. */
  readonly hasPassed?: boolean;
  readonly version?: 2 | 3;
  /** Commands since MULTI. */
  readonly queue?: readonly (readonly string[])[];
}

/** Runs commands in order: the replies, and the connection afterwards. */
function answerAll(task: Task<State>, commands: readonly (readonly string[])[], from: Client) {
  let text = "";
  let client = from;
  for (const argv of commands) {
    if (argv[0]?.toLowerCase() === "quit") return { text: text + encodeReply(OK), client, isOver: true };
    const turn = answerOne(task, argv, client);
    client = turn.client;
    text += encodeReply(turn.reply, client.version);
  }
  return { text, client, isOver: false };
}

const WRONG_PASSWORD = failure("WRONGPASS invalid username-password pair or user is disabled.");

function answerOne(
  task: Task<State>,
  argv: readonly string[],
  client: Client,
): { readonly reply: Reply; readonly client: Client } {
  const name = argv[0]?.toLowerCase() ?? "";
  const password = task.state?.config["requirepass"] ?? "";
  if (name === "auth") {
    if (argv.at(-1) !== password) return { reply: WRONG_PASSWORD, client };
    return { reply: OK, client: { ...client, hasPassed: true } };
  }
  if (name === "hello") return greet(task, argv, client);
  if (password !== "" && client.hasPassed !== true) {
    return { reply: failure("NOAUTH Authentication required."), client };
  }
  const { queue, ...rest } = client;
  if (name === "multi") {
    if (queue !== undefined) return { reply: failure("ERR MULTI calls can not be nested"), client };
    return { reply: OK, client: { ...client, queue: [] } };
  }
  if (name === "exec" || name === "discard") {
    if (queue === undefined) return { reply: failure(`ERR ${name.toUpperCase()} without MULTI`), client };
    if (name === "discard") return { reply: OK, client: rest };
    const items = queue.map((one) => execute(task, one, client.remoteAddress));
    return { reply: { k: "array", items }, client: rest };
  }
  if (queue === undefined) return { reply: execute(task, argv, client.remoteAddress), client };
  if (queue.length >= LIMITS.requestDepth * 100) return { reply: failure("ERR too many commands in MULTI"), client };
  return { reply: { k: "status", text: "QUEUED" }, client: { ...client, queue: [...queue, argv] } };
}

/** HELLO: which version of the protocol, and the password at once. */
function greet(task: Task<State>, argv: readonly string[], client: Client) {
  const [, version = String(client.version ?? 2), ...words] = argv;
  const password = task.state?.config["requirepass"] ?? "";
  if (version !== "2" && version !== "3") return { reply: failure("NOPROTO unsupported protocol version"), client };
  const at = words.findIndex((word) => word.toLowerCase() === "auth");
  if (at >= 0 && words[at + 2] !== password) return { reply: WRONG_PASSWORD, client };
  const hasPassed = client.hasPassed === true || at >= 0 || password === "";
  if (!hasPassed)
    return { reply: failure("NOAUTH HELLO must be called with the client already authenticated"), client };
  const items: Reply[] = [
    ...["server", "redis", "version", versionOf(task), "proto"].map(bulk),
    integer(Number(version)),
    ...["id"].map(bulk),
    integer(1),
    ...["mode", "standalone", "role", task.state?.config["replicaof"] === "" ? "master" : "replica", "modules"].map(
      bulk,
    ),
    { k: "array", items: [] },
  ];
  const next: Client = { ...client, hasPassed, version: version === "3" ? 3 : 2 };
  return { reply: { k: "map", items } as Reply, client: next };
}

function execute(task: Task<State>, argv: readonly string[], address: string): Reply {
  const { state } = task;
  if (state === undefined) return failure("LOADING Redis is loading the dataset in memory");
  const name = argv[0]?.toLowerCase() ?? "";
  if (name === "sync") {
    if (!state.replicas.includes(address)) task.state = { ...state, replicas: [...state.replicas, address] };
    return bulk(JSON.stringify(state.data));
  }
  if (name === "config") return configure(task, state, argv.slice(1));
  if (name === "info") return bulk(info(task, state, argv[1]?.toLowerCase()));
  if (name === "client") return aboutClient(argv);
  if (name === "command") return { k: "array", items: [] };
  if (["save", "bgsave"].includes(name)) return OK;
  if (["replicaof", "slaveof"].includes(name)) return replicate(task, state, argv);
  return overKeys(task, state, argv);
}

/** CLIENT: what libraries say of themselves. */
function aboutClient([, verb = ""]: readonly string[]): Reply {
  switch (verb.toLowerCase()) {
    case "id":
      return integer(1);
    case "getname":
      return bulk("");
    case "setname":
    case "setinfo":
    case "no-evict":
    case "no-touch":
      return OK;
    default:
      return failure(`ERR unknown subcommand '${verb}'. Try CLIENT HELP.`);
  }
}

function overKeys(task: Task<State>, state: State, argv: readonly string[]): Reply {
  const isReplica = primaryOf(state) !== undefined;
  if (isReplica && isWriting(argv[0]?.toLowerCase() ?? "")) {
    return failure("READONLY You can't write against a read only replica.");
  }
  // What a replica had last is what it answers with while its primary is away.
  const latest = isReplica ? fetchData(task, state) : state.data;
  const keys = new Keyspace(typeof latest === "string" ? state.data : latest, task.now);
  const reply = runCommand(keys, argv);
  if (keys.data !== state.data) task.state = { ...state, data: keys.data };
  return reply;
}

function replicate(task: Task<State>, state: State, [, host = "", port = ""]: readonly string[]): Reply {
  const isNone = host.toLowerCase() === "no";
  const config = { ...state.config, replicaof: isNone ? "" : `${host} ${port}` };
  task.state = { ...state, config, isLinked: false };
  task.wake();
  return OK;
}

function configure(task: Task<State>, state: State, [verb = "", name = "", value = ""]: readonly string[]): Reply {
  if (verb.toLowerCase() === "get") {
    const found = Object.entries(state.config).filter(([key]) => matches(name.toLowerCase(), key));
    return list(found.flat());
  }
  if (verb.toLowerCase() !== "set") return failure(`ERR unknown subcommand '${verb}'. Try CONFIG HELP.`);
  if (!Object.hasOwn(DEFAULT_CONFIG, name.toLowerCase())) {
    return failure(`ERR Unknown option or number of arguments for CONFIG SET - '${name}'`);
  }
  task.state = { ...state, config: withSettings(state.config, [[name, value]]) };
  return OK;
}

function info(task: Task<State>, state: State, section: string | undefined): string {
  const primary = primaryOf(state);
  const keys = new Keyspace(state.data, task.now).keys().length;
  const sections: Readonly<Record<string, readonly string[]>> = {
    Server: [
      `redis_version:${versionOf(task)}`,
      "redis_mode:standalone",
      "os:Linux",
      "arch_bits:64",
      `process_id:${task.pid}`,
      `tcp_port:${state.config["port"]}`,
      `uptime_in_seconds:${Math.floor((task.now - state.startedAt) / 1_000)}`,
    ],
    Memory: [`maxmemory:${state.config["maxmemory"]}`, `maxmemory_policy:${state.config["maxmemory-policy"]}`],
    Replication: [
      `role:${primary === undefined ? "master" : "slave"}`,
      ...(primary === undefined
        ? []
        : [
            `master_host:${primary.host}`,
            `master_port:${primary.port}`,
            `master_link_status:${typeof fetchData(task, state) === "string" ? "down" : "up"}`,
            "slave_read_only:1",
          ]),
      `connected_slaves:${state.replicas.length}`,
      ...state.replicas.map((ip, n) => `slave${n}:ip=${ip},port=6379,state=online,offset=0,lag=0`),
    ],
    Keyspace: keys === 0 ? [] : [`db0:keys=${keys},expires=0,avg_ttl=0`],
  };
  return Object.entries(sections)
    .filter(([name]) => section === undefined || name.toLowerCase() === section)
    .map(([name, lines]) => `# ${name}\r\n${lines.map((line) => `${line}\r\n`).join("")}`)
    .join("\r\n");
}
