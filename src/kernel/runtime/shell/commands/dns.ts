/**
 * nslookup, dig, host, getent: what the name servers of resolv.conf say, as each tool prints it.
 *
 * Models BIND's tools, busybox's nslookup (before and after 1.29) and glibc's getent.
 */

import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { isAddress, type ResolverConfig, resolverFrom, searchFor } from "#kernel/runtime/resolver";
import { type Command, complain, isBusybox } from "#kernel/runtime/shell/commands/command";
import type { DnsAnswer, DnsQuestion, DnsRecord, NetFailure } from "#kernel/runtime/world";

/** What a tool waits for before it gives up: a server that does not answer. */
interface Waiting {
  readonly until: number;
  readonly text: string;
  readonly code: number;
}

const settings = (task: Task): ResolverConfig => resolverFrom("", task.readFile("/etc/resolv.conf"));

const TYPES = /^(A|AAAA|SRV|ANY|CNAME|PTR|TXT|MX|NS|SOA)$/i;

/** Says a text at the end of a wait. */
function giveUp(task: Task<Waiting>): Step {
  const { until, text, code } = task.state ?? { until: 0, text: "", code: 1 };
  if (until > task.now) return { until };
  task.print(text);
  return code;
}

function waitThen(task: Task<Waiting>, seconds: number, text: string, code: number): Step {
  task.state = { until: task.now + seconds * 1_000, text, code };
  return { until: task.state.until };
}

/** The name under which addresses in reverse are asked for. */
const reverseName = (ip: string): string => `${ip.split(".").reverse().join(".")}.in-addr.arpa`;

/** A server given by name is looked up first. */
function serverOf(task: Task, given: string | undefined): string {
  const server = given ?? settings(task).servers[0] ?? "127.0.0.1";
  return isAddress(server) ? server : (task.resolve(server)[0] ?? server);
}

export const nslookup: Command<Waiting> = {
  name: "nslookup",
  comesWith: "busybox",
  step(task) {
    if (task.state !== undefined) return giveUp(task);
    const args = task.argv.slice(1);
    const [name = "", given] = args.filter((arg) => !arg.startsWith("-"));
    const type = /^-(?:query|querytype|type|q|ty|t)=(\w+)$/i.exec(args.find((arg) => arg.includes("=")) ?? "")?.[1];
    if (name === "") return complain(task, "no host name given");
    const server = serverOf(task, given);
    const lookup = { name, type: type?.toUpperCase(), server };
    const minor = /(?:^|\/)busybox:1\.(\d+)/.exec(task.record.image)?.[1];
    if (isBusybox(task) && minor !== undefined && Number(minor) < 29) return oldNslookup(task, lookup);
    const hasBind = !isBusybox(task) || /agnhost|dnsutils/.test(task.record.image);
    return hasBind ? bindNslookup(task, lookup) : busyboxNslookup(task, lookup);
  },
};

interface Lookup {
  readonly name: string;
  readonly type: string | undefined;
  readonly server: string;
}

/** One line of an answer. */
function nslookupLine({ name, type, data }: DnsRecord, isBind: boolean): string {
  const target = isBind ? data : data.replace(/\.$/, "");
  if (type === "A" || type === "AAAA") return `Name:\t${name}\nAddress: ${data}\n`;
  if (type === "CNAME") return `${name}\tcanonical name = ${target}\n`;
  if (type === "PTR") return `${name}\tname = ${target}\n`;
  if (type === "SRV") return `${name}\tservice = ${target}\n`;
  if (type === "TXT") return `${name}\ttext = ${data}\n`;
  return type === "NS" ? `${name}\tnameserver = ${target}\n` : `${name}\t${type.toLowerCase()} = ${data}\n`;
}

function bindNslookup(task: Task<Waiting>, { name, type, server }: Lookup): Step {
  const head = `Server:\t\t${server}\nAddress:\t${server}#53\n\n`;
  const ask = (_: string, question: DnsQuestion): DnsAnswer | NetFailure => task.query(question, server);
  const config = { ...settings(task), servers: [server] };
  const isReverse = isAddress(name);
  const wanted = isReverse ? `${reverseName(name)}.` : name;
  const kind = isReverse ? "PTR" : (type ?? "A");
  const { name: found, answer } = searchFor(config, wanted, kind, ask);
  if (typeof answer === "string") {
    const line = `;; communications error to ${server}#53: ${answer === "refused" ? "connection refused" : "timed out"}\n`;
    return waitThen(task, answer === "refused" ? 0 : 15, `${line.repeat(3)};; no servers could be reached\n\n`, 1);
  }
  task.print(isReverse ? "" : head);
  if (answer.status !== "NXDOMAIN" && answer.answers.length > 0) {
    if (!answer.isAuthoritative) task.print("Non-authoritative answer:\n");
    for (const one of answer.answers) task.print(nslookupLine(one, true));
    task.print("\n");
    return 0;
  }
  if (answer.status === "NOERROR") task.print(`*** Can't find ${name}: No answer\n\n`);
  else task.print(`** server can't find ${found}: ${answer.status}\n\n`);
  return 1;
}

/** Since 1.29: a name without a dot is asked for below every search domain, any other as it is. */
function busyboxNslookup(task: Task<Waiting>, { name, type, server }: Lookup): Step {
  const isReverse = isAddress(name);
  const { search } = settings(task);
  const bare = name.replace(/\.$/, "");
  const names = isReverse
    ? [reverseName(name)]
    : name.includes(".") || search.length === 0
      ? [bare]
      : search.map((domain) => `${name}.${domain}`);
  const types = isReverse ? ["PTR"] : type === undefined ? ["A", "AAAA"] : [type];
  let text = `Server:\t\t${server}\nAddress:\t${server}:53\n\n`;
  let hasAnswer = false;
  for (const kind of types) {
    for (const one of names) {
      const answer = task.query({ name: one, type: kind }, server);
      if (typeof answer === "string") {
        const lost = ";; connection timed out; no servers could be reached\n\n";
        return answer === "refused"
          ? waitThen(task, 0, `nslookup: read: Connection refused\n${lost}`, 1)
          : waitThen(task, 10, lost, 1);
      }
      if (answer.status !== "NOERROR") text += `** server can't find ${one}: ${answer.status}\n\n`;
      else if (answer.answers.length > 0) {
        hasAnswer = true;
        if (!answer.isAuthoritative) text += "Non-authoritative answer:\n";
        text += `${answer.answers.map((record) => nslookupLine(record, false)).join("")}\n`;
      } else if (type !== undefined) text += `*** Can't find ${one}: No answer\n\n`;
      else if (!answer.isAuthoritative) text += "Non-authoritative answer:\n\n";
    }
  }
  task.print(text);
  return hasAnswer ? 0 : 1;
}

/** Up to 1.28: what the C library resolves, with names of the addresses. */
function oldNslookup(task: Task<Waiting>, { name, server }: Lookup): Step {
  const nameOf = (ip: string): string => {
    const answer = task.query({ name: reverseName(ip), type: "PTR" }, server);
    const data = typeof answer === "string" ? undefined : answer.answers[0]?.data;
    return data === undefined ? "" : ` ${data.replace(/\.$/, "")}`;
  };
  const first = task.query({ name: "localhost.localdomain", type: "A" }, server);
  const head = `Server:    ${server}\nAddress 1: ${server}${typeof first === "string" ? "" : nameOf(server)}\n\n`;
  const found = typeof first === "string" ? [] : isAddress(name) ? [name] : task.resolve(name);
  if (found.length === 0) {
    const text = `${head}nslookup: can't resolve '${name}'\n`;
    return waitThen(task, typeof first === "string" ? 10 : 0, text, 1);
  }
  task.print(`${head}Name:      ${name}\n`);
  for (const [n, ip] of found.entries()) task.print(`Address ${n + 1}: ${ip}${nameOf(ip)}\n`);
  return 0;
}

interface Dig {
  name: string;
  type: string;
  server: string | undefined;
  port?: number;
  readonly shows: Record<string, boolean>;
}

const SECTIONS = ["cmd", "comments", "question", "answer", "authority", "additional", "stats"];

function digArguments(args: readonly string[]): Dig {
  const shows: Record<string, boolean> = Object.fromEntries(SECTIONS.map((section) => [section, true]));
  const dig: Dig = { name: "", type: "", server: undefined, shows };
  for (let n = 0; n < args.length; n += 1) {
    const arg = args[n] ?? "";
    const option = /^\+(no)?(\w+)/.exec(arg);
    if (option !== null) {
      const isOn = option[1] === undefined;
      if (option[2] === "all") for (const section of SECTIONS) shows[section] = isOn;
      else shows[option[2] ?? ""] = isOn;
    } else if (arg.startsWith("@")) dig.server = arg.slice(1);
    else if (arg === "-x") {
      n += 1;
      dig.name = reverseName(args[n] ?? "");
      dig.type = "PTR";
    } else if (arg === "-t" || arg === "-q" || arg === "-p" || arg === "-c" || arg === "-b") {
      n += 1;
      if (arg === "-t") dig.type = (args[n] ?? "A").toUpperCase();
      if (arg === "-q") dig.name = args[n] ?? "";
      if (arg === "-p") dig.port = Number(args[n] ?? 53);
    } else if (arg === "IN") continue;
    else if (TYPES.test(arg) && (dig.name !== "" || args.length > 1)) dig.type = arg.toUpperCase();
    else if (!arg.startsWith("-")) dig.name = arg;
  }
  if (dig.name === "") dig.type ||= "NS";
  return dig;
}

export const dig: Command<Waiting> = {
  name: "dig",
  comesWith: "extra",
  step(task) {
    if (task.state !== undefined) return giveUp(task);
    const args = task.argv.slice(1);
    const { name, type, server: given, port = 53, shows } = digArguments(args);
    const server = serverOf(task, given);
    const ask = (_: string, question: DnsQuestion): DnsAnswer | NetFailure => task.query(question, server, port);
    const config = { ...settings(task), servers: [server] };
    const whole = `${name.replace(/\.$/, "")}.`;
    const found = searchFor(config, shows["search"] === true ? name : whole, type === "" ? "A" : type, ask);
    const banner = `\n; <<>> DiG 9.20.11 <<>> ${args.join(" ")}\n`;
    if (typeof found.answer === "string") {
      const why = found.answer === "refused" ? "connection refused" : "timed out";
      const lines = `;; communications error to ${server}#${port}: ${why}\n`.repeat(3);
      const text = `${shows["short"] ? "" : `${banner};; global options: +cmd\n`}${lines};; no servers could be reached\n`;
      return waitThen(task, found.answer === "refused" ? 0 : 15, text, 9);
    }
    const { answers } = found.answer;
    if (shows["short"] === true) task.print(answers.map(({ data }) => `${data}\n`).join(""));
    else task.print(digText(task, { banner, server, shows, type: type === "" ? "A" : type }, found.name, found.answer));
    return 0;
  },
};

interface Asked {
  readonly banner: string;
  readonly server: string;
  readonly shows: Readonly<Record<string, boolean>>;
  readonly type: string;
}

function digText(task: Task, { banner, server, shows, type }: Asked, name: string, answer: DnsAnswer): string {
  const { status, isAuthoritative, answers, authority } = answer;
  const lines = (records: readonly DnsRecord[]): string =>
    records.map(({ name: one, type: kind, ttl, data }) => `${one}.\t${ttl}\tIN\t${kind}\t${data}\n`).join("");
  const flags = `qr${isAuthoritative ? " aa" : ""} rd${isAuthoritative ? "" : " ra"}`;
  let text = shows["cmd"] ? `${banner};; global options: +cmd\n` : "";
  if (shows["comments"]) {
    text +=
      `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: ${task.world.entropy.int(65_536)}\n` +
      `;; flags: ${flags}; QUERY: 1, ANSWER: ${answers.length}, AUTHORITY: ${authority.length}, ADDITIONAL: 1\n` +
      `${isAuthoritative ? ";; WARNING: recursion requested but not available\n" : ""}\n` +
      ";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n";
  }
  if (shows["question"]) text += `${shows["comments"] ? ";; QUESTION SECTION:\n" : ""};${name}.\t\tIN\t${type}\n\n`;
  if (shows["answer"] && answers.length > 0) {
    text += `${shows["comments"] ? ";; ANSWER SECTION:\n" : ""}${lines(answers)}${shows["comments"] ? "\n" : ""}`;
  }
  if (shows["authority"] && authority.length > 0) {
    text += `${shows["comments"] ? ";; AUTHORITY SECTION:\n" : ""}${lines(authority)}${shows["comments"] ? "\n" : ""}`;
  }
  if (shows["stats"]) {
    const transport = shows["tcp"] === true ? "TCP" : "UDP";
    text += `;; Query time: 0 msec\n;; SERVER: ${server}#53(${server}) (${transport})\n`;
    text += `;; WHEN: ${whenText(task.now)}\n;; MSG SIZE  rcvd: ${64 + 32 * answers.length}\n\n`;
  }
  return text;
}

/** `Sat Nov 28 00:44:33 UTC 2026` */
function whenText(at: number): string {
  const [week = "", day = "", month = "", year = "", time = ""] = new Date(at)
    .toUTCString()
    .replace(",", "")
    .split(" ");
  return `${week} ${month} ${day} ${time} UTC ${year}`;
}

export const host: Command<Waiting> = {
  name: "host",
  comesWith: "extra",
  step(task) {
    if (task.state !== undefined) return giveUp(task);
    const args = task.argv.slice(1);
    const typeAt = args.indexOf("-t");
    const type = typeAt < 0 ? undefined : args[typeAt + 1]?.toUpperCase();
    const [name = "", given] = args.filter((arg, n) => !arg.startsWith("-") && (typeAt < 0 || n !== typeAt + 1));
    const server = serverOf(task, given);
    const ask = (_: string, question: DnsQuestion): DnsAnswer | NetFailure => task.query(question, server);
    const isReverse = isAddress(name);
    const wanted = isReverse ? `${reverseName(name)}.` : name;
    const found = searchFor({ ...settings(task), servers: [server] }, wanted, isReverse ? "PTR" : (type ?? "A"), ask);
    if (typeof found.answer === "string") {
      return waitThen(task, 10, ";; connection timed out; no servers could be reached\n", 1);
    }
    const { status, answers } = found.answer;
    if (status !== "NOERROR") {
      task.print(`Host ${name} not found: ${status === "NXDOMAIN" ? 3 : 2}(${status})\n`);
      return 1;
    }
    if (answers.length === 0) task.print(`${found.name} has no ${type ?? "A"} record\n`);
    for (const record of answers) task.print(hostLine(record));
    return 0;
  },
};

function hostLine({ name, type, data }: DnsRecord): string {
  if (type === "A") return `${name} has address ${data}\n`;
  if (type === "CNAME") return `${name} is an alias for ${data}\n`;
  if (type === "PTR") return `${name} domain name pointer ${data}\n`;
  return type === "SRV" ? `${name} has SRV record ${data}\n` : `${name} ${type} ${data}\n`;
}

export const getent: Command = {
  name: "getent",
  step(task) {
    const [database = "", key] = task.argv.slice(1);
    if (/^(a?hosts(v4)?)$/.test(database) && key !== undefined) return hostsEntry(task, database, key);
    const text = task.readFile(`/etc/${database}`);
    if (typeof text === "number") {
      if (isBusybox(task)) return 1;
      return complain(task, `Unknown database: ${database}\nTry \`getent --help' for more information.`, 1);
    }
    const rows = text
      .split("\n")
      .filter((row) => row !== "" && (key === undefined || row.split(":")[0] === key || row.split(":")[2] === key));
    task.print(rows.map((row) => `${row}\n`).join(""));
    return rows.length === 0 ? 2 : 0;
  },
};

function hostsEntry(task: Task, database: string, key: string): number {
  const found = task.resolve(key);
  if (found.length === 0) return 2;
  const name = wholeName(task, key);
  if (database === "hosts") {
    for (const address of found) task.print(`${address.padEnd(15)} ${name}\n`);
    return 0;
  }
  for (const address of found) {
    task.print(`${address.padEnd(15)} STREAM ${name}\n${address.padEnd(15)} DGRAM  \n${address.padEnd(15)} RAW    \n`);
  }
  return 0;
}

/** The name of an answer: as /etc/hosts spells it, or whole, as the server did. */
function wholeName(task: Task, key: string): string {
  const lines = task.readFile("/etc/hosts");
  const line = String(lines)
    .split("\n")
    .map((one) => one.replace(/#.*/, "").trim().split(/\s+/))
    .find(([, ...names]) => names.includes(key));
  if (line !== undefined) return line.slice(1).join(" ");
  if (isAddress(key)) return key;
  return searchFor(settings(task), key, "A", (server, question) => task.query(question, server)).name;
}
