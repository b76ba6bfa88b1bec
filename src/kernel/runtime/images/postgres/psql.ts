/**
 * psql: commands from the command line, a file, the input or a prompt.
 *
 * Models src/bin/psql.
 */

import { connectionError, type Link, linkOf, linkProblem } from "#kernel/runtime/images/postgres/link";
import { aligned, expanded, unaligned } from "#kernel/runtime/images/postgres/output";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import { type Answered, askDatabase } from "#kernel/runtime/images/sql/wire";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

interface State {
  readonly link: Link;
  /** Statements that are still to be run, with where each began. */
  readonly todo: readonly { readonly text: string; readonly line?: number }[];
  /** Input that is no whole statement yet. */
  readonly pending: string;
  readonly session?: number;
  readonly database: string;
  readonly isExpanded: boolean;
  readonly transaction?: "open" | "failed";
  /** An answer that takes time, and until when. */
  readonly waiting?: { readonly until: Instant; readonly answer: Answered };
  readonly isInteractive: boolean;
  readonly status: number;
}

const VERSION = "18.1";

function start(task: Task<State>): State | number {
  const link = linkOf(task);
  if (typeof link === "number") return link;
  if (link.flags.has("V")) {
    task.print(`psql (PostgreSQL) ${VERSION} (Debian ${VERSION}-1.pgdg13+1)\n`);
    return 0;
  }
  const hello = askDatabase(task, link, "POSTGRES", asked(link, link.database));
  const problem = linkProblem(task, link, hello);
  if (problem !== undefined) {
    task.complain(`psql: error: ${connectionError(task, link)}${problem}\n`);
    return 2;
  }
  const session = typeof hello === "object" ? hello.session : undefined;
  const file = link.values["f"];
  const text = file === undefined || file === "-" ? undefined : task.readFile(file);
  if (typeof text === "number") {
    task.complain(`psql: error: ${file}: No such file or directory\n`);
    return 1;
  }
  const commands = [...(link.flags.has("l") ? ["\\l"] : []), ...link.commands];
  const fromFile = text === undefined ? [] : scriptOf(text);
  const todo = [...commands.flatMap((one) => scriptOf(one).map(({ text: sql }) => ({ text: sql }))), ...fromFile];
  const isInteractive = todo.length === 0 && task.isTerminal(0);
  if (isInteractive) task.print(`psql (${VERSION} (Debian ${VERSION}-1.pgdg13+1))\nType "help" for help.\n\n`);
  const state: State = {
    link,
    todo,
    pending: "",
    database: link.database,
    isExpanded: link.flags.has("x"),
    isInteractive,
    status: 0,
    ...(session === undefined ? {} : { session }),
  };
  if (isInteractive) prompt(task, state);
  return state;
}

const asked = ({ user, password }: Link, database: string) => ({
  user,
  database,
  ...(password === undefined ? {} : { password }),
});

/** Statements and commands of a text, with their lines. */
function scriptOf(text: string): { text: string; line: number }[] {
  const found: { text: string; line: number }[] = [];
  let from = 0;
  for (const { text: part, to } of splitStatements(text, "postgres")) {
    let sql = part;
    for (let meta = /^\s*(\\[^\n]*)(?:\n|$)/.exec(sql); meta !== null; meta = /^\s*(\\[^\n]*)(?:\n|$)/.exec(sql)) {
      found.push({ text: meta[1] ?? "", line: text.slice(0, from).split("\n").length });
      sql = sql.slice(meta[0].length);
    }
    if (sql.replace(/--[^\n]*/g, "").trim() !== "") {
      const begins = to - sql.trimStart().length - 1;
      found.push({ text: sql.trim(), line: text.slice(0, Math.max(0, begins)).split("\n").length });
    }
    from = to;
  }
  return found;
}

function prompt(task: Task<State>, { database, pending, transaction, link }: State): void {
  const sign = pending.trim() === "" ? "=" : "-";
  const mark = transaction === "open" ? "*" : transaction === "failed" ? "!" : "";
  task.print(`${database}${sign}${mark}${link.user === "postgres" ? "#" : ">"} `);
}

export const psql: Program<State> = {
  name: "psql",

  step(task) {
    if (task.state === undefined) {
      const begun = start(task);
      if (typeof begun === "number") return begun;
      task.state = begun;
    }
    for (;;) {
      const state: State = task.state;
      if (state.waiting !== undefined) {
        if (state.waiting.until > task.now) return { until: state.waiting.until };
        const ended = finish(task, state, state.waiting.answer);
        if (ended !== undefined) return ended;
        continue;
      }
      const [next, ...todo] = state.todo;
      if (next !== undefined) {
        const ended = run(task, { ...state, todo }, next);
        if (ended !== undefined) return ended;
        if (!task.spend(5)) return undefined;
        continue;
      }
      const ended = read(task, state);
      if (ended !== undefined) return ended;
    }
  },

  signal(task, signal) {
    if (signal !== "SIGINT" || task.state?.isInteractive !== true) return false;
    task.state = { ...task.state, pending: "" };
    task.print("\n");
    prompt(task, task.state);
    return true;
  },
};

/** Takes a line of the input; an exit status at its end. */
function read(task: Task<State>, state: State): Step {
  const isScripted =
    state.link.commands.length > 0 || state.link.flags.has("l") || (state.link.values["f"] ?? "-") !== "-";
  if (isScripted) return leave(task, state, state.status);
  const line = task.readLine(0);
  if (line === undefined) return { line: 0 };
  if (line === "") {
    if (state.isInteractive) task.print("\\q\n");
    const rest = scriptOf(state.pending);
    if (rest.length === 0) return leave(task, state, state.status);
    task.state = { ...state, pending: "", todo: rest };
    return undefined;
  }
  const word = line.trim().replace(/;$/, "");
  if (state.pending === "" && /^(quit|exit|\\q)$/.test(word)) return leave(task, state, state.status);
  if (state.pending === "" && word === "help")
    task.print("You are using psql, the command-line interface to PostgreSQL.\nType:  \\q to quit\n");
  const text = state.pending + line;
  const isMeta = state.pending.trim() === "" && /^\s*\\/.test(line);
  const parts = isMeta ? [] : splitStatements(text, "postgres");
  const whole = parts.filter(({ end }) => end === ";");
  const rest = isMeta || word === "help" ? "" : text.slice(whole.at(-1)?.to ?? 0).replace(/^\s*\n/, "");
  const todo = isMeta
    ? [{ text: line.trim() }]
    : whole.map(({ text: sql }) => ({ text: sql.trim() })).filter(({ text: sql }) => sql !== "");
  task.state = { ...state, pending: rest, todo };
  if (todo.length === 0 && state.isInteractive) prompt(task, task.state);
  return undefined;
}

function leave(task: Task<State>, { link, session, database }: State, status: number): number {
  if (session !== undefined) askDatabase(task, link, "POSTGRES", { ...asked(link, database), session, isLast: true });
  return status;
}

/** Runs one statement or command; an exit status if that was the end. */
function run(task: Task<State>, state: State, { text, line }: { readonly text: string; readonly line?: number }): Step {
  task.state = state;
  const [word = "", name] = text.trim().replace(/;$/, "").split(/\s+/);
  if (word === "\\q") return leave(task, state, state.status);
  if (word === "\\x") {
    task.state = { ...state, isExpanded: !state.isExpanded };
    task.print(`Expanded display is ${state.isExpanded ? "off" : "on"}.\n`);
    return after(task);
  }
  if (word === "\\echo") {
    task.print(`${text.slice(text.indexOf(" ") + 1)}\n`);
    return after(task);
  }
  if ((word === "\\c" || word === "\\connect") && name !== undefined)
    return reconnect(task, state, name.replaceAll('"', ""));
  if (/^\\(timing|set|pset|encoding|r|a|t|i|o)$/.test(word)) return after(task);
  const answer = askDatabase(task, state.link, "POSTGRES", {
    ...asked(state.link, state.database),
    statement: text,
    ...(state.session === undefined ? {} : { session: state.session }),
  });
  if (typeof answer === "string") {
    task.complain(
      "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n",
    );
    return 2;
  }
  if (answer.delayMs !== undefined) {
    task.state = { ...state, waiting: { until: task.now + answer.delayMs, answer } };
    return undefined;
  }
  return finish(task, state, answer, { text, ...(line === undefined ? {} : { line }) });
}

function reconnect(task: Task<State>, state: State, database: string): Step {
  const hello = askDatabase(task, state.link, "POSTGRES", asked(state.link, database));
  const problem = linkProblem(task, state.link, hello);
  if (problem !== undefined || typeof hello === "string") {
    task.complain(`${connectionError(task, state.link)}${problem}\nPrevious connection kept\n`);
    return state.isInteractive ? after(task) : 2;
  }
  task.print(`You are now connected to database "${database}" as user "${state.link.user}".\n`);
  const { session: _, ...rest } = state;
  task.state = { ...rest, database, ...(hello.session === undefined ? {} : { session: hello.session }) };
  return after(task);
}

function after(task: Task<State>): undefined {
  const { state } = task;
  if (state?.isInteractive === true && state.todo.length === 0) prompt(task, state);
  return undefined;
}

function finish(task: Task<State>, state: State, answer: Answered, ran: { text?: string; line?: number } = {}): Step {
  const { waiting: _, transaction: __, ...rest } = state;
  const next: State = {
    ...rest,
    ...(answer.session === undefined ? {} : { session: answer.session }),
    ...(answer.transaction === undefined ? {} : { transaction: answer.transaction }),
  };
  task.state = next;
  if (answer.error !== undefined) return failed(task, next, answer, ran);
  show(task, next, answer, ran.text ?? "");
  return after(task);
}

function failed(
  task: Task<State>,
  state: State,
  { error }: Answered,
  { text = "", line }: { text?: string; line?: number },
): Step {
  const file = state.link.values["f"];
  const place = file === undefined || line === undefined ? "" : `psql:${file}:${line}: `;
  task.complain(`${place}ERROR:  ${error?.message}\n`);
  if (error?.at !== undefined) task.complain(pointer(text, error.at));
  if (error?.detail !== undefined) task.complain(`DETAIL:  ${error.detail}\n`);
  if (error?.hint !== undefined) task.complain(`HINT:  ${error.hint}\n`);
  const stops = state.link.values["v"]?.startsWith("ON_ERROR_STOP") === true;
  const isCommand = state.link.commands.length > 0;
  if (isCommand) return leave(task, state, 1);
  if (stops && !state.isInteractive) return leave(task, state, 3);
  return after(task);
}

/** `LINE 1: select * fro t;` and a caret below the place. */
function pointer(text: string, at: number): string {
  const before = text.slice(0, at).split("\n");
  const label = `LINE ${before.length}: `;
  const line = text.split("\n")[before.length - 1] ?? "";
  return `${label}${line}\n${" ".repeat(label.length + (before.at(-1)?.length ?? 0))}^\n`;
}

function show(task: Task<State>, { link, isExpanded }: State, answer: Answered, text: string): void {
  const isMeta = text.trim().startsWith("\\");
  const { columns, rows = [], tag = "", notices = [] } = answer;
  if (!isMeta)
    for (const notice of notices) task.complain(/^[A-Z]+: /.test(notice) ? `${notice}\n` : `NOTICE:  ${notice}\n`);
  const isQuiet = link.flags.has("q");
  if (columns === undefined) {
    if (isMeta)
      (answer.affected === -1 ? (line: string) => task.complain(line) : (line: string) => task.print(line))(`${tag}\n`);
    else if (!isQuiet) task.print(`${tag}\n`);
    return;
  }
  const isBare = link.flags.has("t");
  if (link.flags.has("A")) task.print(unaligned(columns, rows, { isBare, separator: link.values["F"] ?? "|" }));
  else if (isExpanded && !isMeta) task.print(expanded(columns, rows));
  else {
    const foot = isMeta && notices.length > 0 ? notices : undefined;
    const isDescription = isMeta && /^(Table|View) "/.test(tag);
    task.print(
      aligned(columns, rows, {
        isBare,
        ...(isMeta ? { title: tag } : {}),
        ...(isDescription ? { foot: foot ?? [] } : {}),
      }),
    );
  }
  if (!isMeta && !isQuiet && !tag.startsWith("SELECT") && !tag.startsWith("SHOW")) task.print(`${tag}\n`);
}
