/**
 * How PostgreSQL's clients are told where to connect, and what they say when they cannot.
 *
 * Models src/interfaces/libpq/fe-connect.c.
 */
import type { Answered } from "#kernel/runtime/images/sql/wire";
import type { Task } from "#kernel/runtime/process/task";
import { optionsOf } from "#kernel/runtime/shell/commands/command";
import type { NetFailure } from "#kernel/runtime/world";

export interface Link {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  /** It connects by the socket of its own container. */
  readonly isLocal: boolean;
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly operands: readonly string[];
  /** What `-c` gave, in order. */
  readonly commands: readonly string[];
}

const LONG = {
  host: "h",
  port: "p",
  username: "U",
  dbname: "d",
  command: "c",
  file: "f",
  "tuples-only": "t",
  "no-align": "A",
  quiet: "q",
  variable: "v",
  set: "v",
  list: "l",
  "no-password": "w",
  password: "W",
  expanded: "x",
  "field-separator": "F",
  "no-psqlrc": "X",
  version: "V",
  timeout: "T",
  owner: "O",
  table: "n",
  "single-transaction": "1",
  "echo-all": "a",
};

/** The name of the user who runs the task. */
function userOf(task: Task): string {
  const text = task.readFile("/etc/passwd");
  const line =
    typeof text === "number" ? undefined : text.split("\n").find((row) => row.split(":")[2] === String(task.uid));
  return line?.split(":")[0] ?? "postgres";
}

const URI = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^:/?]*)(?::(\d+))?(?:\/([^?]*))?/;

/** Reads the command line; an exit status if it is wrong. */
export function linkOf(task: Task): Link | number {
  const { flags, values, operands, problem } = optionsOf(task.argv, "h:p:U:d:c:f:tAqv:lwWxF:XVT:O:n:1aE", LONG);
  const name = (task.argv[0] ?? "").replace(/^.*\//, "");
  if (problem !== undefined) {
    task.complain(`${name}: ${problem}\n${name}: hint: Try "${name} --help" for more information.\n`);
    return 1;
  }
  const given = values["d"] ?? operands[0] ?? "";
  const [, uriUser, uriPassword, uriHost, uriPort, uriDatabase] = URI.exec(given) ?? [];
  const isUri = URI.test(given);
  const conninfo =
    /=/.test(given) && !isUri ? Object.fromEntries(given.split(/\s+/).map((pair) => pair.split("="))) : undefined;
  const named = (key: string): string | undefined => (conninfo as Record<string, string> | undefined)?.[key];
  const host = nonEmpty(values["h"]) ?? nonEmpty(uriHost) ?? named("host") ?? nonEmpty(task.env("PGHOST"));
  const user =
    nonEmpty(values["U"]) ??
    nonEmpty(uriUser) ??
    named("user") ??
    (isUri ? undefined : operands[1]) ??
    nonEmpty(task.env("PGUSER")) ??
    userOf(task);
  const database = isUri ? nonEmpty(uriDatabase) : conninfo === undefined ? nonEmpty(given) : named("dbname");
  const password = uriPassword ?? named("password") ?? task.env("PGPASSWORD");
  const isLocal = host === undefined || host.startsWith("/");
  return {
    host: isLocal ? "127.0.0.1" : host,
    port: Number(values["p"] ?? uriPort ?? named("port") ?? task.env("PGPORT") ?? "5432"),
    user,
    database: database ?? task.env("PGDATABASE") ?? user,
    isLocal,
    flags,
    values,
    operands,
    commands: commandsOf(task.argv),
    ...(password === undefined ? {} : { password }),
  };
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

function commandsOf(argv: readonly string[]): string[] {
  return argv.flatMap((arg, n) => {
    if (/^-[a-zA-Z]*c$/.test(arg) || arg === "--command") return [argv[n + 1] ?? ""];
    if (arg.startsWith("--command=")) return [arg.slice("--command=".length)];
    return /^-c./.test(arg) ? [arg.slice(2)] : [];
  });
}

/** `connection to server at "db" (10.96.0.7), port 5432 failed: ` */
export function connectionError(task: Task, { host, port, isLocal }: Link): string {
  if (isLocal) return `connection to server on socket "/var/run/postgresql/.s.PGSQL.${port}" failed: `;
  const address = host === "localhost" ? "127.0.0.1" : /^[\d.]+$/.test(host) ? host : task.resolve(host)[0];
  if (address === undefined) return "";
  return `connection to server at "${host}"${address === host ? "" : ` (${address})`}, port ${port} failed: `;
}

const WHY: Readonly<Record<NetFailure, string>> = {
  refused: "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
  timeout: "Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?",
  unreachable: "No route to host\n\tIs the server running on that host and accepting TCP/IP connections?",
  reset:
    "server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.",
  nxdomain: "",
};

/** Why a server did not let us in; undefined if it did. */
export function linkProblem(_task: Task, link: Link, answer: Answered | NetFailure): string | undefined {
  if (answer === "nxdomain")
    return `could not translate host name "${link.host}" to address: Name or service not known`;
  if (answer === "refused" && link.isLocal) {
    return "No such file or directory\n\tIs the server running locally and accepting connections on that socket?";
  }
  if (typeof answer === "string") return WHY[answer];
  if (answer.error === undefined) return undefined;
  if (answer.error.state === "28P01" && link.password === undefined) return "fe_sendauth: no password supplied";
  return `FATAL:  ${answer.error.message}`;
}
