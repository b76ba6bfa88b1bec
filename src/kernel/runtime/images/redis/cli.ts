/**
 * redis-cli: one command, the lines of the input, or a prompt.
 *
 * Models src/redis-cli.c of Redis.
 */
import { commandRequest, decodeReplies, type Reply } from "#kernel/runtime/images/redis/resp";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
  readonly isRaw: boolean;
  readonly command: readonly string[];
}

const UNSAFE = "Warning: Using a password with '-a' or '-u' option on the command line interface may not be safe.\n";

function optionsOf(task: Task): Options {
  const args = task.argv.slice(1);
  let [host, port, isRaw] = ["127.0.0.1", 6_379, !task.isTerminal(1)];
  let password = task.env("REDISCLI_AUTH");
  let isSilent = password !== undefined;
  while (args[0]?.startsWith("-") === true) {
    const option = args.shift();
    if (option === "-h") host = args.shift() ?? host;
    else if (option === "-p") port = Number(args.shift() ?? port);
    else if (option === "-a" || option === "--pass") password = args.shift();
    else if (option === "--no-auth-warning") isSilent = true;
    else if (option === "-n" || option === "--user") args.shift();
    else if (option === "--raw") isRaw = true;
    else if (option === "--no-raw") isRaw = false;
  }
  if (password !== undefined && !isSilent && task.state === undefined) task.complain(UNSAFE);
  return { host, port, password, isRaw, command: args };
}

const REASONS: Readonly<Record<string, string>> = {
  refused: "Connection refused",
  timeout: "Connection timed out",
  unreachable: "No route to host",
  nxdomain: "Name or service not known",
};

/** Sends a command and prints the reply; false if there is no server. */
function send(task: Task, { host, port, password, isRaw }: Options, argv: readonly string[]): boolean {
  const first = password === undefined ? [] : [["AUTH", password]];
  const answer = task.request({ host, port }, commandRequest([...first, argv]));
  if (typeof answer === "string") {
    if (answer === "reset") task.complain("Error: Connection reset by peer\n");
    else task.complain(`Could not connect to Redis at ${host}:${port}: ${REASONS[answer]}\n`);
    return false;
  }
  const replies = decodeReplies(answer.body);
  const [auth] = replies;
  if (first.length > 0 && auth?.k === "error") task.complain(`AUTH failed: ${auth.text}\n`);
  const reply = replies.at(-1);
  const isText = argv[0]?.toLowerCase() === "info";
  if (reply === undefined) task.complain("Error: Protocol error\n");
  else task.print(isRaw || isText ? `${raw(reply)}\n` : formatted(reply, ""));
  return true;
}

function raw(reply: Reply): string {
  if (reply.k === "array" || reply.k === "map" || reply.k === "pairs") return reply.items.map(raw).join("\n");
  if (reply.k === "int") return String(reply.value);
  return reply.k === "nil" ? "" : reply.text + (reply.k === "error" ? "\n" : "");
}

function formatted(reply: Reply, indent: string): string {
  if (reply.k === "int") return `(integer) ${reply.value}\n`;
  if (reply.k === "nil") return "(nil)\n";
  if (reply.k === "error") return `(error) ${reply.text}\n`;
  if (reply.k === "status") return `${reply.text}\n`;
  if (reply.k !== "array" && reply.k !== "map" && reply.k !== "pairs") return `${JSON.stringify(reply.text)}\n`;
  if (reply.items.length === 0) return "(empty array)\n";
  const width = String(reply.items.length).length;
  return reply.items
    .map((item, n) => {
      const label = `${String(n + 1).padStart(width)}) `;
      return (n === 0 ? "" : indent) + label + formatted(item, indent + " ".repeat(label.length));
    })
    .join("");
}

/** The words of a line, quotes taken off. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replace(/\\(.)/g, "$1") ?? single ?? bare ?? "",
  );
}

export const redisCli: Program<{ readonly isOpen: true }> = {
  name: "redis-cli",
  step(task) {
    const options = optionsOf(task);
    if (options.command.length > 0) return send(task, options, options.command) ? 0 : 1;
    const prompt = task.isTerminal(0) ? `${options.host}:${options.port}> ` : "";
    if (task.state === undefined) {
      task.state = { isOpen: true };
      task.print(prompt);
    }
    for (let line = task.readLine(0); line !== undefined; line = task.readLine(0)) {
      const words = wordsOf(line);
      if (line === "" || /^(quit|exit)$/i.test(words[0] ?? "")) return 0;
      if (words.length > 0) send(task, options, words);
      task.print(prompt);
    }
    return { line: 0 };
  },
};
