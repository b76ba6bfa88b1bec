/**
 * The plugin template: answers made up from the question.
 *
 * Models coredns/plugin/template. Leaves out what its templates can do beyond naming the question and its groups.
 */
import { RE2JS, RE2JSException } from "re2js";
import type { Line } from "#kernel/runtime/images/coredns/corefile";
import { isIn, zoneOf } from "#kernel/runtime/images/coredns/server";
import type { DnsAnswer, DnsQuestion, DnsRecord } from "#kernel/runtime/world";

export interface Template {
  readonly type: string;
  readonly zones: readonly string[];
  readonly patterns: readonly RE2JS[];
  readonly answers: readonly string[];
  readonly status: DnsAnswer["status"];
  readonly fallthrough: readonly string[] | undefined;
}

const STATUSES: readonly string[] = ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"];
const KNOWN = /\{\{\s*(?:\.(Name|Zone|Class|Type)|\.Group\.(\w+)|index\s+\.Match\s+(\d+))\s*\}\}/g;

/** Reads a template; a text says why it is none. */
export function templateOf({ words, body }: Line, blockZones: readonly string[]): Template | string {
  const [, kind = "IN", type = "ANY", ...zones] = words;
  if (kind.toUpperCase() !== "IN" && kind.toUpperCase() !== "ANY")
    return `plugin/template: class ${kind} is not simulated`;
  const patterns: RE2JS[] = [];
  const answers: string[] = [];
  let status: DnsAnswer["status"] = "NOERROR";
  let fallthrough: readonly string[] | undefined;
  for (const {
    words: [word = "", ...args],
  } of body) {
    if (word === "match") {
      for (const one of args) {
        const read = compiled(one);
        if (typeof read === "string") return read;
        patterns.push(read);
      }
    } else if (word === "answer") answers.push(...(args.length > 1 ? [args.join(" ")] : args));
    else if (word === "rcode" && STATUSES.includes(args[0]?.toUpperCase() ?? "")) {
      status = args[0]?.toUpperCase() as DnsAnswer["status"];
    } else if (word === "fallthrough") fallthrough = args.length > 0 ? args.map(zoneOf) : [""];
    else if (!["additional", "authority", "ederror"].includes(word))
      return `plugin/template: unknown property '${word}'`;
  }
  const odd = answers.find((one) => one.replace(KNOWN, "").includes("{{"));
  if (odd !== undefined) return `plugin/template: ${odd} is not simulated`;
  return {
    type: type.toUpperCase(),
    zones: zones.length > 0 ? zones.map(zoneOf) : blockZones,
    patterns,
    answers,
    status,
    fallthrough,
  };
}

function compiled(text: string): RE2JS | string {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (error instanceof RE2JSException) return `plugin/template: could not parse regex: ${error.message}`;
    throw error;
  }
}

/** What a template makes of a question; undefined if it is not for it. */
export function fromTemplate(
  { type, zones, patterns, answers, status, fallthrough }: Template,
  { name, type: asked }: DnsQuestion,
): DnsAnswer | undefined {
  const zone = zones.filter((one) => isIn(name, one)).sort((a, b) => b.length - a.length)[0];
  if (zone === undefined || (type !== "ANY" && type !== asked)) return undefined;
  const whole = `${name}.`;
  const matchers = patterns.map((pattern) => pattern.matcher(whole));
  const matcher = patterns.length === 0 ? undefined : matchers.find((one) => one.find());
  if (patterns.length > 0 && matcher === undefined) {
    if (fallthrough?.some((one) => isIn(name, one)) === true) return undefined;
    return { status: "NXDOMAIN", isAuthoritative: false, answers: [], authority: [] };
  }
  const fill = (text: string): string =>
    text.replace(KNOWN, (_, field?: string, group?: string, index?: string) => {
      if (field !== undefined) return { Name: whole, Zone: `${zone}.`, Class: "IN", Type: asked }[field] ?? "";
      if (index !== undefined) return matcher?.group(Number(index)) ?? "";
      return group === undefined ? "" : (matcher?.group(group) ?? "");
    });
  const records = answers.flatMap((text) => recordOf(fill(text)));
  return { status, isAuthoritative: true, answers: records, authority: [] };
}

/** `NAME [TTL] [IN] TYPE DATA` */
function recordOf(text: string): DnsRecord[] {
  const [, name = "", ttl = "3600", type = "", data = ""] =
    /^(\S+?)\.?\s+(?:(\d+)\s+)?(?:IN\s+)?([A-Za-z]+)\s+(.+)$/.exec(text.trim()) ?? [];
  return name === "" ? [] : [{ name: name.toLowerCase(), type: type.toUpperCase(), ttl: Number(ttl), data }];
}
