/**
 * The smaller clients of MySQL: mysqladmin, mysqldump, and the tools of xtrabackup as far as the lesson on them goes.
 *
 * Models client/mysqladmin.cc, client/mysqldump.cc and Percona XtraBackup.
 */
import { ask, type Client, clientOf, failureOf, warn } from "#kernel/runtime/images/mysql/client";
import { tablesOf, takeOver } from "#kernel/runtime/images/mysql/replication";
import { layoutOf } from "#kernel/runtime/images/mysql/server";
import { Storage } from "#kernel/runtime/images/sql/storage";
import type { Answered } from "#kernel/runtime/images/sql/wire";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

function failed(task: Task, client: Client, answer: Answered | string): number | undefined {
  const failure = failureOf(client, answer as Answered);
  const error = failure ?? (typeof answer === "object" ? answer.error : undefined);
  if (error === undefined) return undefined;
  const host = client.isLocal ? "localhost" : client.host;
  task.complain(`mysqladmin: connect to server at '${host}' failed\nerror: '${error.message}'\n`);
  if (failure !== undefined && client.isLocal) {
    task.complain("Check that mysqld is running and that the socket: '/var/run/mysqld/mysqld.sock' exists!\n");
  }
  return 1;
}

export const mysqladmin: Program = {
  name: "mysqladmin",
  step(task) {
    const client = clientOf(task, ["client", "mysqladmin"]);
    warn(task, "mysqladmin");
    const [command = "", argument = ""] = client.operands;
    const answer = ask(task, client, { database: "", isLast: true });
    // A server that only says who may not come in is alive.
    if (command === "ping" && typeof answer === "object") {
      task.print("mysqld is alive\n");
      return 0;
    }
    const problem = failed(task, client, answer);
    if (problem !== undefined) return problem;
    const run = (statement: string): Answered | string => ask(task, client, { database: "", statement, isLast: true });
    switch (command) {
      case "status":
        task.print(
          "Uptime: 1  Threads: 1  Questions: 1  Slow queries: 0  Opens: 100  Flush tables: 3  Open tables: 20  Queries per second avg: 0.1\n",
        );
        return 0;
      case "version":
        task.print(
          `mysqladmin  Ver 8.4.7 for Linux on x86_64 (MySQL Community Server - GPL)\nServer version\t\t${(answer as Answered).version}\n`,
        );
        return 0;
      case "create":
        return failed(task, client, run(`CREATE DATABASE \`${argument}\``)) ?? 0;
      case "drop":
        return failed(task, client, run(`DROP DATABASE \`${argument}\``)) ?? 0;
      case "password":
        return failed(task, client, run(`ALTER USER '${client.user}' IDENTIFIED BY '${argument}'`)) ?? 0;
      case "shutdown":
        run("SHUTDOWN");
        return 0;
      case "flush-privileges":
      case "flush-tables":
      case "processlist":
      case "variables":
        return 0;
      default:
        task.complain(`mysqladmin: Unknown command: '${command}'\n`);
        return 1;
    }
  },
};

const literal = (value: string | null, isNumber: boolean): string =>
  value === null
    ? "NULL"
    : isNumber
      ? value
      : `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;

function dumpTable(task: Task, client: Client, database: string, table: string): string | undefined {
  const run = (statement: string) => ask(task, client, { database, statement, isLast: true });
  const shape = run(`SHOW CREATE TABLE \`${table}\``);
  const rows = run(`SELECT * FROM \`${table}\``);
  if (typeof shape === "string" || typeof rows === "string" || shape.error !== undefined || rows.error !== undefined)
    return undefined;
  const kinds = (rows.columns ?? []).map(({ kind }) => /^(int|bigint|smallint|decimal|float)$/.test(kind.name));
  const values = (rows.rows ?? []).map(
    (row) => `(${row.map((value, n) => literal(value, kinds[n] === true)).join(",")})`,
  );
  const create = `DROP TABLE IF EXISTS \`${table}\`;\n${shape.rows?.[0]?.[1] ?? ""};\n`;
  const insert =
    values.length === 0
      ? ""
      : `LOCK TABLES \`${table}\` WRITE;\nINSERT INTO \`${table}\` VALUES ${values.join(",")};\nUNLOCK TABLES;\n`;
  const [withData, withShape] = [
    !client.flags.has("no-data") && !client.flags.has("d"),
    !client.flags.has("no-create-info"),
  ];
  return `\n--\n-- Table structure for table \`${table}\`\n--\n\n${withShape ? create : ""}${withData ? `\n--\n-- Dumping data for table \`${table}\`\n--\n\n${insert}` : ""}`;
}

export const mysqldump: Program = {
  name: "mysqldump",
  step(task) {
    const client = clientOf(task, ["client", "mysqldump"]);
    warn(task, "mysqldump");
    const listed = ask(task, client, { database: "", statement: "SHOW DATABASES", isLast: true });
    const error = failureOf(client, listed) ?? (typeof listed === "object" ? listed.error : undefined);
    if (error !== undefined || typeof listed === "string") {
      task.complain(`mysqldump: Got error: ${error?.number}: ${error?.message} when trying to connect\n`);
      return 2;
    }
    const all = (listed.rows ?? [])
      .map((row) => row[0] ?? "")
      .filter((name) => !/^(information_schema|performance_schema|mysql|sys)$/.test(name));
    const isMany = ["A", "all-databases", "B", "databases"].some((flag) => client.flags.has(flag));
    const isAll = client.flags.has("A") || client.flags.has("all-databases");
    const databases = isAll ? all : isMany ? client.operands : client.operands.slice(0, 1);
    if (databases.length === 0) {
      task.complain(
        "Usage: mysqldump [OPTIONS] database [tables]\nOR     mysqldump [OPTIONS] --databases [OPTIONS] DB1 [DB2 DB3...]\n",
      );
      return 1;
    }
    task.print("-- MySQL dump 10.13  Distrib 8.4.7, for Linux (x86_64)\n--\n");
    for (const database of databases) {
      if (!all.includes(database)) {
        task.complain(`mysqldump: Got error: 1049: Unknown database '${database}' when selecting the database\n`);
        return 2;
      }
      if (isMany) task.print(`\nCREATE DATABASE IF NOT EXISTS \`${database}\`;\n\nUSE \`${database}\`;\n`);
      const tables = ask(task, client, { database, statement: "SHOW TABLES", isLast: true });
      const names =
        isMany || client.operands.length < 2
          ? (typeof tables === "string" ? [] : (tables.rows ?? [])).map((row) => row[0] ?? "")
          : client.operands.slice(1);
      for (const table of names) task.print(dumpTable(task, client, database, table) ?? "");
    }
    task.print("\n-- Dump completed\n");
    return 0;
  },
};

/** `xtrabackup --backup --stream=xbstream`: the tables of the data directory beside it, as one text. */
export const xtrabackup: Program = {
  name: "xtrabackup",
  step(task) {
    const value = (name: string): string | undefined =>
      task.argv.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
    const storage = new Storage(task, layoutOf(value("datadir") ?? "/var/lib/mysql"));
    if (task.argv.includes("--backup")) {
      const { catalog } = storage;
      const files: Record<string, string> = {
        xtrabackup_binlog_info: `mysql-bin.000003\t${catalog.settings["position"] ?? "157"}\n`,
      };
      const { primary } = catalog.settings;
      if (primary !== undefined && primary !== "" && task.argv.includes("--slave-info")) {
        files["xtrabackup_slave_info"] =
          `CHANGE MASTER TO MASTER_LOG_FILE='mysql-bin.000003', MASTER_LOG_POS=${catalog.settings["seen"] ?? "157"};\n`;
      }
      const settings = { position: catalog.settings["position"] ?? "157" };
      task.print(JSON.stringify({ catalog: { ...catalog, settings }, databases: tablesOf(storage), files }));
    }
    task.complain("completed OK!\n");
    return 0;
  },
};

/** `xbstream -x -C DIR`: unpacks what xtrabackup has streamed. */
export const xbstream: Program<{ text: string }> = {
  name: "xbstream",
  step(task) {
    const state = task.state ?? { text: "" };
    for (let text = task.read(0); text !== ""; text = task.read(0)) {
      if (text === undefined) {
        task.state = state;
        return { read: 0 };
      }
      state.text += text;
    }
    const directory = task.argv[task.argv.indexOf("-C") + 1] ?? ".";
    let backup: { catalog: Storage["catalog"]; databases: ReturnType<typeof tablesOf>; files: Record<string, string> };
    try {
      backup = JSON.parse(state.text) as typeof backup;
    } catch {
      task.complain("xbstream_read_chunk(): wrong chunk magic at offset 0x0.\n");
      return 1;
    }
    const storage = new Storage(task, layoutOf(task.path(directory)));
    storage.catalog = backup.catalog;
    takeOver(storage, backup.databases);
    for (const [name, text] of Object.entries(backup.files)) task.files.write(task.path(`${directory}/${name}`), text);
    return 0;
  },
};

/** ncat: one end hands on what a command writes, the other takes it. */
export const ncat: Program<{ isUp: true }> = {
  name: "ncat",
  step(task) {
    const plain = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    if (task.argv.includes("--listen") || task.argv.includes("-l")) {
      if (task.state === undefined && !task.listen(Number(plain[0]))) return 2;
      task.state = { isUp: true };
      return {};
    }
    const [host = "", port = "0"] = plain;
    const answer = task.request({ host, port: Number(port) }, { method: "NCAT", path: "/", headers: {}, body: "" });
    if (typeof answer === "string") {
      const why =
        answer === "nxdomain"
          ? `Could not resolve hostname "${host}": Name or service not known. QUITTING.`
          : "Connection refused.";
      task.complain(`Ncat: ${why}\n`);
      return answer === "nxdomain" ? 2 : 1;
    }
    task.print(answer.body);
    return 0;
  },
  http(task) {
    const at = task.argv.findIndex((arg) => arg === "-c" || arg === "--sh-exec");
    const { stdout, stderr } = task.runToEnd(["sh", "-c", task.argv[at + 1] ?? ""]);
    task.complain(stderr);
    return { status: 200, headers: {}, body: stdout };
  },
};
