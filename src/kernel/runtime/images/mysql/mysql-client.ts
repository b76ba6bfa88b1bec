/**
 * mysql: statements from the command line, the input or a prompt, shown as tables or by tabs.
 *
 * Models client/mysql.cc.
 */
import { ask, type Client, clientOf, failureOf, warn } from "#kernel/runtime/images/mysql/client";
import { boxed, tabbed, vertical } from "#kernel/runtime/images/mysql/output";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import type { Answered } from "#kernel/runtime/images/sql/wire";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

interface Todo {
  readonly text: string;
  readonly isVertical: boolean;
  readonly line: number;
}

interface State {
  readonly client: Client;
  readonly todo: readonly Todo[];
  readonly pending: string;
  /** Lines read before what is pending. */
  readonly lines: number;
  readonly session?: number;
  readonly database: string;
  readonly phase: "password" | "run";
  readonly isInteractive: boolean;
  readonly status: number;
  readonly waiting?: { readonly until: Instant; readonly answer: Answered; readonly todo: Todo };
}

const isMaria = (task: Task): boolean => task.env("MARIADB_VERSION") !== undefined;
const VERSION = "8.4.7";

function start(task: Task<State>): State | number {
  const client = clientOf(task, ["client", "mysql"]);
  if (client.unknown !== undefined) {
    task.complain(`mysql: [ERROR] unknown option '${client.unknown}'.\n`);
    return 7;
  }
  if (client.flags.has("V") || client.flags.has("version")) {
    task.print(`mysql  Ver ${VERSION} for Linux on x86_64 (MySQL Community Server - GPL)\n`);
    return 0;
  }
  warn(task, "mysql");
  const state: State = {
    client,
    todo: client.statements.flatMap((text) => todoOf(text, 1)),
    pending: "",
    lines: 0,
    database: client.values["database"] ?? client.operands[0] ?? "",
    phase: "run",
    isInteractive: client.statements.length === 0 && task.isTerminal(0),
    status: 0,
  };
  if (!client.isPrompting) return connect(task, state);
  task.print("Enter password: ");
  return { ...state, phase: "password" };
}

function connect(task: Task<State>, state: State): State | number {
  const { client, database } = state;
  const hello = ask(task, client, { database });
  const failure = failureOf(client, hello) ?? (typeof hello === "object" ? hello.error : undefined);
  if (failure !== undefined) {
    task.complain(`ERROR ${failure.number} (${failure.state}): ${failure.message}\n`);
    return 1;
  }
  const told = hello as Answered;
  if (state.isInteractive) {
    const [name, sort] = isMaria(task) ? ["MariaDB", "MariaDB"] : ["MySQL", "MySQL"];
    task.print(
      `Welcome to the ${name} monitor.  Commands end with ; or \\g.\nYour ${sort} connection id is ${told.session}\n` +
        `Server version: ${told.version}${isMaria(task) ? "" : " MySQL Community Server - GPL"}\n\n` +
        "Type 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.\n\n",
    );
  }
  const open: State = { ...state, phase: "run", ...(told.session === undefined ? {} : { session: told.session }) };
  prompt(task, open);
  return open;
}

function prompt(task: Task, { isInteractive, pending, database }: State): void {
  if (!isInteractive) return;
  const base = isMaria(task) ? `MariaDB [${database === "" ? "(none)" : database}]> ` : "mysql> ";
  task.print(pending.trim() === "" ? base : "    -> ");
}

function todoOf(text: string, line: number): Todo[] {
  return splitStatements(text, "mysql").flatMap(({ text: sql, end, to }) => {
    if (sql.replace(/--\s[^\n]*|#[^\n]*|\/\*(?!!)[\s\S]*?\*\//g, "").trim() === "") return [];
    const from = Math.max(0, to - end.length - sql.trimStart().length);
    return [{ text: sql.trim(), isVertical: end === "\\G", line: line + text.slice(0, from).split("\n").length - 1 }];
  });
}

export const mysql: Program<State> = {
  name: "mysql",

  step(task) {
    if (task.state === undefined) {
      const begun = start(task);
      if (typeof begun === "number") return begun;
      task.state = begun;
    }
    for (;;) {
      const state: State = task.state;
      if (state.phase === "password") {
        const line = task.readLine(0);
        if (line === undefined) return { line: 0 };
        if (task.isTerminal(0)) task.print("\n");
        const next = connect(task, { ...state, client: { ...state.client, password: line.replace(/\n$/, "") } });
        if (typeof next === "number") return next;
        task.state = next;
        continue;
      }
      if (state.waiting !== undefined) {
        const { until, answer, todo } = state.waiting;
        if (until > task.now) return { until };
        const { waiting: _, ...rest } = state;
        const ended = finish(task, rest, todo, answer);
        if (ended !== undefined) return ended;
        continue;
      }
      const [next, ...todo] = state.todo;
      const ended = next === undefined ? read(task, state) : run(task, { ...state, todo }, next);
      if (ended !== undefined) return ended;
      if (!task.spend(5)) return undefined;
    }
  },

  signal(task, signal) {
    if (signal !== "SIGINT" || task.state?.isInteractive !== true) return false;
    task.print("^C\n");
    task.state = { ...task.state, pending: "" };
    prompt(task, task.state);
    return true;
  },
};

function read(task: Task<State>, state: State): Step {
  if (state.client.statements.length > 0) return leave(task, state, state.status);
  const line = task.readLine(0);
  if (line === undefined) return { line: 0 };
  const heights = state.pending.split("\n").length - (state.pending.endsWith("\n") ? 1 : 0);
  const rest = todoOf(state.pending, state.lines - heights + 1);
  if (line === "") {
    if (rest.length > 0) {
      task.state = { ...state, pending: "", todo: rest };
      return undefined;
    }
    if (state.isInteractive) task.print("Bye\n");
    return leave(task, state, state.status);
  }
  const word = line.trim().replace(/;$/, "").toLowerCase();
  if (state.pending.trim() === "" && /^(exit|quit|\\q)$/.test(word)) {
    if (state.isInteractive) task.print("Bye\n");
    return leave(task, state, state.status);
  }
  if (state.pending.trim() === "" && /^(use|source|\\u)\s/i.test(line) && !line.includes(";")) {
    task.state = {
      ...state,
      todo: [{ text: line.trim().replace(/^\\u/, "use"), isVertical: false, line: state.lines + 1 }],
      lines: state.lines + 1,
    };
    return undefined;
  }
  if (word === "\\c" || word.endsWith("\\c")) {
    task.state = { ...state, pending: "", lines: state.lines + 1 };
    prompt(task, task.state);
    return undefined;
  }
  const text = state.pending + line;
  const parts = splitStatements(text, "mysql").filter(({ end }) => end !== "");
  const used = parts.at(-1)?.to ?? 0;
  const begins = state.lines + 1 - (state.pending.split("\n").length - 1);
  const remainder = text.slice(used).replace(/^[ \t]*\n/, "");
  task.state = {
    ...state,
    pending: remainder.trim() === "" ? "" : remainder,
    lines: state.lines + 1,
    todo: todoOf(text.slice(0, used), begins),
  };
  if (task.state.todo.length === 0) prompt(task, task.state);
  return undefined;
}

function leave(task: Task<State>, { client, session, database }: State, status: number): number {
  if (session !== undefined) ask(task, client, { database, session, isLast: true });
  return status;
}

function run(task: Task<State>, state: State, todo: Todo): Step {
  task.state = state;
  const source = /^(?:source|\\\.)\s+(\S+)/i.exec(todo.text)?.[1];
  if (source !== undefined) {
    const text = task.readFile(source);
    if (typeof text === "number") task.complain(`ERROR: Failed to open file '${source}', error: ${text}\n`);
    else task.state = { ...state, todo: [...todoOf(text, 1), ...state.todo] };
    prompt(task, task.state);
    return undefined;
  }
  const { client, session, database } = state;
  const answer = ask(task, client, { database, statement: todo.text, ...(session === undefined ? {} : { session }) });
  const failure = failureOf(client, answer);
  if (failure !== undefined || typeof answer === "string") {
    task.complain("ERROR 2013 (HY000): Lost connection to MySQL server during query\n");
    return 1;
  }
  if (answer.delayMs === undefined) return finish(task, state, todo, answer);
  task.state = { ...state, waiting: { until: task.now + answer.delayMs, answer, todo } };
  return undefined;
}

function finish(task: Task<State>, state: State, todo: Todo, answer: Answered): Step {
  const next: State = {
    ...state,
    ...(answer.session === undefined ? {} : { session: answer.session }),
    ...(answer.database === undefined ? {} : { database: answer.database }),
  };
  task.state = next;
  const { error } = answer;
  if (error !== undefined) {
    const place = state.isInteractive ? "" : ` at line ${todo.line}`;
    task.complain(`ERROR ${error.number} (${error.state})${place}: ${error.message}\n`);
    if (!state.isInteractive && !state.client.flags.has("f") && !state.client.flags.has("force"))
      return leave(task, next, 1);
    task.state = { ...next, status: 1 };
  } else show(task, next, todo, answer);
  prompt(task, task.state);
  return undefined;
}

function show(task: Task, { client, isInteractive }: State, { text, isVertical }: Todo, answer: Answered): void {
  const { flags } = client;
  const has = (...names: readonly string[]): boolean => names.some((name) => flags.has(name));
  const isTable = has("t", "table") || (task.isTerminal(1) && !has("B", "batch", "s", "silent"));
  const { columns, rows = [] } = answer;
  const seconds = "(0.00 sec)";
  if (columns === undefined) {
    if (!isInteractive) return;
    if (/^use\b/i.test(text)) task.print("Database changed\n");
    else task.print(`Query OK, ${answer.affected ?? 0} row${answer.affected === 1 ? "" : "s"} affected ${seconds}\n`);
    if (answer.matched !== undefined)
      task.print(`Rows matched: ${answer.matched}  Changed: ${answer.affected}  Warnings: 0\n`);
    if (!/^use\b/i.test(text)) task.print("\n");
    return;
  }
  const isBare = has("N", "skip-column-names");
  if (isVertical || has("E", "vertical")) task.print(vertical(columns, rows));
  else if (isTable) task.print(rows.length === 0 ? "" : boxed(columns, rows, isBare));
  else task.print(tabbed(columns, rows, isBare));
  if (!isInteractive) return;
  task.print(
    rows.length === 0
      ? `Empty set ${seconds}\n\n`
      : `${rows.length} row${rows.length === 1 ? "" : "s"} in set ${seconds}\n\n`,
  );
}
