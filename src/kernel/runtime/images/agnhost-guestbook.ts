/**
 * agnhost guestbook: a store whose replicas register with their primary, and a front that asks one of the two.
 *
 * Models test/images/agnhost/guestbook.
 */
import { goDate } from "#kernel/runtime/images/go";
import { goFlag } from "#kernel/runtime/images/http-echo";
import { fetchFrom, json, type Reply, text, type Visit } from "#kernel/runtime/images/server";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

export interface GuestbookState {
  readonly kind: "guestbook";
  readonly store: Readonly<Record<string, string>>;
  readonly replicas: readonly string[];
  /** Of a replica: when it gives up, and when it tries next; absent once it is registered. */
  readonly joining?: { readonly until: Instant; readonly next: Instant };
}

const KEYS_MAX = 1_000;
const REPLICAS_MAX = 100;

const say = (task: Task, message: string): void => {
  task.complain(`${goDate(task.now)} ${message}\n`);
};

const backendPort = (task: Task): string => goFlag(task.argv, "backend-port") ?? "6379";

/** One step: listens, and as a replica registers until its primary answers. */
export function guestbook(task: Task<GuestbookState>): Step {
  const primary = goFlag(task.argv, "replicaof") ?? "";
  if (task.state === undefined) {
    const joining = primary === "" ? {} : { joining: { until: task.now + 15_000, next: task.now } };
    task.state = { kind: "guestbook", store: {}, replicas: [], ...joining };
    if (!task.listen(Number(goFlag(task.argv, "http-port") ?? "80"))) return 1;
  }
  const { joining } = task.state;
  if (joining === undefined) return {};
  if (joining.next > task.now) return { until: joining.next };
  if (joining.next >= joining.until) {
    say(task, "Timed out while registering to primary.");
    return 1;
  }
  const address = `${primary}:${backendPort(task)}`;
  say(task, `Registering to primary: ${address}/register?host=${task.record.podIP}`);
  const answer = fetchFrom(task, `http://${address}/register?host=${task.record.podIP}`);
  if (answer?.status !== 200) {
    say(
      task,
      `encountered error while registering to primary: Get "http://${address}/register": no answer. Retrying in 1s.`,
    );
    task.state = { ...task.state, joining: { ...joining, next: task.now + 1_000 } };
    return { until: task.now + 1_000 };
  }
  const { joining: _, ...rest } = task.state;
  task.state = { ...rest, store: (JSON.parse(answer.body) as { data: Record<string, string> }).data };
  say(task, `Registered to node: ${primary}`);
  return {};
}

function register(task: Task<GuestbookState>, visit: Visit): Reply {
  const state = task.state as GuestbookState;
  const ip = visit.query["host"] ?? "";
  say(task, `GET /register?host=${ip}`);
  const replicas = [...state.replicas.filter((one) => one !== ip), ip].slice(-REPLICAS_MAX);
  task.state = { ...state, replicas };
  say(task, `Node '${ip}' registered.`);
  return json(visit, { data: state.store });
}

function set(task: Task<GuestbookState>, visit: Visit): Reply {
  const state = task.state as GuestbookState;
  const { key = "", value = "" } = visit.query;
  say(task, `GET /set?key=${key}&value=${value}`);
  if (key === "") return text(visit, "cannot set with empty key.\n", 400);
  if (state.store[key] === undefined && Object.keys(state.store).length >= KEYS_MAX) return text(visit, "full\n", 417);
  task.state = { ...state, store: { ...state.store, [key]: value } };
  for (const replica of state.replicas) {
    const path = `set?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`;
    const answer = fetchFrom(task, `http://${replica}:${backendPort(task)}/${path}`);
    if (answer !== undefined) continue;
    const why = `encountered error while propagating to replica '${replica}': connection refused`;
    return text(visit, `${why}\n`, 417);
  }
  return json(visit, { message: "Updated" });
}

function front(task: Task, visit: Visit): Reply {
  const { key = "", value = "" } = visit.query;
  const cmd = (visit.query["cmd"] ?? "").toLowerCase();
  say(task, `GET /guestbook?cmd=${cmd}&key=${key}&value=${value}`);
  if (cmd !== "get" && cmd !== "set") return text(visit, `unsupported cmd: '${cmd}'\n`, 400);
  if (cmd === "set" && key === "") return text(visit, "cannot set with empty key.\n", 400);
  const host = cmd === "get" ? "agnhost-replica" : "agnhost-primary";
  const path = `${cmd}?key=${encodeURIComponent(key)}&value=${encodeURIComponent(value)}`;
  const answer = fetchFrom(task, `http://${host}:${backendPort(task)}/${path}`);
  if (answer === undefined) return text(visit, "encountered error: no answer\n", 417);
  return text(visit, answer.body);
}

/** Answers a request. */
export function answerGuestbook(task: Task<GuestbookState>, visit: Visit): Reply {
  const { store } = task.state as GuestbookState;
  switch (visit.route) {
    case "/register":
      return register(task, visit);
    case "/set":
      return set(task, visit);
    case "/guestbook":
      return front(task, visit);
    case "/get": {
      const { key = "" } = visit.query;
      say(task, `GET /get?key=${key}`);
      return json(visit, { data: key === "" ? store : (store[key] ?? "") });
    }
    default:
      return text(visit, "404 page not found\n", 404);
  }
}
