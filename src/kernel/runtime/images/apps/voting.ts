/**
 * The voting app: a page to vote, a queue, a worker that counts into PostgreSQL, and a page with the result.
 *
 * Models github.com/dockersamples/example-voting-app.
 * Leaves out socket.io: the page of the result is made of what the database holds, and reloads itself.
 */
import { commandRequest, decodeReplies, type Reply as RedisReply } from "#kernel/runtime/images/redis/resp";
import {
  cookieOf,
  escaped,
  formOf,
  hostPort,
  imageOf,
  json,
  page,
  type Reply,
  server,
  text,
  type Visit,
} from "#kernel/runtime/images/server";
import { type Answered, askDatabase } from "#kernel/runtime/images/sql/wire";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** How often the worker looks for votes: soon after one, and less often the longer none came. */
const LOOK_MS = { soonest: 500, latest: 3_000 };
/** Votes the worker counts at once. */
const VOTES_MAX = 100;

function redis(task: Task, argv: readonly string[]): RedisReply | undefined {
  const target = hostPort(task.env("REDIS_HOST") ?? "redis", 6_379);
  const answer = task.request(target, commandRequest([argv]));
  return typeof answer === "string" ? undefined : decodeReplies(answer.body)[0];
}

/** Asks the database the app comes with; undefined if it does not let us in. */
function database(task: Task, statement: string): Answered | undefined {
  const target = hostPort(task.env("POSTGRES_HOST") ?? "db", 5_432);
  const login = { user: "postgres", password: "postgres", database: "postgres" };
  const answer = askDatabase(task, target, "POSTGRES", { ...login, statement, isLast: true });
  return typeof answer === "string" || answer.error?.severity === "FATAL" ? undefined : answer;
}

function optionsOf(task: Task): { readonly a: string; readonly b: string } {
  return { a: task.env("OPTION_A") ?? "Cats", b: task.env("OPTION_B") ?? "Dogs" };
}

const HEAD = '<!DOCTYPE html>\n<html>\n<head><meta charset="utf-8">';

function ballot(task: Task, vote: string | undefined): string {
  const { a, b } = optionsOf(task);
  const button = (value: string, label: string): string =>
    `<button name="vote" type="submit" value="${value}"${vote === value ? ' class="chosen"' : ""}>${escaped(label)}${vote === value ? " &#10003;" : ""}</button>\n`;
  return (
    `${HEAD}<title>${escaped(a)} vs ${escaped(b)}!</title></head>\n<body>\n<h3>${escaped(a)} vs ${escaped(b)}!</h3>\n` +
    `<form id="choice" name="form" method="POST">\n${button("a", a)}${button("b", b)}</form>\n` +
    `<div id="tip">(Tip: you can change your vote)</div>\n<div id="hostname">Processed by container ID ${escaped(task.record.hostname)}</div>\n</body>\n</html>\n`
  );
}

function answerVote(task: Task, visit: Visit): Reply {
  if (visit.route !== "/")
    return page(visit, "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n", 404);
  const voter = cookieOf(visit, "voter_id") ?? task.world.entropy.hex(15);
  let vote: string | undefined;
  if (visit.method === "POST") {
    vote = formOf(visit)["vote"];
    if (vote !== "a" && vote !== "b")
      return page(visit, "<!doctype html>\n<title>400 Bad Request</title>\n<h1>Bad Request</h1>\n", 400);
    const reply = redis(task, ["RPUSH", "votes", JSON.stringify({ voter_id: voter, vote })]);
    task.print(`Received vote for ${vote}\n`);
    if (reply === undefined || reply.k === "error") {
      task.complain("redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.\n");
      return page(
        visit,
        "<!doctype html>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n",
        500,
      );
    }
  }
  const shown = page(visit, ballot(task, vote));
  return { ...shown, headers: { ...shown.headers, "set-cookie": `voter_id=${voter}; Path=/` } };
}

const vote: Program<object> = server<object>({
  name: "voting-vote",
  begin(task) {
    const stamp = new Date(task.now).toISOString().slice(0, 19).replace("T", " ");
    task.complain(`[${stamp} +0000] [1] [INFO] Starting gunicorn 23.0.0\n`);
    task.complain(`[${stamp} +0000] [1] [INFO] Listening at: http://0.0.0.0:80 (1)\n`);
    task.complain(`[${stamp} +0000] [7] [INFO] Booting worker with pid: 7\n`);
    return { state: {}, ports: [80] };
  },
  answer: answerVote,
});

interface Tally {
  readonly a: number;
  readonly b: number;
}

/** The votes as the database has them; undefined if it is away. */
function tally(task: Task): Tally | undefined {
  const answer = database(task, "SELECT vote, COUNT(id) AS count FROM votes GROUP BY vote");
  if (answer === undefined) return undefined;
  const count = (vote: string): number => Number(answer.rows?.find((row) => row[0] === vote)?.[1] ?? 0);
  return { a: count("a"), b: count("b") };
}

function resultPage(task: Task, votes: Tally): string {
  const { a, b } = optionsOf(task);
  const total = votes.a + votes.b;
  const percent = (count: number): string => `${total === 0 ? "50.0" : ((100 * count) / total).toFixed(1)}%`;
  return (
    `${HEAD}<title>${escaped(a)} vs ${escaped(b)} -- Result</title><meta http-equiv="refresh" content="5"></head>\n<body>\n` +
    `<div class="choice ${a}"><div class="label">${escaped(a)}</div><div class="stat">${percent(votes.a)}</div></div>\n` +
    `<div class="choice ${b}"><div class="label">${escaped(b)}</div><div class="stat">${percent(votes.b)}</div></div>\n` +
    `<div id="result">${total === 0 ? "No votes yet" : `${total} vote${total === 1 ? "" : "s"}`}</div>\n</body>\n</html>\n`
  );
}

interface Waiting {
  readonly isConnected: boolean;
  readonly next: Instant;
}

const result: Program<Waiting> = server<Waiting>({
  name: "voting-result",
  begin(task) {
    const port = Number(task.env("PORT") ?? "80");
    task.print(`App running on port ${port}\n`);
    return { state: { isConnected: false, next: task.now }, ports: [port] };
  },
  tick(task) {
    const { state } = task;
    if (state === undefined || state.isConnected) return {};
    if (state.next > task.now) return { until: state.next };
    const isConnected = database(task, "SELECT 1") !== undefined;
    if (isConnected) task.print("Connected to db\n");
    else task.complain("Waiting for db\n");
    task.state = { isConnected, next: task.now + 1_000 };
    return isConnected ? {} : { until: task.state.next };
  },
  answer(task, visit) {
    if (visit.route !== "/" && visit.route !== "/scores")
      return text(visit, `Cannot ${visit.method} ${visit.route}\n`, 404);
    const votes = tally(task) ?? { a: 0, b: 0 };
    return visit.route === "/scores" ? json(visit, votes) : page(visit, resultPage(task, votes));
  },
});

interface Worker {
  readonly phase: "db" | "redis" | "work";
  readonly next: Instant;
  readonly pauseMs: number;
}

const literal = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Counts a vote; false if the database is away. */
function count(task: Task, text: string): boolean {
  let vote: { readonly voter_id?: unknown; readonly vote?: unknown };
  try {
    vote = JSON.parse(text) as typeof vote;
  } catch {
    return true;
  }
  const [voter, chosen] = [String(vote.voter_id), String(vote.vote)];
  task.print(`Processing vote for '${chosen}' by '${voter}'\n`);
  const inserted = database(task, `INSERT INTO votes (id, vote) VALUES (${literal(voter)}, ${literal(chosen)})`);
  if (inserted === undefined) return false;
  if (inserted.error === undefined) return true;
  return database(task, `UPDATE votes SET vote = ${literal(chosen)} WHERE id = ${literal(voter)}`) !== undefined;
}

const CREATE = "CREATE TABLE IF NOT EXISTS votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)";

/** One look of the worker: its phase afterwards, and whether there was something to do. */
function work(task: Task, phase: Worker["phase"]): { readonly phase: Worker["phase"]; readonly isBusy: boolean } {
  if (phase === "db") {
    const isUp = database(task, CREATE) !== undefined;
    task.complain(isUp ? "Connected to db\n" : "Waiting for db\n");
    return { phase: isUp ? "redis" : "db", isBusy: true };
  }
  if (phase === "redis") {
    const isUp = redis(task, ["PING"]) !== undefined;
    if (isUp) task.print(`Found redis at ${task.resolve(task.env("REDIS_HOST") ?? "redis")[0] ?? ""}\n`);
    task.complain(isUp ? "Connecting to redis\n" : "Waiting for redis\n");
    return { phase: isUp ? "work" : "redis", isBusy: true };
  }
  for (let n = 0; n < VOTES_MAX; n += 1) {
    const reply = redis(task, ["LPOP", "votes"]);
    if (reply === undefined) {
      task.print("Reconnecting Redis\n");
      return { phase: "redis", isBusy: true };
    }
    if (reply.k !== "bulk") return { phase, isBusy: n > 0 };
    if (count(task, reply.text)) continue;
    redis(task, ["LPUSH", "votes", reply.text]);
    task.print("Reconnecting DB\n");
    return { phase: "db", isBusy: true };
  }
  return { phase, isBusy: true };
}

const worker: Program<Worker> = {
  name: "voting-worker",
  step(task) {
    const state: Worker = task.state ?? { phase: "db", next: task.now, pauseMs: LOOK_MS.soonest };
    if (state.next > task.now) return { until: state.next };
    const { phase, isBusy } = work(task, state.phase);
    const pauseMs = phase !== "work" ? 1_000 : isBusy ? LOOK_MS.soonest : Math.min(LOOK_MS.latest, state.pauseMs * 1.5);
    // On the way to its first vote it does not wait in between.
    const isNext = state.phase !== phase && phase !== "db";
    task.state = { phase, pauseMs, next: isNext ? task.now : task.now + Math.round(pauseMs) };
    return { until: task.state.next };
  },
};

export const votingPrograms = [vote, result, worker] as readonly Program[];

const TAGS = /^(latest|before|after|v\d.*|\d[\w.-]*)$/;

const repositoriesOf = (name: string): string[] => [
  `docker.io/dockersamples/examplevotingapp_${name}`,
  `docker.io/kodekloud/examplevotingapp_${name}`,
];

export const votingImages = [
  imageOf({
    repositories: repositoriesOf("vote"),
    megabytes: 62,
    tags: TAGS,
    flavor: "gnu",
    config: { cmd: ["gunicorn", "app:app", "-b", "0.0.0.0:80"], workingDir: "/usr/local/app", ports: [80] },
    programs: { "/usr/local/bin/gunicorn": vote },
    tools: ["+curl"],
  }),
  imageOf({
    repositories: repositoriesOf("result"),
    megabytes: 78,
    tags: TAGS,
    flavor: "gnu",
    config: { cmd: ["node", "server.js"], workingDir: "/usr/local/app", env: { PORT: "80" }, ports: [80] },
    programs: { "/usr/local/bin/node": result },
    tools: ["+curl"],
  }),
  imageOf({
    repositories: repositoriesOf("worker"),
    megabytes: 83,
    tags: TAGS,
    flavor: "gnu",
    config: { entrypoint: ["dotnet", "Worker.dll"], workingDir: "/app" },
    programs: { "/usr/bin/dotnet": worker },
  }),
];
