/**
 * The plugin rewrite: questions that are asked as others, and answers that are told as if they had not been.
 *
 * Models coredns/plugin/rewrite. Leaves out edns0, class, rcode and cname: they are refused.
 */
import { RE2JS, RE2JSException } from "re2js";
import type { DnsAnswer, DnsQuestion } from "#kernel/runtime/world";

type How = "exact" | "prefix" | "suffix" | "substring" | "regex";

export interface RewriteRule {
  readonly field: "name" | "type" | "ttl";
  readonly how: How;
  readonly from: string;
  readonly to: string;
  readonly pattern?: RE2JS;
  /** The next rules are tried as well. */
  readonly isContinued: boolean;
  /** How names of the answer are turned back: as they were asked, or by patterns. */
  readonly back: "asked" | readonly { readonly pattern: RE2JS; readonly to: string; readonly isValue: boolean }[];
}

const HOWS: readonly string[] = ["exact", "prefix", "suffix", "substring", "regex"];

const lower = (text: string): string => text.toLowerCase().replace(/\.$/, "");

/** Reads a rule: its words, and those of the lines in its block. A text says why it is none. */
export function rewriteRule(words: readonly string[], body: readonly (readonly string[])[]): RewriteRule | string {
  const isContinued = words[0] === "continue";
  const own = words[0] === "continue" || words[0] === "stop" ? words.slice(1) : words;
  const lines = own.length > 0 ? [own, ...body] : body;
  const [field = "", ...rest] = lines[0] ?? [];
  if (field !== "name" && field !== "type" && field !== "ttl")
    return `plugin/rewrite: ${field || "rule"} is not simulated`;
  const how = HOWS.includes(rest[0] ?? "") ? (rest.shift() as How) : "exact";
  const [from, to, ...more] = rest;
  if (from === undefined || to === undefined) return "plugin/rewrite: not enough arguments";
  const pattern = how === "regex" ? compiled(from) : undefined;
  if (typeof pattern === "string") return `plugin/rewrite: ${pattern}`;
  const answers: { pattern: RE2JS; to: string; isValue: boolean }[] = [];
  let isAuto = how === "exact";
  for (const [word, kind = "", one = "", other = ""] of [more, ...lines.slice(1)]) {
    if (word === undefined) continue;
    if (word !== "answer") return `plugin/rewrite: unknown word ${word}`;
    if (kind === "auto") isAuto = true;
    else {
      const read = compiled(one);
      if (typeof read === "string") return `plugin/rewrite: ${read}`;
      answers.push({ pattern: read, to: other, isValue: kind === "value" });
    }
  }
  return {
    field,
    how,
    from: lower(from),
    to: how === "regex" || field === "ttl" ? to : lower(to),
    ...(pattern !== undefined && { pattern }),
    isContinued,
    back: isAuto ? "asked" : answers,
  };
}

function compiled(text: string): RE2JS | string {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (error instanceof RE2JSException) return `invalid regex pattern: ${error.message}`;
    throw error;
  }
}

/** The question the rules make of a question, and what must be done to its answer. */
export interface Rewritten {
  readonly question: DnsQuestion;
  back(answer: DnsAnswer): DnsAnswer;
}

/** Applies the rules. */
export function rewrite(rules: readonly RewriteRule[], asked: DnsQuestion): Rewritten {
  let question = asked;
  const turns: ((answer: DnsAnswer) => DnsAnswer)[] = [];
  for (const rule of rules) {
    const before = question;
    const next = applied(rule, before);
    if (next === undefined) continue;
    question = next;
    turns.unshift((answer) => turnedBack(rule, before.name, next.name, answer));
    if (!rule.isContinued) break;
  }
  return { question, back: (answer) => turns.reduce((all, turn) => turn(all), answer) };
}

function applied({ field, how, from, to, pattern }: RewriteRule, question: DnsQuestion): DnsQuestion | undefined {
  const { name, type } = question;
  if (field === "type") return type === from.toUpperCase() ? { name, type: to.toUpperCase() } : undefined;
  const found = field === "ttl" && how === "exact" ? name === from : undefined;
  if (found !== undefined) return found ? question : undefined;
  switch (how) {
    case "exact":
      return name === from ? { name: to, type } : undefined;
    case "prefix":
      if (!name.startsWith(from)) return undefined;
      return field === "ttl" ? question : { name: to + name.slice(from.length), type };
    case "suffix":
      if (!name.endsWith(from)) return undefined;
      return field === "ttl" ? question : { name: name.slice(0, name.length - from.length) + to, type };
    case "substring":
      if (!name.includes(from)) return undefined;
      return field === "ttl" ? question : { name: name.replaceAll(from, to), type };
    default: {
      // CoreDNS asks patterns about the name with its last dot.
      const filled = pattern && filledIn(pattern, `${name}.`, to);
      if (filled === undefined) return undefined;
      return field === "ttl" ? question : { name: lower(filled), type };
    }
  }
}

/** `{1}` is the first group of what was found. */
function filledIn(pattern: RE2JS, text: string, to: string): string | undefined {
  const matcher = pattern.matcher(text);
  if (!matcher.find()) return undefined;
  const { length } = to;
  return length > 1_000 ? to : to.replace(/\{(\d)\}/g, (_, n: string) => groupOf(matcher, Number(n)));
}

const groupOf = (matcher: ReturnType<RE2JS["matcher"]>, n: number): string =>
  n <= matcher.groupCount() ? (matcher.group(n) ?? "") : "";

function turnedBack({ field, to, back }: RewriteRule, asked: string, sent: string, answer: DnsAnswer): DnsAnswer {
  if (field === "type") return answer;
  if (field === "ttl") {
    const [least = 0, most = least] = to.split("-").map(Number);
    const bounded = (ttl: number): number => Math.min(Math.max(ttl, least), most);
    return { ...answer, answers: answer.answers.map((one) => ({ ...one, ttl: bounded(one.ttl) })) };
  }
  const answers = answer.answers.map((record) => {
    if (back === "asked") return record.name === sent ? { ...record, name: asked } : record;
    let { name, data } = record;
    for (const { pattern, to: target, isValue } of back) {
      if (isValue) data = filledIn(pattern, data, target) ?? data;
      else name = lower(filledIn(pattern, `${name}.`, target) ?? name);
    }
    return { ...record, name, data };
  });
  return { ...answer, answers };
}
