/**
 * The Corefile of kube-system's ConfigMap coredns, as far as it changes answers: stub domains, hosts, rewrites.
 *
 * Models CoreDNS's server blocks with the plugins forward, hosts and rewrite.
 * Leaves out every other plugin: they change how fast and how an answer is given, or are not there in a usual image.
 */
import { parseIp } from "#kernel/apimachinery/ip";
import type { Client } from "#kernel/registry/client";
import { configmaps } from "#kernel/resources/core/configmap";

export interface ServerBlock {
  /** The zones it is for, without their last dot; "" is everything. */
  readonly zones: readonly string[];
  /** Servers that questions are passed to; undefined = it passes none on, "upstream" = the node's. */
  readonly forward: readonly string[] | "upstream" | undefined;
  /** Zones for which it forwards. */
  readonly forwardZone: string;
  /** Addresses by name. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Names that are asked for as others. */
  readonly rewrites: readonly { readonly from: string; readonly to: string; readonly isSuffix: boolean }[];
  readonly hasKubernetes: boolean;
}

/** The server blocks; undefined if there is no such ConfigMap. */
export function corefileOf(client: Client): readonly ServerBlock[] | undefined {
  const map = client.get(configmaps, { namespace: "kube-system", name: "coredns" });
  const text = map?.data?.["Corefile"];
  return text === undefined ? undefined : parseCorefile(text);
}

const memo = new Map<string, readonly ServerBlock[]>();

function parseCorefile(text: string): readonly ServerBlock[] {
  const known = memo.get(text);
  if (known !== undefined) return known;
  const blocks: ServerBlock[] = [];
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    at += 1;
    if (!line.endsWith("{")) continue;
    const body: string[] = [];
    let depth = 1;
    for (; at < lines.length && depth > 0; at += 1) {
      const inner = lines[at] ?? "";
      if (inner.endsWith("{")) depth += 1;
      if (inner === "}") depth -= 1;
      if (depth > 0) body.push(inner);
    }
    blocks.push(blockOf(line.slice(0, -1).trim(), body));
  }
  if (memo.size > 50) memo.clear();
  memo.set(text, blocks);
  return blocks;
}

const zoneOf = (text: string): string =>
  text
    .replace(/^dns:\/\//, "")
    .replace(/:\d+$/, "")
    .replace(/\.$/, "")
    .toLowerCase();

function blockOf(head: string, body: readonly string[]): ServerBlock {
  const hosts = new Map<string, string>();
  const rewrites: { from: string; to: string; isSuffix: boolean }[] = [];
  let forward: ServerBlock["forward"];
  let forwardZone = "";
  let plugin = "";
  for (const line of body) {
    const words = line.replace(/\{$/, "").trim().split(/\s+/);
    const [first = "", second = "", ...rest] = words;
    if (plugin === "hosts" && parseIp(first) !== undefined) {
      for (const name of words.slice(1)) hosts.set(name.toLowerCase(), first);
      continue;
    }
    if (line.endsWith("{")) plugin = first;
    else if (line === "}") plugin = "";
    if (first === "forward" || first === "proxy") {
      forwardZone = zoneOf(second);
      forward = rest.some((one) => one.startsWith("/")) ? "upstream" : rest.map(serverOf);
    } else if (first === "rewrite") {
      const args = words.slice(1).filter((word) => word !== "stop" && word !== "continue" && word !== "name");
      const isSuffix = args[0] === "suffix";
      const [from = "", to = ""] = args.filter((word) => word !== "exact" && word !== "suffix");
      if (from !== "" && to !== "") rewrites.push({ from: zoneOf(from), to: zoneOf(to), isSuffix });
    }
  }
  return {
    zones: head
      .split(/[\s,]+/)
      .filter((zone) => zone !== "")
      .map(zoneOf),
    forward,
    forwardZone,
    hosts,
    rewrites,
    hasKubernetes: body.some((line) => line.startsWith("kubernetes")),
  };
}

const serverOf = (text: string): string => text.replace(/^(dns|tls):\/\//, "").replace(/:\d+$/, "");

/** The block with the longest zone that a name is in. */
export function blockFor(blocks: readonly ServerBlock[], name: string): ServerBlock | undefined {
  let best: { readonly block: ServerBlock; readonly length: number } | undefined;
  for (const block of blocks) {
    for (const zone of block.zones) {
      const isIn = zone === "" || name === zone || name.endsWith(`.${zone}`);
      if (isIn && (best === undefined || zone.length > best.length)) best = { block, length: zone.length };
    }
  }
  return best?.block;
}

/** The name that is asked for instead. */
export function rewritten({ rewrites }: ServerBlock, name: string): string {
  for (const { from, to, isSuffix } of rewrites) {
    if (!isSuffix && name === from) return to;
    if (isSuffix && name.endsWith(from)) return name.slice(0, -from.length) + to;
  }
  return name;
}
