/**
 * etcdctl and etcdutl: what lessons ask etcd by, keys, members, health, and a snapshot to keep.
 *
 * Models etcdctl and etcdutl of etcd v3.6, with simple and table output.
 * Leaves out watch, lease, txn, auth and the restoring of snapshots.
 */
import { errnoText } from "#kernel/runtime/files/errno";
import { etcdMembers, isClusterStore, type Member } from "#kernel/runtime/images/etcd/members";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Asked } from "#kernel/runtime/images/keeper";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { Entropy } from "#kernel/sim/entropy";

const VERSION = "3.6.6";
/** Flags whose value may be the next word. */
const VALUED = ["--endpoints", "--cacert", "--cert", "--key", "--limit", "-w", "--write-out", "--command-timeout"];

/** What was asked: words, flags, and where. */
interface Line {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly isTable: boolean;
  readonly endpoints: readonly string[];
}

function lineOf(task: Task): Line {
  const args = task.argv.slice(1);
  const words = args.filter((arg, n) => !arg.startsWith("-") && !VALUED.includes(args[n - 1] ?? ""));
  const flags = new Set(args.filter((arg) => arg.startsWith("-")).map((arg) => arg.split("=")[0] ?? ""));
  const given = goFlag(task.argv, "endpoints") ?? task.env("ETCDCTL_ENDPOINTS") ?? "127.0.0.1:2379";
  const endpoints = flags.has("--cluster") ? etcdMembers(task).map(({ clientUrl }) => clientUrl) : given.split(",");
  const output = goFlag(task.argv, "write-out") ?? goFlag(task.argv, "w");
  return { words, flags, isTable: output === "table", endpoints };
}

function addressOf(endpoint: string): { readonly host: string; readonly port: number } {
  const [host = "127.0.0.1", port = "2379"] = endpoint.replace(/^https?:\/\//, "").split(":");
  return { host, port: Number(port) };
}

type Answer = { readonly found: Readonly<Record<string, string>> } | { readonly error: string };

/** Asks the first endpoint that answers. */
function ask(task: Task, { endpoints }: Line, asked: Asked): Answer {
  const trouble = tlsTrouble(task);
  if (trouble !== undefined) return { error: trouble };
  for (const endpoint of endpoints) {
    const body = JSON.stringify(asked);
    const answer = task.request(addressOf(endpoint), { method: "KEEP", path: "/", headers: {}, body });
    if (typeof answer === "string" || !answer.body.startsWith("{")) continue;
    const found = JSON.parse(answer.body) as Record<string, string>;
    return answer.status === 200 ? { found } : { error: found["error"] ?? "" };
  }
  return { error: "context deadline exceeded" };
}

/** etcd of the control plane speaks to those only who bring certificates; they are files of the node. */
function tlsTrouble(task: Task): string | undefined {
  if (!isClusterStore(task)) return undefined;
  const names = ["cacert", "cert", "key"] as const;
  const paths = names.map((name) => goFlag(task.argv, name) ?? task.env(`ETCDCTL_${name.toUpperCase()}`) ?? "");
  for (const path of paths) {
    const text = path === "" ? "" : task.readFile(path);
    if (typeof text === "number") return `open ${path}: ${errnoText(text).toLowerCase()}`;
  }
  return paths.includes("") ? "context deadline exceeded" : undefined;
}

function fail(task: Task, error: string): number {
  if (error === "context deadline exceeded") {
    const entry = {
      level: "warn",
      ts: new Date(task.now).toISOString(),
      logger: "etcd-client",
      caller: "v3@v3.6.6/retry_interceptor.go:65",
      msg: "retrying of unary invoker failed",
      error: "rpc error: code = DeadlineExceeded desc = latest balancer error: connection error",
    };
    task.complain(`${JSON.stringify(entry)}\n`);
  }
  task.complain(`Error: ${error}\n`);
  return 1;
}

type Verb = (task: Task, line: Line) => number;

const get: Verb = (task, line) => {
  const { words, flags } = line;
  const [, key = ""] = words;
  const isPrefix = flags.has("--prefix") || flags.has("--from-key");
  const answer = ask(task, line, { verb: "list", key: isPrefix && !flags.has("--from-key") ? key : "" });
  if ("error" in answer) return fail(task, answer.error);
  const chosen = Object.keys(answer.found)
    .filter((one) => (flags.has("--from-key") ? one >= key : isPrefix ? one.startsWith(key) : one === key))
    .sort()
    .slice(0, Number(goFlag(task.argv, "limit") ?? "0") || undefined);
  if (flags.has("--count-only")) {
    task.print(`\n${chosen.length}\n`);
    return 0;
  }
  for (const one of chosen) {
    if (!task.spend()) break;
    if (flags.has("--keys-only")) task.print(`${one}\n\n`);
    else task.print(`${flags.has("--print-value-only") ? "" : `${one}\n`}${answer.found[one]}\n`);
  }
  return 0;
};

const put: Verb = (task, line) => {
  const [, key = "", value = ""] = line.words;
  const answer = ask(task, line, { verb: "put", key, value });
  if ("error" in answer) return fail(task, answer.error);
  task.print("OK\n");
  return 0;
};

const del: Verb = (task, line) => {
  const [, key = ""] = line.words;
  const all = ask(task, line, { verb: "list", key: "" });
  if ("error" in all) return fail(task, all.error);
  const going = Object.keys(all.found).filter((one) =>
    line.flags.has("--prefix") ? one.startsWith(key) : one === key,
  );
  for (const one of going) {
    const answer = ask(task, line, { verb: "delete", key: one });
    if ("error" in answer) return fail(task, answer.error);
  }
  task.print(`${going.length}\n`);
  return 0;
};

const members: Verb = (task, line) => {
  if (line.words[1] !== "list") return fail(task, `unknown command "${line.words[1] ?? ""}" for "etcdctl member"`);
  const answer = ask(task, line, { verb: "list", key: "/registry/namespaces/" });
  if ("error" in answer) return fail(task, answer.error);
  const rows = etcdMembers(task).map(({ id, name, peerUrl, clientUrl }) => [
    id,
    "started",
    name,
    peerUrl,
    clientUrl,
    "false",
  ]);
  show(task, line, ["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"], rows);
  return 0;
};

/** The member behind an endpoint; this one, if it is called by a loopback address. */
const memberAt = (task: Task, endpoint: string): Member | undefined => {
  const { host } = addressOf(endpoint);
  const all = etcdMembers(task);
  const isOwn = host === "127.0.0.1" || host === "localhost";
  return (
    all.find(({ name, clientUrl }) => (isOwn ? name === task.record.node : clientUrl.includes(`//${host}:`))) ?? all[0]
  );
};

const endpoints: Verb = (task, line) => {
  if (line.words[1] === "health") return health(task, line);
  if (line.words[1] !== "status") return fail(task, `unknown command "${line.words[1] ?? ""}" for "etcdctl endpoint"`);
  const trouble = tlsTrouble(task);
  if (trouble !== undefined) return fail(task, trouble);
  const rows: string[][] = [];
  for (const endpoint of line.endpoints) {
    const member = memberAt(task, endpoint);
    if (member?.isAlive !== true || task.connect(addressOf(endpoint)) !== "open") continue;
    const revision = String(task.world.client?.registry.store.revision ?? 1);
    const [size, used] = ["4.2 MB", "2.6 MB"];
    const raft = [String(member.isLeader), "false", "2", revision, revision, "", "", "false"];
    rows.push([endpoint, member.id, VERSION, "3.6.0", size, used, "38%", "2.1 GB", ...raft]);
  }
  const titles =
    "ENDPOINT|ID|VERSION|STORAGE VERSION|DB SIZE|IN USE|PERCENTAGE NOT IN USE|QUOTA|IS LEADER|IS LEARNER|RAFT TERM|" +
    "RAFT INDEX|RAFT APPLIED INDEX|ERRORS|DOWNGRADE TARGET VERSION|DOWNGRADE ENABLED";
  show(task, line, titles.split("|"), rows);
  return rows.length === line.endpoints.length ? 0 : 1;
};

const health: Verb = (task, line) => {
  const rows = line.endpoints.map((endpoint) => {
    const answer = ask(task, { ...line, endpoints: [endpoint] }, { verb: "list", key: "health" });
    return "error" in answer ? [endpoint, "false", "", answer.error] : [endpoint, "true", "1.2ms", ""];
  });
  if (line.isTable) show(task, line, ["ENDPOINT", "HEALTH", "TOOK", "ERROR"], rows);
  else {
    for (const [endpoint, isHealthy, , error] of rows) {
      if (isHealthy === "true") {
        task.print(`${endpoint} is healthy: successfully committed proposal: took = 1.2ms\n`);
      } else task.complain(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
    }
  }
  if (rows.every(([, isHealthy]) => isHealthy === "true")) return 0;
  task.complain("Error: unhealthy cluster\n");
  return 1;
};

/** A snapshot says how much there was; it cannot be restored. */
const snapshot: Verb = (task, line) => {
  const [, verb, path = ""] = line.words;
  if (verb !== "save") return fail(task, `unknown command "${verb ?? ""}" for "etcdctl snapshot"`);
  if (path === "") return fail(task, "snapshot save expects one argument");
  if (line.endpoints.length > 1) return fail(task, "snapshot must be requested to one selected node, not multiple");
  const answer = ask(task, line, { verb: "list", key: "" });
  if ("error" in answer) return fail(task, answer.error);
  const bytes = Object.entries(answer.found).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const revision = task.world.client?.registry.store.revision ?? 1;
  const total = { revision, keys: Object.keys(answer.found).length, bytes };
  const hash = Entropy.seeded(JSON.stringify(total)).hex(8);
  const failure = task.files.write(task.path(path), `${JSON.stringify({ ...total, hash })}\n`, {
    uid: task.uid,
    mode: 0o600,
  });
  if (failure !== 0)
    return fail(task, `could not open ${path}.part (open ${path}.part: ${errnoText(failure).toLowerCase()})`);
  const log = (caller: string, msg: string, more: object = {}): void => {
    task.complain(`${JSON.stringify({ level: "info", ts: new Date(task.now).toISOString(), caller, msg, ...more })}\n`);
  };
  log("snapshot/v3_snapshot.go:83", "created temporary db file", { path: `${path}.part` });
  log("snapshot/v3_snapshot.go:96", "fetching snapshot", { endpoint: line.endpoints[0] });
  log("snapshot/v3_snapshot.go:111", "fetched snapshot", {
    endpoint: line.endpoints[0],
    size: sizeText(bytes),
    took: "now",
  });
  log("snapshot/v3_snapshot.go:121", "saved", { path });
  task.print(`Snapshot saved at ${path}\nServer version 3.6.0\n`);
  return 0;
};

const sizeText = (bytes: number): string =>
  bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${Math.round(bytes / 1_000)} kB`;

/** Rows as etcdctl prints them: separated by commas, or in a table. */
function show(
  task: Task,
  { isTable }: Pick<Line, "isTable">,
  titles: readonly string[],
  rows: readonly string[][],
): void {
  if (!isTable) {
    for (const row of rows) task.print(`${row.join(", ")}\n`);
    return;
  }
  const widths = titles.map((title, n) => Math.max(title.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
  const centred = titles.map((title, n) => {
    const room = (widths[n] ?? 0) - title.length;
    return " ".repeat(room >> 1) + title + " ".repeat(room - (room >> 1));
  });
  const cells = (row: readonly string[]): string =>
    `|${row.map((cell, n) => ` ${cell.padEnd(widths[n] ?? 0)} `).join("|")}|\n`;
  task.print(rule + cells(centred) + rule + rows.map(cells).join("") + rule);
}

const VERBS: Readonly<Record<string, Verb>> = {
  get,
  put,
  del,
  member: members,
  endpoint: endpoints,
  snapshot,
  version: (task) => {
    task.print(`etcdctl version: ${VERSION}\nAPI version: 3.6\n`);
    return 0;
  },
};

export const etcdctl: Program = {
  name: "etcdctl",
  step(task) {
    const line = lineOf(task);
    const [verb = ""] = line.words;
    const work = VERBS[verb];
    if (work !== undefined) return work(task, line);
    if (verb !== "") return fail(task, `unknown command "${verb}" for "etcdctl"`);
    task.print("NAME:\n\tetcdctl - A simple command line client for etcd3.\n\nUSAGE:\n\tetcdctl [flags]\n");
    return 0;
  },
};

export const etcdutl: Program = {
  name: "etcdutl",
  step(task) {
    const line = lineOf(task);
    const [what = "", verb = "", path = ""] = line.words;
    if (what === "version") {
      task.print(`etcdutl version: ${VERSION}\nAPI version: 3.6\n`);
      return 0;
    }
    if (what !== "snapshot" || (verb !== "status" && verb !== "restore")) {
      return fail(task, `unknown command "${what}" for "etcdutl"`);
    }
    const text = task.readFile(path);
    if (typeof text === "number") return fail(task, `stat ${path}: ${errnoText(text).toLowerCase()}`);
    const found = /^\{"revision"/.test(text) ? (JSON.parse(text) as Record<string, number | string>) : undefined;
    if (found === undefined) return fail(task, "invalid database");
    if (verb === "restore")
      return fail(task, "this simulator restores no etcd: take a snapshot of the cluster instead");
    const row = [
      String(found["hash"]),
      String(found["revision"]),
      String(found["keys"]),
      sizeText(Number(found["bytes"])),
      "3.6.0",
    ];
    show(task, line, ["HASH", "REVISION", "TOTAL KEYS", "TOTAL SIZE", "VERSION"], [row]);
    return 0;
  },
};
