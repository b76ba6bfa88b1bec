/**
 * mysqld: the server and its entrypoint with first-time setup.
 *
 * Models docker-entrypoint.sh of docker-library/mysql and docker-library/mariadb.
 * Leaves out the stream of a replica: it takes what is new from its source whenever it is asked itself.
 */
import { type ConnectionState, type Server, takePackets } from "#kernel/runtime/images/mysql/connection";
import { MysqlEngine } from "#kernel/runtime/images/mysql/engine";
import { note, say } from "#kernel/runtime/images/mysql/log";
import { mysqlProblem } from "#kernel/runtime/images/mysql/messages";
import { serverOptions } from "#kernel/runtime/images/mysql/options";
import { copyOf, follow } from "#kernel/runtime/images/mysql/replication";
import { initialise, runScripts, setupProblem } from "#kernel/runtime/images/mysql/setup";
import type { Value } from "#kernel/runtime/images/sql/ast";
import { type Connections, converse, NO_CONNECTIONS, type Speaker } from "#kernel/runtime/images/sql/sessions";
import { type Layout, Storage } from "#kernel/runtime/images/sql/storage";
import { answered, askedBy } from "#kernel/runtime/images/sql/wire";
import { answeredBytes } from "#kernel/runtime/images/wire/packets";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

/** How long it takes until it is ready: with an empty directory, and with one that is filled. */
const SETUP_MS = 6_000;
const START_MS = 1_500;

export interface MysqlState {
  readonly phase: "setup" | "start" | "ready";
  readonly until: Instant;
  readonly data: string;
  readonly options: Readonly<Record<string, string>>;
  readonly connections: Connections;
}

/** Whether the image is one of MariaDB. */
export const isMaria = (task: Task): boolean => task.env("MARIADB_VERSION") !== undefined;

/** The release of the server. */
export const versionOf = (task: Task): string => {
  const maria = task.env("MARIADB_VERSION");
  return maria === undefined
    ? (task.env("MYSQL_VERSION") ?? "8.4.7").replace(/-.*$/, "")
    : maria.replace(/^1:|\+.*$/g, "");
};

/** Where the server keeps its files. */
export const layoutOf = (data: string): Layout => ({
  root: data,
  directory: (database) => `${data}/${database}`,
  extension: ".ibd",
  catalog: `${data}/mysql.ibd`,
});

/** What the server is to its engine. */
export function speakerOf(
  task: Task,
  { data, options }: Pick<MysqlState, "data" | "options">,
  trusts = false,
): Speaker {
  const version = isMaria(task) ? `${versionOf(task)}-MariaDB-ubu2404` : versionOf(task);
  const isOn = (name: string): boolean => options[name] !== undefined && !/^(0|off|false)$/i.test(options[name]);
  const settings: Readonly<Record<string, Value>> = {
    version,
    version_comment: isMaria(task) ? "mariadb.org binary distribution" : "MySQL Community Server - GPL",
    hostname: task.record.hostname,
    port: Number(options["port"] ?? "3306"),
    datadir: `${data}/`,
    server_id: Number(options["server_id"] ?? "1"),
    log_bin: options["log_bin"] !== undefined || !versionOf(task).startsWith("5."),
    max_connections: Number(options["max_connections"] ?? "151"),
    character_set_server: options["character_set_server"] ?? "utf8mb4",
    collation_server: options["collation_server"] ?? "utf8mb4_0900_ai_ci",
    sql_mode:
      options["sql_mode"] ??
      "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
    autocommit: true,
    read_only: isOn("super_read_only") || isOn("read_only"),
    super_read_only: isOn("super_read_only"),
    transaction_isolation: "REPEATABLE-READ",
    innodb_buffer_pool_size: 134_217_728,
    time_zone: "SYSTEM",
    default_storage_engine: "InnoDB",
  };
  const facts = {
    dialect: "mysql" as const,
    version,
    isReadOnly: isOn("super_read_only") || isOn("read_only"),
    settings,
  };
  const storage = new Storage(task, layoutOf(data));
  return {
    facts,
    worded: (problem) => mysqlProblem(problem, versionOf(task).startsWith("5.")),
    engine: (own, kept, session) => new MysqlEngine(own, kept, facts, session),
    refusal({ user, password = "", database }) {
      const right = storage.catalog.users[user];
      const from = task.record.hostname;
      if (!trusts && right !== password) {
        const using = password === "" ? "NO" : "YES";
        return {
          number: 1045,
          state: "28000",
          message: `Access denied for user '${user}'@'${from}' (using password: ${using})`,
        };
      }
      if (
        database === "" ||
        storage.hasDatabase(database) ||
        /^(mysql|information_schema|performance_schema|sys)$/.test(database)
      )
        return undefined;
      return { number: 1049, state: "42000", message: `Unknown database '${database}'` };
    },
  };
}

function begin(task: Task<MysqlState>): MysqlState | number {
  const { values: options, unknown } = serverOptions(task);
  const data = (options["datadir"] ?? "/var/lib/mysql").replace(/\/$/, "");
  const name = isMaria(task) ? "MariaDB" : "MySQL";
  note(task, `Entrypoint script for ${name} Server ${versionOf(task)}${isMaria(task) ? "" : "-1.el9"} started.`);
  const state = { data, options, connections: NO_CONNECTIONS };
  if (!task.files.exists(data)) task.files.makeDirectory(data);
  const isFilled = task.files.exists(`${data}/mysql.ibd`);
  if (!isFilled) {
    const problem = setupProblem(task);
    if (problem !== undefined) {
      note(task, problem, "ERROR");
      return 1;
    }
  }
  if (unknown !== undefined) {
    const what = unknown.includes("=") ? `unknown variable '${unknown}'.` : `unknown option '--${unknown}'.`;
    if (!isFilled)
      note(task, "mysqld failed while attempting to check config\n\tcommand was: mysqld --verbose --help", "ERROR");
    say(task, "ERROR", "000067", what);
    say(task, "ERROR", "010119", "Aborting");
    return 1;
  }
  if (isFilled) return { ...state, phase: "start", until: starting(task) };
  note(task, "Initializing database files");
  const names = task.files.list(data);
  if (Array.isArray(names) && names.some((one: string) => one !== "lost+found" && !one.startsWith("."))) {
    say(task, "ERROR", "010457", "--initialize specified but the data directory has files in it. Aborting.");
    say(
      task,
      "ERROR",
      "013236",
      `The designated data directory ${data}/ is unusable. You can remove all files that the server added to it.`,
    );
    say(task, "ERROR", "010119", "Aborting");
    return 1;
  }
  if (!initialise(task, new Storage(task, layoutOf(data)))) {
    say(task, "ERROR", "010187", `Could not open file '${data}/ibdata1': Read-only file system`);
    return 1;
  }
  note(task, "Database files initialized");
  note(task, "Starting temporary server");
  return { ...state, phase: "setup", until: task.now + SETUP_MS };
}

/** Says that it starts; when it will have. */
function starting(task: Task): Instant {
  const name = isMaria(task) ? "mariadbd" : "mysqld";
  say(task, "System", "010116", `/usr/sbin/${name} (${name} ${versionOf(task)}) starting as process ${task.pid}`);
  say(task, "System", "013576", "InnoDB initialization has started.");
  return task.now + START_MS;
}

function setUp(task: Task<MysqlState>, state: MysqlState): MysqlState | number {
  note(task, "Temporary server started.");
  if (
    !runScripts(task, new Storage(task, layoutOf(state.data)), (storage, asked) => {
      const speaker = speakerOf(task, { data: state.data, options: {} }, true);
      return converse(task, storage, speaker, { asked, connections: NO_CONNECTIONS }).answer;
    })
  )
    return 1;
  note(task, "Stopping temporary server");
  note(task, "Temporary server stopped");
  task.print("\n");
  note(task, `${isMaria(task) ? "MariaDB" : "MySQL"} init process done. Ready for start up.`);
  task.print("\n");
  return { ...state, phase: "start", until: starting(task) };
}

export const mysqld: Program<MysqlState> = {
  name: "mysqld",
  use: { cpuMillis: 6, requestCpuMs: 1 },

  step(task) {
    if (task.state === undefined) {
      // The older ones and MariaDB keep less ready from the start.
      const mebibytes = isMaria(task) ? 110 : versionOf(task).startsWith("5.") ? 200 : 390;
      if (!task.holdMemory(mebibytes * 2 ** 20)) return 137;
      const begun = begin(task);
      if (typeof begun === "number") return begun;
      task.state = begun;
    }
    const { state } = task;
    if (state.phase === "ready") return {};
    if (state.until > task.now) return { until: state.until };
    if (state.phase === "setup") {
      const next = setUp(task, state);
      if (typeof next === "number") return next;
      task.state = next;
      return { until: next.until };
    }
    const port = Number(state.options["port"] ?? "3306");
    say(task, "System", "013577", "InnoDB initialization has ended.");
    if (!task.listen(port)) {
      say(task, "ERROR", "010262", "Can't start server: Bind on TCP/IP port: Address already in use");
      say(task, "ERROR", "010119", "Aborting");
      return 1;
    }
    const name = isMaria(task) ? "mariadbd" : "mysqld";
    const comment = isMaria(task) ? "mariadb.org binary distribution." : "MySQL Community Server - GPL.";
    say(
      task,
      "System",
      "010931",
      `/usr/sbin/${name}: ready for connections. Version: '${versionOf(task)}'  socket: '/var/run/mysqld/mysqld.sock'  port: ${port}  ${comment}`,
    );
    task.state = { ...state, phase: "ready" };
    return {};
  },

  http(task, _port, request) {
    const { state } = task;
    if (state === undefined) return "reset";
    const storage = new Storage(task, layoutOf(state.data));
    if (request.method === "MYSQL-COPY") return copyOf(storage, request);
    const asked = askedBy(request, "MYSQL");
    if (asked === undefined) return "reset";
    follow(task, storage);
    const { connections } = state;
    const turn = converse(task, storage, speakerOf(task, state), { asked, connections });
    task.state = { ...state, connections: turn.connections };
    if (/^\s*SHUTDOWN\b/i.test(asked.statement ?? "") && asked.user === "root") stop(task);
    return answered(turn.answer, turn.delayMs);
  },

  /** Clients from outside speak the protocol itself. */
  tcp(task, input) {
    const { state } = task;
    if (state === undefined) return { isOver: true };
    const storage = new Storage(task, layoutOf(state.data));
    const speaker = speakerOf(task, state);
    const { users } = storage.catalog;
    let { connections } = state;
    follow(task, storage);
    const server: Server = {
      version: String(speaker.facts.settings["version"]),
      plugin: isMaria(task) || versionOf(task).startsWith("5.") ? "mysql_native_password" : "caching_sha2_password",
      entropy: task.world.entropy,
      passwordOf: (user) => users[user],
      denied: (user, hasPassword) =>
        speaker.refusal({ user, database: "", password: hasPassword ? "\u0000" : "" }) ?? {
          number: 1045,
          state: "28000",
          message: `Access denied for user '${user}'`,
        },
      run(asked) {
        const turn = converse(task, storage, speaker, { asked, connections });
        connections = turn.connections;
        return turn.answer;
      },
    };
    const output = answeredBytes(input, (bytes) =>
      takePackets(server, bytes, input.state as ConnectionState | undefined),
    );
    task.state = { ...state, connections };
    return output;
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGQUIT") return false;
    say(
      task,
      "System",
      "013172",
      `Received SHUTDOWN from user <via user signal>. Shutting down mysqld (Version: ${versionOf(task)}).`,
    );
    stop(task);
    return true;
  },
};

function stop(task: Task): void {
  const name = isMaria(task) ? "mariadbd" : "mysqld";
  say(
    task,
    "System",
    "010910",
    `/usr/sbin/${name}: Shutdown complete (mysqld ${versionOf(task)})  MySQL Community Server - GPL.`,
  );
  task.exit(0);
}
