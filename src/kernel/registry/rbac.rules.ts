/**
 * Policy rules: whether one allows a request, and whether some rules cover others.
 *
 * Models component-helpers/auth/rbac/validation (Covers) and pkg/apis/rbac/v1/evaluation_helpers.go.
 */
import type { PolicyRule } from "#kernel/api/types.gen";
import { compareText, quote } from "#kernel/apimachinery/go-text";

const ANY = "*";

/** What a request does, as far as rules look at it. */
export interface Deed {
  readonly verb: string;
  /** The path of a request that is about no resource; the other fields do not matter then. */
  readonly path?: string;
  readonly group?: string;
  readonly plural?: string;
  readonly subresource?: string;
  readonly name?: string;
}

/** Whether a rule allows a deed. */
export function ruleAllows(rule: PolicyRule, deed: Deed): boolean {
  if (!has(rule.verbs, deed.verb)) return false;
  if (deed.path !== undefined) return (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, deed.path ?? ""));
  const { group = "", plural = "", subresource = "", name = "" } = deed;
  const resource = subresource === "" ? plural : `${plural}/${subresource}`;
  if (!has(rule.apiGroups, group) || !hasResource(rule.resources ?? [], resource)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

const has = (list: readonly string[] | undefined, one: string): boolean =>
  list?.some((item) => item === one || item === ANY) === true;

/** `pods/log` is covered by itself, by everything, and by that subresource of everything. */
function hasResource(list: readonly string[], resource: string): boolean {
  const slash = resource.indexOf("/");
  const anywhere = slash < 0 ? undefined : `*${resource.slice(slash)}`;
  return list.some((item) => item === ANY || item === resource || item === anywhere);
}

const urlCovers = (url: string, path: string): boolean =>
  url === ANY || url === path || (url.endsWith(ANY) && path.startsWith(url.replace(/\*+$/, "")));

/** What is asked for in `wanted` and not had through `owned`, taken apart to single permissions. */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !owned.some((rule) => covers(rule, part)));
}

/** The permissions of a rule one by one. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  const names = rule.resourceNames ?? [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (names.length === 0) parts.push(part);
        else parts.push(...names.map((name) => ({ ...part, resourceNames: [name] })));
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    parts.push(...rule.verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] })));
  }
  return parts;
}

/** Whether a rule gives a single permission. */
function covers(rule: PolicyRule, part: PolicyRule): boolean {
  if (!part.verbs.every((verb) => has(rule.verbs, verb))) return false;
  if (!(part.apiGroups ?? []).every((group) => has(rule.apiGroups, group))) return false;
  if (!(part.resources ?? []).every((resource) => hasResource(rule.resources ?? [], resource))) return false;
  const urls = rule.nonResourceURLs ?? [];
  if (!(part.nonResourceURLs ?? []).every((path) => urls.some((url) => urlCovers(url, path)))) return false;
  const [owned, wanted] = [rule.resourceNames ?? [], part.resourceNames ?? []];
  if (owned.length === 0) return true;
  return wanted.length > 0 && wanted.every((name) => owned.includes(name));
}

/** Permissions of one resource become one rule again. */
function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    const { apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
    if (apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1 || nonResourceURLs.length > 0) {
      others.push(rule);
      continue;
    }
    const id = JSON.stringify([apiGroups, resources, resourceNames]);
    const known = simple.get(id);
    if (known === undefined) simple.set(id, { ...rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs);
  }
  return [...others, ...simple.values()];
}

/** Rules as the refusal of an escalation lists them, one per line. */
export function describeRules(rules: readonly PolicyRule[]): string {
  return [...new Set(compactRules(rules).map(describe))].sort(compareText).join("\n");
}

const FIELDS = [
  ["APIGroups", "apiGroups"],
  ["Resources", "resources"],
  ["NonResourceURLs", "nonResourceURLs"],
  ["ResourceNames", "resourceNames"],
  ["Verbs", "verbs"],
] as const;

function describe(rule: PolicyRule): string {
  const parts = FIELDS.flatMap(([title, field]) => {
    const list = rule[field] ?? [];
    return list.length === 0 ? [] : [`${title}:${quoteList(list)}`];
  });
  return `{${parts.join(", ")}}`;
}

/** A list of texts as Go's %q prints it. */
export const quoteList = (list: readonly string[]): string => `[${list.map(quote).join(" ")}]`;
