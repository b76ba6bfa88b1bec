/**
 * Replication of MySQL: a replica copies the tables of its source whenever something is new there.
 *
 * Leaves out binary logs: what is copied is the state of the tables, not the events that led to it.
 */
import type { Storage, Table } from "#kernel/runtime/images/sql/storage";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

interface Copy {
  readonly position: string;
  readonly problem?: string;
  readonly databases?: Readonly<Record<string, Readonly<Record<string, Table>>>>;
}

interface Login {
  readonly user: string;
  readonly password: string;
  readonly seen: string;
}

/** What a replica gets that asks: all tables, or nothing if it has them already. */
export function copyOf(storage: Storage, request: HttpRequest): HttpResponse {
  const { user, password, seen } = JSON.parse(request.body) as Login;
  const { users, settings } = storage.catalog;
  const position = settings["position"] ?? "157";
  const respond = (copy: Copy): HttpResponse => ({ status: 200, headers: {}, body: JSON.stringify(copy) });
  if (users[user] !== password) return respond({ position, problem: `Access denied for user '${user}'` });
  if (seen === position) return respond({ position });
  return respond({ position, databases: tablesOf(storage) });
}

/** All tables of all databases. */
export function tablesOf(storage: Storage): Readonly<Record<string, Readonly<Record<string, Table>>>> {
  return Object.fromEntries(
    storage.databases().map((database) => [
      database,
      Object.fromEntries(
        storage.tables(database).flatMap((name) => {
          const table = storage.table(database, name);
          return table === undefined ? [] : [[name, table] as const];
        }),
      ),
    ]),
  );
}

/** Takes over what is new at the source, if this server follows one. */
export function follow(task: Task, storage: Storage): void {
  const { settings } = storage.catalog;
  if (settings["follows"] !== "yes") return;
  const target = { host: settings["primary"] ?? "", port: Number(settings["primaryPort"] ?? "3306") };
  const login: Login = {
    user: settings["primaryUser"] ?? "root",
    password: settings["primaryPassword"] ?? "",
    seen: settings["seen"] ?? "",
  };
  const answer = task.request(target, { method: "MYSQL-COPY", path: "/", headers: {}, body: JSON.stringify(login) });
  const copy: Copy =
    typeof answer === "string"
      ? {
          position: login.seen,
          problem: `error connecting to master '${login.user}@${target.host}:${target.port}' - retry-time: 10`,
        }
      : (JSON.parse(answer.body) as Copy);
  if (copy.databases !== undefined) takeOver(storage, copy.databases);
  const { catalog } = storage;
  const next = { ...catalog.settings, seen: copy.position, problem: copy.problem ?? "" };
  if (JSON.stringify(next) !== JSON.stringify(catalog.settings)) storage.catalog = { ...catalog, settings: next };
}

/** Makes the tables those of a copy. */
export function takeOver(storage: Storage, databases: Readonly<Record<string, Readonly<Record<string, Table>>>>): void {
  for (const database of storage.databases()) if (databases[database] === undefined) storage.dropDatabase(database);
  for (const [database, tables] of Object.entries(databases)) {
    if (!storage.hasDatabase(database)) storage.createDatabase(database);
    for (const name of storage.tables(database)) if (tables[name] === undefined) storage.drop(database, name);
    for (const [name, table] of Object.entries(tables)) storage.put(database, name, table);
  }
}
