/**
 * The smaller clients of PostgreSQL: pg_isready, createdb, dropdb, createuser and pg_dump.
 *
 * Models src/bin/scripts and src/bin/pg_dump.
 * Leaves out COPY in a dump: its rows are INSERT statements, as with --inserts.
 */
import { connectionError, type Link, linkOf, linkProblem } from "#kernel/runtime/images/postgres/link";
import { type Answered, askDatabase } from "#kernel/runtime/images/sql/wire";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

export const pgIsReady: Program = {
  name: "pg_isready",
  step(task) {
    const link = linkOf(task);
    if (typeof link === "number") return 3;
    // Whoever answers at all, if only that it does not know us, accepts connections.
    const { user, database } = link;
    const isUp = typeof askDatabase(task, link, "POSTGRES", { user, database, isLast: true }) !== "string";
    const place = link.isLocal ? `/var/run/postgresql:${link.port}` : `${link.host}:${link.port}`;
    if (!link.flags.has("q")) task.print(`${place} - ${isUp ? "accepting connections" : "no response"}\n`);
    return isUp ? 0 : 2;
  },
};

/** Runs a statement in one connection and gives its answer, or prints why not. */
function ask(task: Task, name: string, link: Link, statement: string): Answered | undefined {
  const { user, password, database } = link;
  const answer = askDatabase(task, link, "POSTGRES", {
    user,
    database,
    statement,
    isLast: true,
    ...(password === undefined ? {} : { password }),
  });
  const isRefused = typeof answer === "string" || answer.error?.severity === "FATAL";
  if (isRefused) {
    task.complain(`${name}: error: ${connectionError(task, link)}${linkProblem(task, link, answer)}\n`);
    return undefined;
  }
  return answer as Answered;
}

/** A tool that turns its operand into one statement. */
function oneStatement(name: string, what: string, statement: (operand: string) => string): Program {
  return {
    name,
    step(task) {
      const link = linkOf(task);
      if (typeof link === "number") return link;
      const operand = link.operands[0] ?? link.user;
      const answer = ask(task, name, { ...link, database: "postgres" }, statement(operand));
      if (answer === undefined) return 1;
      if (answer.error === undefined) return 0;
      task.complain(`${name}: error: ${what} failed: ERROR:  ${answer.error.message}\n`);
      return 1;
    },
  };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const createdb = oneStatement("createdb", "database creation", (name) => `CREATE DATABASE ${quoted(name)}`);
export const dropdb = oneStatement("dropdb", "database removal", (name) => `DROP DATABASE ${quoted(name)}`);
export const createuser = oneStatement("createuser", "creation of new role", (name) => `CREATE ROLE ${quoted(name)}`);

function dumpTable(task: Task, link: Link, table: string): string | undefined {
  const shape = ask(task, "pg_dump", link, `\\d ${table}`);
  const rows = ask(task, "pg_dump", link, `SELECT * FROM ${quoted(table)}`);
  if (shape?.rows === undefined || rows?.rows === undefined) return undefined;
  const columns = shape.rows.map(([name, type, , nullable, given]) => {
    const isSerial = given?.startsWith("nextval") === true;
    const rest = [nullable === "not null" ? "NOT NULL" : "", given === "" || isSerial ? "" : `DEFAULT ${given}`].filter(
      (one) => one !== "",
    );
    return `    ${quoted(name ?? "")} ${isSerial ? "serial" : type}${rest.map((one) => ` ${one}`).join("")}`;
  });
  const keys = (shape.notices ?? []).flatMap((line) => {
    const [, kind = "", names = ""] = /^ {4}"[^"]*" (PRIMARY KEY|UNIQUE CONSTRAINT), btree \((.*)\)$/.exec(line) ?? [];
    return kind === "" ? [] : [`    ${kind.replace(" CONSTRAINT", "")} (${names})`];
  });
  const kinds = rows.columns ?? [];
  const literal = (value: string | null, n: number): string =>
    value === null
      ? "NULL"
      : /^(int|bigint|smallint|decimal|float)$/.test(kinds[n]?.kind.name ?? "")
        ? value
        : `'${value.replaceAll("'", "''")}'`;
  const inserts = rows.rows.map(
    (row) => `INSERT INTO public.${quoted(table)} VALUES (${row.map(literal).join(", ")});\n`,
  );
  return `CREATE TABLE public.${quoted(table)} (\n${[...columns, ...keys].join(",\n")}\n);\n\n\n${inserts.join("")}\n\n`;
}

export const pgDump: Program = {
  name: "pg_dump",
  step(task) {
    const link = linkOf(task);
    if (typeof link === "number") return link;
    const listed = ask(task, "pg_dump", link, "\\dt");
    if (listed === undefined) return 1;
    const tables = (listed.rows ?? []).map((row) => row[1] ?? "");
    const parts = tables.map((table) => dumpTable(task, link, table) ?? "");
    const text = `--\n-- PostgreSQL database dump\n--\n\n${parts.join("")}--\n-- PostgreSQL database dump complete\n--\n\n`;
    const file = link.values["f"];
    if (file === undefined) task.print(text);
    else if (task.files.write(task.path(file), text, { uid: task.uid }) !== 0) return 1;
    return 0;
  },
};
