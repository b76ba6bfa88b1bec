/**
 * mongosh and mongo: calls on db, rs and their like, from the command line, the input or a prompt.
 *
 * Models mongodb-js/mongosh.
 * Leaves out JavaScript: a line is one call, or a command such as `show dbs`.
 */
import { argumentsOf, type Data, type Doc, inspected, LiteralFault } from "#kernel/runtime/images/mongo/literal";
import type { MongoAnswer, MongoRequest } from "#kernel/runtime/images/mongo/server";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

interface State {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
  readonly database: string;
  readonly isQuiet: boolean;
  readonly todo: readonly string[];
  readonly isScripted: boolean;
}

const VALUED = /^(--host|--port|-u|--username|-p|--password|--authenticationDatabase|--eval|--tls\w+|--file|-f)$/;
const ADDRESS = /^(?:mongodb(?:\+srv)?:\/\/)?(?:([^:@/]+):([^@/]*)@)?([^:/?]+)?(?::(\d+))?(?:[^/]*)?(?:\/([^?]*))?/;

function start(task: Task): State {
  const args = task.argv.slice(1);
  const values: Record<string, string> = {};
  const plain: string[] = [];
  const evals: string[] = [];
  for (let n = 0; n < args.length; n += 1) {
    const [name = "", given] = (args[n] ?? "").split(/=(.*)/s);
    if (VALUED.test(name)) {
      const value = given ?? args[++n] ?? "";
      values[name] = value;
      if (name === "--eval") evals.push(value);
    } else if (!name.startsWith("-")) plain.push(args[n] ?? "");
  }
  const address = plain.find((arg) => !/\.js$/.test(arg)) ?? "";
  const isUri = /:\/\/|:\d|\//.test(address);
  const [, uriUser, uriPassword, uriHost, uriPort, uriDatabase] = isUri ? (ADDRESS.exec(address) ?? []) : [];
  const [host = "127.0.0.1", hostPort] =
    (values["--host"] ?? uriHost ?? "127.0.0.1").replace(/^.*\//, "").split(",")[0]?.split(":") ?? [];
  const user = values["-u"] ?? values["--username"] ?? uriUser;
  const password = values["-p"] ?? values["--password"] ?? uriPassword;
  return {
    host,
    port: Number(values["--port"] ?? hostPort ?? uriPort ?? "27017"),
    database: (isUri ? uriDatabase : address) || "test",
    isQuiet: args.includes("--quiet"),
    todo: evals.flatMap((one) => one.split(/[;\n]/)),
    isScripted: evals.length > 0,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}

function send(
  task: Task,
  state: State,
  rest: Omit<MongoRequest, "database" | "user" | "password"> & { database?: string },
): MongoAnswer {
  const { host, port, user, password, database } = state;
  const request: MongoRequest = {
    database,
    ...rest,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
  const answer = task.request(
    { host, port },
    { method: "MONGO", path: "/", headers: {}, body: JSON.stringify(request) },
  );
  if (typeof answer !== "string" && answer.body.startsWith("{")) return JSON.parse(answer.body) as MongoAnswer;
  const why = answer === "nxdomain" ? `getaddrinfo ENOTFOUND ${host}` : `connect ECONNREFUSED ${host}:${port}`;
  return { name: "MongoNetworkError", error: why };
}

/** The parts of `db.items.find({...}).limit(3)`: names, and calls with their arguments as text. */
function callsOf(line: string): { readonly name: string; readonly args?: string }[] | undefined {
  const calls: { name: string; args?: string }[] = [];
  let at = 0;
  while (at < line.length) {
    const word = /^\s*\.?\s*([A-Za-z_$][\w$]*|\["?([^"\]]+)"?\])/.exec(line.slice(at));
    if (word === null) return undefined;
    at += word[0].length;
    const name = word[2] ?? word[1] ?? "";
    if (line[at] !== "(") {
      calls.push({ name });
      continue;
    }
    const end = closing(line, at);
    if (end < 0) return undefined;
    calls.push({ name, args: line.slice(at + 1, end) });
    at = end + 1;
  }
  return calls;
}

/** Where the parenthesis that opens here is closed, quotes passed over. */
function closing(line: string, from: number): number {
  let depth = 0;
  for (let at = from; at < line.length; at += 1) {
    const char = line[at] ?? "";
    if (char === '"' || char === "'") {
      const quote = /^(["'])(?:[^\\]|\\.)*?\1/.exec(line.slice(at));
      if (quote === null) return -1;
      at += quote[0].length - 1;
    } else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

const COMMANDS: Readonly<Record<string, string>> = { getCollectionNames: "listCollections", stats: "serverStatus" };

/** Turns a call into a request; undefined if nobody understands it. */
function requestOf(line: string): Omit<MongoRequest, "database"> | undefined {
  const printed = /^(?:print|printjson|JSON\.stringify|EJSON\.stringify)\(([\s\S]*)\)$/.exec(line)?.[1];
  const calls = callsOf(printed ?? line);
  const [root, first, second, ...rest] = calls ?? [];
  if (first === undefined || (root?.name !== "db" && root?.name !== "rs")) return undefined;
  if (root.name === "rs") return { command: first.name, args: argumentsOf(first.args ?? "") };
  if (first.name === "adminCommand" || first.name === "runCommand") {
    const [given] = argumentsOf(first.args ?? "");
    const name = typeof given === "string" ? given : Object.keys((given ?? {}) as Doc)[0];
    return { command: name === "replSetGetStatus" ? "status" : (name ?? "ping"), args: [] };
  }
  const isOnCollection = first.args === undefined || first.name === "getCollection";
  if (!isOnCollection) return { command: COMMANDS[first.name] ?? first.name, args: argumentsOf(first.args ?? "") };
  if (second?.args === undefined) return undefined;
  const collection = first.args === undefined ? first.name : String(argumentsOf(first.args)[0]);
  let request: Omit<MongoRequest, "database"> = { collection, command: second.name, args: argumentsOf(second.args) };
  for (const { name, args = "" } of rest) {
    const [value = null] = argumentsOf(args);
    if (name === "limit" || name === "skip") request = { ...request, [name]: Number(value) };
    else if (name === "sort") request = { ...request, sort: value as Doc };
    else if (name === "count") request = { ...request, command: "countDocuments" };
    else if (name !== "toArray" && name !== "pretty" && name !== "ok" && name !== "members") return undefined;
  }
  return request;
}

const shown = (value: Data): string => (typeof value === "string" ? value : inspected(value));

/** Runs a line: what it shows, and whether it failed. */
function run(task: Task<State>, state: State, line: string): { readonly text: string; readonly hasFailed: boolean } {
  const fine = (text: string) => ({ text, hasFailed: false });
  const told = (answer: MongoAnswer, show: (value: Data) => string) =>
    "error" in answer ? { text: `${answer.name}: ${answer.error}`, hasFailed: true } : fine(show(answer.value));
  const [word = "", name = ""] = line.split(/\s+/);
  if (word === "use" && name !== "") {
    task.state = { ...state, database: name };
    return fine(`switched to db ${name}`);
  }
  if (word === "show") {
    const isDatabases = /^(dbs|databases)$/.test(name);
    const names = (value: Data): string =>
      (value as readonly string[]).map((one) => (isDatabases ? `${one.padEnd(8)} 40.00 KiB` : one)).join("\n");
    return told(send(task, state, { command: isDatabases ? "listDatabases" : "listCollections", args: [] }), names);
  }
  if (line === "db") return fine(state.database);
  try {
    const request = requestOf(line);
    if (request === undefined)
      return {
        text: `ReferenceError: Drydock's mongosh understands calls on db and rs, not: ${line}`,
        hasFailed: true,
      };
    return told(send(task, state, request), shown);
  } catch (error) {
    if (error instanceof LiteralFault)
      return { text: `SyntaxError: Unexpected token near: ${error.rest}`, hasFailed: true };
    throw error;
  }
}

export const mongosh: Program<State> = {
  name: "mongosh",
  step(task): Step {
    if (task.state === undefined) {
      task.state = start(task);
      const hello = send(task, task.state, { command: "hello", args: [] });
      if ("error" in hello) {
        task.complain(`${hello.name}: ${hello.error}\n`);
        return 1;
      }
      if (!task.state.isScripted && !task.state.isQuiet && task.isTerminal(0)) {
        task.print(
          `Current Mongosh Log ID:\t${task.world.entropy.hex(24)}\nConnecting to:\t\tmongodb://${task.state.host}:${task.state.port}/\nUsing MongoDB:\t\t8.2.1\nUsing Mongosh:\t\t2.5.8\n\n`,
        );
      }
      prompt(task);
    }
    for (;;) {
      const state: State = task.state;
      const [line, ...todo] = state.todo;
      if (line === undefined) {
        if (state.isScripted) return 0;
        const typed = task.readLine(0);
        if (typed === undefined) return { line: 0 };
        if (typed === "" || /^(exit|quit(\(\))?|\.exit)$/.test(typed.trim())) return 0;
        task.state = { ...state, todo: [typed.trim()] };
        continue;
      }
      task.state = { ...state, todo };
      if (line.trim() !== "") {
        const { text, hasFailed } = run(task, task.state, line.trim().replace(/;$/, ""));
        if (hasFailed) task.complain(`${text}\n`);
        else task.print(`${text}\n`);
        if (hasFailed && state.isScripted) return 1;
      }
      prompt(task);
      if (!task.spend(10)) return undefined;
    }
  },
};

function prompt(task: Task<State>): void {
  if (task.state !== undefined && !task.state.isScripted && task.isTerminal(0)) task.print(`${task.state.database}> `);
}
