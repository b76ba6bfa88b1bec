/**
 * nslookup, nc, ping, getent, dig, ip, ifconfig, netstat: names, connections and addresses.
 *
 * Leaves out raw and datagram traffic but the echo of ping: a simulated network carries names and connections.
 */
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import { type Command, complain, isBusybox, optionsOf } from "#kernel/runtime/shell/commands/command";

function nameserver(task: Task): string {
  const text = task.readFile("/etc/resolv.conf");
  return /^nameserver\s+(\S+)/m.exec(typeof text === "number" ? "" : text)?.[1] ?? "127.0.0.1";
}

/** Names to try, as the resolver does: below the search domains unless there are dots enough. */
function candidates(task: Task, name: string): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const text = task.readFile("/etc/resolv.conf");
  const search = /^search\s+(.*)$/m.exec(typeof text === "number" ? "" : text)?.[1]?.split(/\s+/) ?? [];
  const below = search.map((domain) => `${name}.${domain}`);
  return name.split(".").length > 5 ? [name, ...below] : [...below, name];
}

function lookup(
  task: Task,
  name: string,
): { readonly name: string; readonly addresses: readonly string[] } | undefined {
  const direct = task.resolve(name);
  if (direct.length === 0) return undefined;
  for (const candidate of candidates(task, name)) {
    const addresses = task.resolve(`${candidate}.`);
    if (addresses.length > 0) return { name: candidate, addresses };
  }
  return { name, addresses: direct };
}

export const nslookup: Command = {
  name: "nslookup",
  comesWith: "busybox",
  step(task) {
    const [name = "", server] = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    const address = server ?? nameserver(task);
    task.print(`Server:\t\t${address}\nAddress:\t${address}${isBusybox(task) ? ":53" : "#53"}\n\n`);
    const found = lookup(task, name);
    if (found === undefined) {
      task.print(`** server can't find ${candidates(task, name).at(-1)}: NXDOMAIN\n\n`);
      return 1;
    }
    for (const one of found.addresses) task.print(`Name:\t${found.name}\nAddress: ${one}\n`);
    task.print("\n");
    return 0;
  },
};

export const dig: Command = {
  name: "dig",
  comesWith: "extra",
  step(task) {
    const args = task.argv.slice(1);
    const name = args.find((arg) => !/^[-+@]/.test(arg) && !/^(A|AAAA|SRV|ANY|CNAME|PTR|TXT|MX|NS)$/.test(arg)) ?? ".";
    const type = args.find((arg) => /^(A|AAAA|SRV|ANY|CNAME|PTR|TXT|MX|NS)$/.test(arg)) ?? "A";
    const full = name.replace(/\.$/, "");
    const isSearching = args.includes("+search");
    const addresses =
      type === "A" || type === "ANY"
        ? isSearching
          ? (lookup(task, full)?.addresses ?? [])
          : task.resolve(`${full}.`)
        : [];
    if (args.includes("+short")) {
      task.print(addresses.map((address) => `${address}\n`).join(""));
      return 0;
    }
    task.print(`\n; <<>> DiG 9.20.11 <<>> ${args.join(" ")}\n;; global options: +cmd\n;; Got answer:\n`);
    task.print(
      `;; ->>HEADER<<- opcode: QUERY, status: ${addresses.length > 0 ? "NOERROR" : "NXDOMAIN"}, id: ${task.world.entropy.int(65_536)}\n`,
    );
    task.print(`;; flags: qr aa rd; QUERY: 1, ANSWER: ${addresses.length}, AUTHORITY: 0, ADDITIONAL: 1\n\n`);
    task.print(`;; QUESTION SECTION:\n;${full}.\t\tIN\t${type}\n\n`);
    if (addresses.length > 0)
      task.print(`;; ANSWER SECTION:\n${addresses.map((address) => `${full}.\t30\tIN\tA\t${address}\n`).join("")}\n`);
    task.print(`;; Query time: 0 msec\n;; SERVER: ${nameserver(task)}#53(${nameserver(task)}) (UDP)\n\n`);
    return 0;
  },
};

export const getent: Command = {
  name: "getent",
  step(task) {
    const [database, key] = task.argv.slice(1);
    if (database === "hosts" || database === "ahosts") {
      const found = key === undefined ? undefined : lookup(task, key);
      if (found === undefined) return 2;
      for (const address of found.addresses.slice(0, database === "hosts" ? 1 : undefined))
        task.print(`${address.padEnd(15)} ${found.name}\n`);
      return 0;
    }
    const text = task.readFile(`/etc/${database ?? ""}`);
    if (typeof text === "number") return 1;
    const rows = text
      .split("\n")
      .filter((row) => row !== "" && (key === undefined || row.split(":")[0] === key || row.split(":")[2] === key));
    task.print(rows.map((row) => `${row}\n`).join(""));
    return rows.length === 0 ? 2 : 0;
  },
};

interface Netcat {
  until: number;
  /** What listens keeps: whether somebody came. */
  port?: number;
}

export const nc: Command<Netcat> = {
  name: "nc",
  comesWith: "busybox",
  step(task) {
    const { flags, values, operands } = optionsOf(task.argv, "lp:w:vzuknie:s:N4q:");
    if (flags.has("l")) return listen(task, Number(values["p"] ?? operands.at(-1) ?? "0"));
    const [host = "", port = "0"] = operands;
    if (task.state !== undefined) {
      if (task.state.until > task.now) return { until: task.state.until };
      return complain(
        task,
        isBusybox(task) ? "timed out" : `connect to ${host} port ${port} (tcp) timed out: Operation now in progress`,
      );
    }
    const outcome = task.connect({ host, port: Number(port) });
    if (outcome === "open") return talk(task, host, Number(port), flags);
    if (outcome === "timeout") {
      task.state = { until: task.now + (values["w"] === undefined ? 127_000 : Number(values["w"]) * 1_000) };
      return { until: task.state.until };
    }
    if (outcome === "nxdomain") return complain(task, `bad address '${host}'`);
    return complain(
      task,
      `can't connect to remote host (${host}): ${outcome === "unreachable" ? "No route to host" : "Connection refused"}`,
    );
  },

  http(task, _port, request) {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    task.print(`${request.method} ${request.path} HTTP/1.1\r\n${headers.join("")}\r\n${request.body}`);
    const input = task.read(0) ?? "";
    if (!task.argv.some((arg) => /^-\w*k/.test(arg))) task.exit(0);
    const [head = "", ...rest] = input.split(/\r?\n\r?\n/);
    const status = /^HTTP\/1\.\d (\d+)/.exec(head)?.[1];
    if (status === undefined) return "reset";
    const fields = head
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(/:\s*(.*)/s));
    return {
      status: Number(status),
      headers: Object.fromEntries(fields.map(([name = "", value = ""]) => [name.toLowerCase(), value])),
      body: rest.join("\n\n"),
    };
  },
};

function listen(task: Task<Netcat>, port: number): Step {
  if (task.state === undefined) {
    task.state = { until: 0, port };
    if (!task.listen(port)) return complain(task, "bind: Address already in use");
  }
  return {};
}

/** Says what the standard input holds to a server that speaks HTTP. */
function talk(task: Task<Netcat>, host: string, port: number, flags: ReadonlySet<string>): Step {
  if (flags.has("z") || flags.has("v")) {
    const address = /^[\d.]+$/.test(host) ? host : (task.resolve(host)[0] ?? host);
    if (flags.has("v"))
      task.complain(
        isBusybox(task)
          ? `${host} (${address}:${port}) open\n`
          : `Connection to ${host} ${port} port [tcp/*] succeeded!\n`,
      );
    if (flags.has("z")) return 0;
  }
  let input = "";
  for (;;) {
    const text = task.read(0);
    if (text === undefined) return { read: 0 };
    if (text === "") break;
    input += text;
  }
  const [, method, path] = /^([A-Z]+) (\S+) HTTP\/1/.exec(input) ?? [];
  if (method === undefined || path === undefined) return 0;
  const [head = "", ...body] = input.split(/\r?\n\r?\n/);
  const fields = head
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(/:\s*(.*)/s));
  const headers = Object.fromEntries(
    fields.filter(([name]) => name !== "").map(([name = "", value = ""]) => [name.toLowerCase(), value]),
  );
  const answer = task.request({ host, port }, { method, path, headers: { host, ...headers }, body: body.join("\n\n") });
  if (typeof answer === "string") return 1;
  const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  task.print(`HTTP/1.1 ${answer.status}\r\n${lines.join("")}\r\n${answer.body}`);
  return 0;
}

interface Ping {
  sent: number;
  received: number;
  address: string;
  next: number;
}

export const ping: Command<Ping> = {
  name: "ping",
  comesWith: "busybox",
  step(task) {
    const { values, operands } = optionsOf(task.argv, "c:i:w:W:s:qt:nI:46");
    const [host = ""] = operands;
    if (task.state === undefined) {
      const address = /^[\d.]+$/.test(host) ? host : host === "localhost" ? "127.0.0.1" : task.resolve(host)[0];
      if (address === undefined)
        return complain(
          task,
          isBusybox(task) ? `bad address '${host}'` : `${host}: Name or service not known`,
          isBusybox(task) ? 1 : 2,
        );
      task.state = { sent: 0, received: 0, address, next: task.now };
      task.print(
        isBusybox(task)
          ? `PING ${host} (${address}): 56 data bytes\n`
          : `PING ${host} (${address}) 56(84) bytes of data.\n`,
      );
    }
    const { state } = task;
    const count = Number(values["c"] ?? "Infinity");
    while (state.next <= task.now) {
      if (state.sent >= count) return summary(task, state, host);
      const outcome = task.connect({ host: state.address, port: 7 });
      const isThere = outcome === "open" || outcome === "refused";
      if (isThere) {
        state.received += 1;
        task.print(
          isBusybox(task)
            ? `64 bytes from ${state.address}: seq=${state.sent} ttl=63 time=0.090 ms\n`
            : `64 bytes from ${state.address}: icmp_seq=${state.sent + 1} ttl=63 time=0.090 ms\n`,
        );
      }
      state.sent += 1;
      if (state.sent >= count && isThere) return summary(task, state, host);
      state.next += Number(values["i"] ?? "1") * 1_000;
      if (!task.spend()) return undefined;
    }
    return { until: state.next };
  },
  signal(task, signal) {
    if (signal !== "SIGINT" || task.state === undefined) return false;
    task.exit(summary(task, task.state, task.argv.at(-1) ?? ""));
    return true;
  },
};

function summary(task: Task<Ping>, { sent, received }: Ping, host: string): number {
  const loss = sent === 0 ? 0 : Math.round((100 * (sent - received)) / sent);
  const packets = isBusybox(task) ? `${received} packets received` : `${received} received`;
  task.print(`\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${packets}, ${loss}% packet loss\n`);
  if (received > 0)
    task.print(
      isBusybox(task)
        ? "round-trip min/avg/max = 0.090/0.090/0.090 ms\n"
        : "rtt min/avg/max/mdev = 0.090/0.090/0.090/0.000 ms\n",
    );
  return received > 0 ? 0 : 1;
}

export const ip: Command = {
  name: "ip",
  comesWith: "busybox",
  step(task) {
    const [what = ""] = task.argv.slice(1).filter((arg) => !arg.startsWith("-"));
    const address = task.record.podIP;
    if (/^r/.test(what)) {
      const gateway = address.replace(/\.\d+$/, ".1");
      task.print(`default via ${gateway} dev eth0 \n`);
    } else {
      task.print(
        `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n` +
          `2: eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue \n    link/ether ${mac(address)} brd ff:ff:ff:ff:ff:ff\n    inet ${address}/24 brd ${address.replace(/\.\d+$/, ".255")} scope global eth0\n       valid_lft forever preferred_lft forever\n`,
      );
    }
    return 0;
  },
};

function mac(address: string): string {
  return `0a:58:${address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":")}`;
}

export const ifconfig: Command = {
  name: "ifconfig",
  comesWith: "busybox",
  step(task) {
    const address = task.record.podIP;
    task.print(
      `eth0      Link encap:Ethernet  HWaddr ${mac(address).toUpperCase()}  \n          inet addr:${address}  Bcast:${address.replace(/\.\d+$/, ".255")}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n` +
        `lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n`,
    );
    return 0;
  },
};

export const netstat: Command = {
  name: "netstat",
  comesWith: "busybox",
  step(task) {
    task.print(
      "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State       \n",
    );
    for (const { listening = [] } of Object.values(task.sandbox.look.processes)) {
      for (const port of listening)
        task.print(`tcp        0      0 ${`0.0.0.0:${port}`.padEnd(23)} 0.0.0.0:*               LISTEN      \n`);
    }
    return 0;
  },
};
