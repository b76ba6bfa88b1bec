/**
 * postgres: the server, its entrypoint with first-time setup, and its log.
 *
 * Models the docker-entrypoint.sh of docker-library/postgres and src/backend/postmaster.
 */
import { type Backend, type BackendState, takeMessages } from "#kernel/runtime/images/postgres/backend";
import { PostgresEngine } from "#kernel/runtime/images/postgres/engine";
import { postgresProblem } from "#kernel/runtime/images/postgres/messages";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import { type Connections, converse, NO_CONNECTIONS, type Speaker } from "#kernel/runtime/images/sql/sessions";
import { type Layout, Storage } from "#kernel/runtime/images/sql/storage";
import { type Asked, answered, askedBy } from "#kernel/runtime/images/sql/wire";
import { answeredBytes } from "#kernel/runtime/images/wire/packets";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** How long it takes from its start until it is ready: with an empty directory, and with one that is filled. */
const SETUP_MS = 3_000;
const START_MS = 500;

export interface PostgresState {
  readonly data: string;
  readonly port: number;
  /** What is still to come before it is ready. */
  readonly phase: "setup" | "start" | "ready";
  readonly until: Instant;
  readonly connections: Connections;
}

const layoutOf = (data: string): Layout => ({
  root: data,
  directory: (database) => `${data}/base/${database}`,
  extension: "",
  catalog: `${data}/global/pg_authid`,
});

const versionOf = (task: Task): string => task.env("PG_VERSION") ?? "18.1";

function say(task: Task, text: string, level = "LOG"): void {
  const date = new Date(task.now).toISOString();
  task.complain(`${date.slice(0, 10)} ${date.slice(11, 23)} UTC [${task.pid}] ${level}:  ${text}\n`);
}

/** A variable, or the content of the file that its `_FILE` names. */
export function secretOf(task: Task, name: string): string | undefined {
  const file = task.env(`${name}_FILE`);
  if (file === undefined || file === "") return task.env(name);
  const text = task.readFile(file);
  return typeof text === "number" ? undefined : text.replace(/\n$/, "");
}

const NO_PASSWORD =
  "Error: Database is uninitialized and superuser password is not specified.\n" +
  "       You must specify POSTGRES_PASSWORD to a non-empty value for the\n" +
  '       superuser. For example, "-e POSTGRES_PASSWORD=password" on "docker run".\n\n' +
  '       You may also use "POSTGRES_HOST_AUTH_METHOD=trust" to allow all\n' +
  "       connections without a password. This is *not* recommended.\n\n" +
  '       See PostgreSQL documentation about "trust":\n' +
  "       https://www.postgresql.org/docs/current/auth-trust.html\n";

function makeDirectories(task: Task, path: string): boolean {
  let at = "";
  for (const part of path.split("/").slice(1)) {
    at = `${at}/${part}`;
    if (!task.files.exists(at) && task.files.makeDirectory(at, 0, 0o755) !== 0) return false;
  }
  return true;
}

/** The first step: the directory is there and filled, or must be set up. */
function begin(task: Task): PostgresState | number {
  const data = task.env("PGDATA") ?? "/var/lib/postgresql/data";
  const port = Number(/(?:^| )-p ?(\d+)/.exec(task.argv.slice(1).join(" "))?.[1] ?? task.env("PGPORT") ?? "5432");
  if (!makeDirectories(task, data)) {
    task.complain(`mkdir: cannot create directory '${data}': Permission denied\n`);
    return 1;
  }
  if (task.files.exists(`${data}/PG_VERSION`)) return startUp(task, data, port);
  const isTrusting = task.env("POSTGRES_HOST_AUTH_METHOD") === "trust";
  if ((secretOf(task, "POSTGRES_PASSWORD") ?? "") === "" && !isTrusting) {
    task.complain(NO_PASSWORD);
    return 1;
  }
  const names = task.files.list(data);
  if (Array.isArray(names) && names.length > 0) return refuseFilled(task, data, names.includes("lost+found"));
  initdb(task, data);
  return { data, port, phase: "setup", until: task.now + SETUP_MS, connections: NO_CONNECTIONS };
}

function refuseFilled(task: Task, data: string, isMountPoint: boolean): number {
  const hint = isMountPoint
    ? `initdb: detail: It contains a lost+found directory, perhaps due to it being a mount point.\ninitdb: hint: Using a mount point directly as the data directory is not recommended.\nCreate a subdirectory under the mount point.\n`
    : `initdb: hint: If you want to create a new database system, either remove or empty the directory "${data}" or run initdb with an argument other than "${data}".\n`;
  task.complain(`initdb: error: directory "${data}" exists but is not empty\n${hint}`);
  return 1;
}

function initdb(task: Task, data: string): void {
  const major = versionOf(task).split(".")[0] ?? "18";
  task.print('The files belonging to this database system will be owned by user "postgres".\n');
  task.print("This user must also own the server process.\n\n");
  task.print('The database cluster will be initialized with locale "en_US.utf8".\n');
  task.print(
    'The default database encoding has accordingly been set to "UTF8".\n\nData page checksums are disabled.\n\n',
  );
  task.print(`fixing permissions on existing directory ${data} ... ok\ncreating subdirectories ... ok\n`);
  task.print(
    "running bootstrap script ... ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n\n",
  );
  task.print(`\nSuccess. You can now start the database server using:\n\n    pg_ctl -D ${data} -l logfile start\n\n`);
  for (const name of ["base", "global", "pg_wal"]) makeDirectories(task, `${data}/${name}`);
  task.files.write(`${data}/PG_VERSION`, `${major}\n`, { mode: 0o600 });
  task.files.write(`${data}/postgresql.conf`, "listen_addresses = '*'\nmax_connections = 100\n", {
    uid: 999,
    mode: 0o600,
  });
  const storage = new Storage(task, layoutOf(data));
  const user = secretOf(task, "POSTGRES_USER") ?? "postgres";
  const password = secretOf(task, "POSTGRES_PASSWORD") ?? null;
  const trust = task.env("POSTGRES_HOST_AUTH_METHOD") === "trust" ? "trust" : "scram-sha-256";
  // Bitnami's image has the superuser beside the user it is told.
  const root = task.env("POSTGRES_POSTGRES_PASSWORD");
  const users = { ...(root === undefined ? {} : { postgres: root }), [user]: password };
  storage.catalog = { users, grants: {}, settings: { superuser: user, auth: trust } };
  for (const name of ["postgres", "template1", secretOf(task, "POSTGRES_DB") ?? user]) {
    if (!storage.hasDatabase(name)) storage.createDatabase(name);
  }
}

/** Runs what /docker-entrypoint-initdb.d holds. */
function runScripts(task: Task<PostgresState>, data: string): boolean {
  const directory = "/docker-entrypoint-initdb.d";
  const names = task.files.list(directory);
  if (!Array.isArray(names) || names.length === 0) {
    task.print(`\n/usr/local/bin/docker-entrypoint.sh: ignoring ${directory}/*\n\n`);
    return true;
  }
  const user = secretOf(task, "POSTGRES_USER") ?? "postgres";
  const database = secretOf(task, "POSTGRES_DB") ?? user;
  for (const name of names as string[]) {
    const path = `${directory}/${name}`;
    if (name.endsWith(".sh")) {
      task.print(`/usr/local/bin/docker-entrypoint.sh: running ${path}\n`);
      const { stdout, stderr, exitCode } = task.runToEnd(["sh", path]);
      task.print(stdout);
      task.complain(stderr);
      if (exitCode !== 0) return false;
    } else if (name.endsWith(".sql")) {
      task.print(`/usr/local/bin/docker-entrypoint.sh: running ${path}\n`);
      const text = task.readFile(path);
      if (!runScript(task, data, { user, database, text: typeof text === "number" ? "" : text, path })) return false;
      task.print("\n\n");
    } else if (!name.startsWith("..")) task.print(`/usr/local/bin/docker-entrypoint.sh: ignoring ${path}\n`);
  }
  return true;
}

interface Script {
  readonly user: string;
  readonly database: string;
  readonly text: string;
  readonly path: string;
}

function runScript(task: Task<PostgresState>, data: string, { user, database, text, path }: Script): boolean {
  let connections = NO_CONNECTIONS;
  let session: number | undefined;
  let [db, from] = [database, 0];
  for (const statement of splitStatements(text, "postgres")) {
    const line = text.slice(0, statement.to - statement.text.trimStart().length).split("\n").length;
    const connect = /^\s*\\c(?:onnect)?\s+"?(\w+)/m.exec(statement.text)?.[1];
    if (connect !== undefined) [db, session] = [connect, undefined];
    const sql = statement.text.replace(/^\s*\\.*$/gm, "");
    from = statement.to;
    if (sql.trim() === "") continue;
    const asked: Asked = { user, database: db, statement: sql, ...(session === undefined ? {} : { session }) };
    const turn = converse(task, new Storage(task, layoutOf(data)), speaker(task, data, { trusts: true }), {
      asked,
      connections,
    });
    connections = turn.connections;
    const { answer } = turn;
    session = answer.session;
    if (answer.error !== undefined) {
      task.complain(`psql:${path}:${line}: ERROR:  ${answer.error.message}\n`);
      return false;
    }
    task.print(`${answer.tag}\n`);
  }
  return from >= 0;
}

function startUp(task: Task, data: string, port: number): PostgresState {
  if (task.state === undefined)
    task.print("\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n");
  const major = versionOf(task);
  say(
    task,
    `starting PostgreSQL ${major} (Debian ${major}-1.pgdg13+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit`,
  );
  say(task, `listening on IPv4 address "0.0.0.0", port ${port}`);
  say(task, `listening on IPv6 address "::", port ${port}`);
  say(task, `listening on Unix socket "/var/run/postgresql/.s.PGSQL.${port}"`);
  say(task, `database system was shut down at ${new Date(task.now).toISOString().slice(0, 19).replace("T", " ")} UTC`);
  return { data, port, phase: "start", until: task.now + START_MS, connections: NO_CONNECTIONS };
}

function speaker(task: Task, data: string, { trusts = false } = {}): Speaker {
  const version = versionOf(task);
  const facts = {
    dialect: "postgres" as const,
    version: `PostgreSQL ${version} (Debian ${version}-1.pgdg13+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 14.2.0-19) 14.2.0, 64-bit`,
    isReadOnly: false,
    settings: {
      server_version: version,
      max_connections: "100",
      timezone: "Etc/UTC",
      search_path: '"$user", public',
      server_encoding: "UTF8",
      client_encoding: "UTF8",
      data_directory: data,
      shared_buffers: "128MB",
      transaction_isolation: "read committed",
    },
  };
  const storage = new Storage(task, layoutOf(data));
  return {
    facts,
    worded: postgresProblem,
    engine: (own, kept, session) => new PostgresEngine(own, kept, facts, session),
    refusal({ user, password, database }) {
      const { users, settings } = storage.catalog;
      const isOpen = trusts || settings["auth"] === "trust";
      const right = users[user];
      if (!isOpen && (right === undefined || right === null || right !== password)) {
        say(task, `password authentication failed for user "${user}"`, "FATAL");
        return { state: "28P01", severity: "FATAL", message: `password authentication failed for user "${user}"` };
      }
      if (right === undefined) return { state: "28000", severity: "FATAL", message: `role "${user}" does not exist` };
      if (storage.hasDatabase(database)) return undefined;
      say(task, `database "${database}" does not exist`, "FATAL");
      return { state: "3D000", severity: "FATAL", message: `database "${database}" does not exist` };
    },
    log(problem, statement) {
      say(task, `${problem.message}${problem.at === undefined ? "" : ` at character ${problem.at + 1}`}`, "ERROR");
      say(task, statement.trim(), "STATEMENT");
    },
  };
}

export const postgres: Program<PostgresState> = {
  name: "postgres",
  use: { memoryBytes: 45 * 2 ** 20, cpuMillis: 2, requestCpuMs: 1 },

  step(task) {
    if (task.state === undefined) {
      const begun = begin(task);
      if (typeof begun === "number") return begun;
      task.state = begun;
    }
    const { state } = task;
    if (state.phase === "ready") return {};
    if (state.until > task.now) return { until: state.until };
    if (state.phase === "setup") {
      if (!runScripts(task, state.data)) return 3;
      task.print("\nPostgreSQL init process complete; ready for start up.\n\n");
      task.state = startUp(task, state.data, state.port);
      return { until: task.state.until };
    }
    if (!task.listen(state.port)) {
      say(task, `could not bind IPv4 address "0.0.0.0": Address already in use`);
      say(task, "could not create any TCP/IP sockets", "FATAL");
      return 1;
    }
    say(task, "database system is ready to accept connections");
    task.state = { ...state, phase: "ready" };
    return {};
  },

  http(task, _port, request) {
    const asked = askedBy(request, "POSTGRES");
    const { state } = task;
    if (asked === undefined || state === undefined) {
      say(task, "invalid length of startup packet");
      return "reset";
    }
    // Whoever comes by the loopback is trusted, as pg_hba.conf of the image says.
    const isLocal = (request.remoteAddress ?? "127.0.0.1").startsWith("127.");
    const storage = new Storage(task, layoutOf(state.data));
    const own = speaker(task, state.data, { trusts: isLocal });
    const { answer, delayMs, connections } = converse(task, storage, own, { asked, connections: state.connections });
    task.state = { ...state, connections };
    return answered(answer, delayMs);
  },

  /** Clients from outside speak the protocol itself. */
  tcp(task, input) {
    const { state } = task;
    if (state === undefined) return { isOver: true };
    const isLocal = input.remoteAddress === "" || input.remoteAddress.startsWith("127.");
    const storage = new Storage(task, layoutOf(state.data));
    const { users, settings } = storage.catalog;
    const isTrusting = settings["auth"] === "trust" || (isLocal && task.env("BITNAMI_APP_NAME") === undefined);
    const own = speaker(task, state.data, { trusts: true });
    let { connections } = state;
    const backend: Backend = {
      version: String(own.facts.settings["server_version"]),
      entropy: task.world.entropy,
      passwordOf: isTrusting ? undefined : (user) => users[user],
      run(asked) {
        const turn = converse(task, storage, own, { asked, connections });
        connections = turn.connections;
        return turn.answer;
      },
    };
    const output = answeredBytes(input, (bytes) =>
      takeMessages(backend, bytes, input.state as BackendState | undefined),
    );
    task.state = { ...state, connections };
    return output;
  },

  signal(task, signal) {
    if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
    say(
      task,
      `received ${signal === "SIGTERM" ? "smart" : signal === "SIGINT" ? "fast" : "immediate"} shutdown request`,
    );
    say(task, "shutting down");
    say(task, "database system is shut down");
    task.exit(0);
    return true;
  },
};
