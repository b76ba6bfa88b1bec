/**
 * How MySQL's clients are told where to connect, and what they say when they cannot.
 *
 * Models client/ and sql-common/client.cc of MySQL.
 */
import { optionLines } from "#kernel/runtime/images/mysql/options";
import { type Answered, askDatabase } from "#kernel/runtime/images/sql/wire";
import type { Task } from "#kernel/runtime/process/task";
import type { NetFailure } from "#kernel/runtime/world";

export interface Client {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** It was asked to ask for the password. */
  readonly isPrompting: boolean;
  readonly isLocal: boolean;
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, string>>;
  readonly operands: readonly string[];
  readonly statements: readonly string[];
  /** An option nobody knows. */
  readonly unknown?: string;
}

const TAKES: Readonly<Record<string, string>> = {
  h: "host",
  P: "port",
  u: "user",
  e: "execute",
  D: "database",
  S: "socket",
  i: "sleep",
  r: "result-file",
};
const LONG_TAKES =
  /^(host|port|user|password|execute|database|socket|protocol|default-character-set|connect-timeout|ssl-mode|result-file|sleep|wait|max-allowed-packet|where|ignore-table|defaults-file|defaults-extra-file|init-command|delimiter|ssl-ca)$/;
const LONG_FLAGS =
  /^(batch|silent|skip-column-names|table|vertical|force|verbose|version|help|no-defaults|raw|quick|skip-ssl|ssl|all-databases|databases|no-data|single-transaction|quick|routines|triggers|events|opt|skip-lock-tables|lock-tables|no-create-info|column-statistics|set-gtid-purged|no-tablespaces|compact|skip-comments|skip-opt|add-drop-table|hex-blob|master-data|source-data|flush-logs|no-beep|unbuffered|comments|auto-rehash|disable-auto-rehash|skip-.*|get-server-public-key|count|relative|xml|html|compress)$/;
const SHORT_FLAGS = "BNstEfvVABbqnHXrC?dFi";

/** Reads the command line and the files of options. */
export function clientOf(task: Task, sections: readonly string[]): Client {
  const values: Record<string, string> = {};
  const flags = new Set<string>();
  const operands: string[] = [];
  const statements: string[] = [];
  let unknown: string | undefined;
  let isPrompting = false;
  const set = (name: string, value: string): void => {
    if (name === "execute") statements.push(value);
    values[name] = value;
  };
  for (const line of optionLines(task, sections)) {
    const [name = "", value = ""] = line.split(/\s*=\s*(.*)/s);
    set(name.replaceAll("_", "-"), value.replace(/^["']|["']$/g, ""));
  }
  const args = task.argv.slice(1);
  for (let n = 0; n < args.length; n += 1) {
    const arg = args[n] ?? "";
    if (arg.startsWith("--")) {
      const [name = "", value] = arg.slice(2).split(/=(.*)/s);
      if (name === "password" && value === undefined) isPrompting = true;
      else if (LONG_TAKES.test(name)) set(name, value ?? args[++n] ?? "");
      else if (LONG_FLAGS.test(name)) flags.add(name);
      else unknown ??= arg;
    } else if (arg.startsWith("-p")) {
      if (arg === "-p") isPrompting = true;
      else values["password"] = arg.slice(2);
    } else if (/^-[A-Za-z?]/.test(arg)) {
      for (let at = 1; at < arg.length; at += 1) {
        const letter = arg[at] ?? "";
        const taken = TAKES[letter];
        if (taken !== undefined) {
          set(taken, arg.slice(at + 1) || (args[++n] ?? ""));
          break;
        }
        if (!SHORT_FLAGS.includes(letter)) unknown ??= arg;
        flags.add(letter);
      }
    } else operands.push(arg);
  }
  const host = values["host"] ?? task.env("MYSQL_HOST") ?? "localhost";
  const password = values["password"] ?? task.env("MYSQL_PWD") ?? "";
  return {
    host: host === "localhost" ? "127.0.0.1" : host,
    port: Number(values["port"] ?? "3306"),
    user: values["user"] ?? "root",
    password,
    isPrompting,
    isLocal: host === "localhost",
    flags,
    values,
    operands,
    statements,
    ...(unknown === undefined ? {} : { unknown }),
  };
}

/** Asks the server. */
export function ask(
  task: Task,
  client: Client,
  rest: { database: string; session?: number; statement?: string; isLast?: boolean },
) {
  return askDatabase(task, client, "MYSQL", { user: client.user, password: client.password, ...rest });
}

/** Why the server did not answer, as its clients say it; undefined if it did. */
export function failureOf(
  { host, port, isLocal }: Client,
  answer: Answered | NetFailure,
): { readonly number: number; readonly state: string; readonly message: string } | undefined {
  if (typeof answer === "object") return undefined;
  const at = (number: number, message: string) => ({ number, state: "HY000", message });
  if (isLocal) return at(2002, "Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)");
  if (answer === "nxdomain") return at(2005, `Unknown MySQL server host '${host}' (-2)`);
  if (answer === "reset")
    return at(2013, "Lost connection to MySQL server at 'reading initial communication packet', system error: 0");
  const errno = answer === "timeout" ? 110 : answer === "unreachable" ? 113 : 111;
  return at(2003, `Can't connect to MySQL server on '${host}:${port}' (${errno})`);
}

/** The warning that a password is no secret on a command line. */
export function warn(task: Task, name: string): void {
  if (task.argv.some((arg) => /^(-p.|--password=.)/.test(arg)) && task.env("MARIADB_VERSION") === undefined) {
    task.complain(`${name}: [Warning] Using a password on the command line interface can be insecure.\n`);
  }
}
