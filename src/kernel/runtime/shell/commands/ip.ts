/**
 * ip: interfaces, their addresses and routes; whoever may administer the network adds links and takes them away.
 *
 * Models busybox networking/ip.c.
 * Leaves out neighbours, rules, tunnels and changes of addresses and routes: they are refused by name.
 */
import { hasCapability } from "#kernel/runtime/process/capabilities";
import type { Task } from "#kernel/runtime/process/task";
import type { Command } from "#kernel/runtime/shell/commands/command";

interface Link {
  readonly name: string;
  readonly head: string;
  readonly ether: string;
  readonly addresses: readonly string[];
}

const FOREVER = "valid_lft forever preferred_lft forever";
const NOT_PERMITTED = "RTNETLINK answers: Operation not permitted";

/** The hardware address of an interface with this address, as bridges of pods make it. */
export function hardwareAddress(address: string): string {
  const parts = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return `0a:58:${parts.join(":")}`;
}

function linksOf(task: Task): Link[] {
  const { podIP } = task.record;
  const none = "00:00:00:00:00:00";
  const all = "ff:ff:ff:ff:ff:ff";
  const network = podIP.replace(/\.\d+$/, ".255");
  return [
    {
      name: "lo",
      head: "lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000",
      ether: `link/loopback ${none} brd ${none}`,
      addresses: ["inet 127.0.0.1/8 scope host lo"],
    },
    {
      name: "eth0",
      head: "eth0@if5: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue ",
      ether: `link/ether ${hardwareAddress(podIP)} brd ${all}`,
      addresses: [`inet ${podIP}/24 brd ${network} scope global eth0`],
    },
    ...(task.sandbox.look.links ?? []).map((name, n) => ({
      name,
      head: `${name}: <BROADCAST,NOARP> mtu 1500 qdisc noop qlen 1000`,
      ether: `link/ether 0a:58:00:00:00:${(n + 16).toString(16)} brd ${all}`,
      addresses: [],
    })),
  ];
}

function fail(task: Task, why: string, code: number): number {
  task.complain(`ip: ${why}\n`);
  return code;
}

export const ip: Command = {
  name: "ip",
  comesWith: "busybox",
  step(task) {
    const options = task.argv.slice(1).filter((arg) => arg.startsWith("-"));
    const [what = "", ...rest] = task.argv.slice(1).filter((arg) => !arg.startsWith("-") && arg !== "inet");
    const [verb = "show", ...args] = rest;
    const isShown = /^(show|list|ls|l|s|sh)$/.test(verb);
    if (/^r(o|ou|out|oute)?$/.test(what) && isShown) return showRoutes(task);
    if (!/^(a(d|dd|ddr|ddress)?|l(i|in|ink)?)$/.test(what)) return fail(task, `${what}: is not simulated`, 1);
    const isAddress = what.startsWith("a");
    if (isShown) {
      const name = args.find((arg) => arg !== "dev" && arg !== "up");
      return show(task, { name, isAddress, isOneLine: options.includes("-o"), family: options.join(" ") });
    }
    if (!isAddress && verb === "add") return addLink(task, args);
    if (!isAddress && /^del/.test(verb)) return deleteLink(task, args);
    if (!isAddress && verb === "set") return setLink(task, args);
    return fail(task, `${what} ${verb}: is not simulated`, 1);
  },
};

interface Wanted {
  readonly name: string | undefined;
  readonly isAddress: boolean;
  readonly isOneLine: boolean;
  readonly family: string;
}

function show(task: Task, { name, isAddress, isOneLine, family }: Wanted): number {
  const links = linksOf(task);
  if (name !== undefined && !links.some((link) => link.name === name)) {
    return fail(task, `can't find device '${name}'`, 1);
  }
  const addressesOf = (link: Link): readonly string[] => (family.includes("-6") ? [] : link.addresses);
  for (const [n, link] of links.entries()) {
    if (name !== undefined && link.name !== name) continue;
    if (isOneLine && isAddress) {
      for (const line of addressesOf(link)) task.print(`${n + 1}: ${link.name}    ${line}\\       ${FOREVER}\n`);
      continue;
    }
    task.print(`${n + 1}: ${link.head}${isOneLine ? "\\" : "\n"}    ${link.ether}\n`);
    if (!isAddress) continue;
    for (const line of addressesOf(link)) task.print(`    ${line}\n       ${FOREVER}\n`);
  }
  return 0;
}

function showRoutes(task: Task): number {
  const { podIP } = task.record;
  const network = podIP.replace(/\.\d+$/, "");
  task.print(`default via ${network}.1 dev eth0 \n${network}.0/24 via ${network}.1 dev eth0  src ${podIP} \n`);
  return 0;
}

const mayAdminister = (task: Task): boolean => task.uid === 0 && hasCapability(task.record, "NET_ADMIN");

const MAX_LINKS = 16;

function addLink(task: Task, args: readonly string[]): number {
  const at = args.indexOf("type");
  const type = at < 0 ? "" : (args[at + 1] ?? "");
  const named = args.filter((arg, n) => n < (at < 0 ? args.length : at) && arg !== "dev" && arg !== "name")[0];
  const links = task.sandbox.look.links ?? [];
  const name = named ?? `${type}${links.length}`;
  if (!mayAdminister(task)) return fail(task, NOT_PERMITTED, 2);
  if (type !== "dummy" && type !== "bridge") return fail(task, "RTNETLINK answers: Operation not supported", 2);
  if (linksOf(task).some((link) => link.name === name)) return fail(task, "RTNETLINK answers: File exists", 2);
  if (links.length >= MAX_LINKS) return fail(task, "RTNETLINK answers: Cannot allocate memory", 2);
  task.sandbox.computer.links = [...links, name];
  return 0;
}

function deleteLink(task: Task, args: readonly string[]): number {
  const name = args.find((arg) => arg !== "dev") ?? "";
  const links = task.sandbox.look.links ?? [];
  if (!linksOf(task).some((link) => link.name === name)) return fail(task, `can't find device '${name}'`, 1);
  if (!mayAdminister(task)) return fail(task, NOT_PERMITTED, 2);
  if (!links.includes(name)) return fail(task, "RTNETLINK answers: Operation not supported", 2);
  task.sandbox.computer.links = links.filter((link) => link !== name);
  return 0;
}

function setLink(task: Task, args: readonly string[]): number {
  const [name = "", ...changes] = args.filter((arg) => arg !== "dev");
  if (!linksOf(task).some((link) => link.name === name)) {
    return fail(task, `ioctl 0x8913 failed: No such device`, 1);
  }
  if (!mayAdminister(task)) return fail(task, "ioctl 0x8914 failed: Operation not permitted", 1);
  return changes.every((change) => change === "up")
    ? 0
    : fail(task, `link set ${changes.join(" ")}: is not simulated`, 1);
}
