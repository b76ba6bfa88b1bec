/**
 * The first start of MySQL: what it must be told, its users and database, and the scripts it is given.
 *
 * Models docker-entrypoint.sh of docker-library/mysql and docker-library/mariadb.
 */
import { note } from "#kernel/runtime/images/mysql/log";
import { secretOf } from "#kernel/runtime/images/postgres/server";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import type { Storage } from "#kernel/runtime/images/sql/storage";
import type { Asked } from "#kernel/runtime/images/sql/wire";
import type { Task } from "#kernel/runtime/process/task";

/** A variable of MySQL's image, or of MariaDB's. */
const given = (task: Task, name: string): string | undefined => {
  const own = task.env("MARIADB_VERSION") === undefined ? undefined : secretOf(task, `MARIADB_${name}`);
  const value = own ?? secretOf(task, `MYSQL_${name}`);
  return value === "" ? undefined : value;
};

/** Why it cannot set itself up; undefined if it can. */
export function setupProblem(task: Task): string | undefined {
  const isTold = ["ROOT_PASSWORD", "ALLOW_EMPTY_PASSWORD", "ALLOW_EMPTY_ROOT_PASSWORD", "RANDOM_ROOT_PASSWORD"].some(
    (name) => given(task, name) !== undefined,
  );
  if (given(task, "USER") === "root") {
    return 'MYSQL_USER="root", MYSQL_USER and MYSQL_PASSWORD are for configuring a regular user and cannot be used for the root user';
  }
  if (isTold) return undefined;
  if (task.env("MARIADB_VERSION") !== undefined) {
    return (
      "Database is uninitialized and password option is not specified\n\tYou need to specify one of MARIADB_ROOT_PASSWORD, " +
      "MARIADB_ROOT_PASSWORD_HASH, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD and MARIADB_RANDOM_ROOT_PASSWORD"
    );
  }
  return (
    "Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n" +
    "    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD"
  );
}

/** Fills the data directory: root, and the user and database that were asked for. False if it cannot be written. */
export function initialise(task: Task, storage: Storage): boolean {
  const isRandom = given(task, "RANDOM_ROOT_PASSWORD") !== undefined;
  const root = isRandom ? task.world.entropy.hex(32) : (given(task, "ROOT_PASSWORD") ?? "");
  const { root: data } = storage.layout;
  if (task.files.write(`${data}/ibdata1`, "") !== 0) return false;
  const [database, user, password] = [given(task, "DATABASE"), given(task, "USER"), given(task, "PASSWORD")];
  storage.catalog = { users: { root }, grants: {}, settings: { position: "157" } };
  if (isRandom) note(task, `GENERATED ROOT PASSWORD: ${root}`);
  if (database !== undefined) {
    note(task, `Creating database ${database}`);
    storage.createDatabase(database);
  }
  if (user !== undefined && password !== undefined) {
    note(task, `Creating user ${user}`);
    const grants = database === undefined ? [] : [`ALL PRIVILEGES ON \`${database}\`.*`];
    if (database !== undefined) note(task, `Giving user ${user} access to schema ${database}`);
    storage.catalog = { ...storage.catalog, users: { root, [user]: password }, grants: { [user]: grants } };
  }
  return true;
}

type Run = (
  storage: Storage,
  asked: Asked,
) => {
  readonly database?: string;
  readonly error?: { readonly number?: number; readonly state: string; readonly message: string };
};

/** Runs what /docker-entrypoint-initdb.d holds. */
export function runScripts(task: Task, storage: Storage, run: Run): boolean {
  const directory = "/docker-entrypoint-initdb.d";
  const names = task.files.list(directory);
  if (!Array.isArray(names)) return true;
  for (const name of names as string[]) {
    const path = `${directory}/${name}`;
    if (!/\.(sh|sql)$/.test(name)) {
      if (!name.startsWith("..")) note(task, `/usr/local/bin/docker-entrypoint.sh: ignoring ${path}`, "Warn");
      continue;
    }
    note(task, `/usr/local/bin/docker-entrypoint.sh: running ${path}`);
    if (name.endsWith(".sh")) {
      const { stdout, stderr, exitCode } = task.runToEnd(["sh", path]);
      task.print(stdout);
      task.complain(stderr);
      if (exitCode !== 0) return false;
      continue;
    }
    const text = task.readFile(path);
    let database = given(task, "DATABASE") ?? "";
    for (const { text: statement, to } of splitStatements(typeof text === "number" ? "" : text, "mysql")) {
      if (statement.trim() === "") continue;
      const { error, database: now } = run(storage, { user: "root", database, statement });
      database = now ?? database;
      if (error === undefined) continue;
      const line = String(text)
        .slice(0, to - statement.trimStart().length)
        .split("\n").length;
      task.complain(`ERROR ${error.number} (${error.state}) at line ${line}: ${error.message}\n`);
      return false;
    }
  }
  return true;
}
