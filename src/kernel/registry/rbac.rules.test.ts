/**
 * Goal: a rule allows exactly what upstream's evaluation lets through, and what rules do not cover is named as there.
 * Method: tables of rules and deeds, and of rules owned and wanted.
 */
import { expect, test } from "vitest";
import type { PolicyRule } from "#kernel/api/types.gen";
import { type Deed, describeRules, missingRules, ruleAllows } from "#kernel/registry/rbac.rules";

const rule = (verbs: string, groups: string, resources: string, names?: string): PolicyRule => ({
  verbs: verbs.split(" "),
  apiGroups: groups.split(" ").map((group) => (group === "core" ? "" : group)),
  resources: resources.split(" "),
  ...(names !== undefined && { resourceNames: names.split(" ") }),
});
const paths = (verbs: string, urls: string): PolicyRule => ({
  verbs: verbs.split(" "),
  nonResourceURLs: urls.split(" "),
});
const deed = (verb: string, plural: string, more: Partial<Deed> = {}): Deed => ({ verb, plural, group: "", ...more });

test.each<[string, boolean, PolicyRule, Deed]>([
  ["the resource itself", true, rule("get", "core", "pods"), deed("get", "pods")],
  ["another verb", false, rule("get", "core", "pods"), deed("list", "pods")],
  ["another group", false, rule("get", "apps", "pods"), deed("get", "pods")],
  ["any group", true, rule("get", "*", "pods"), deed("get", "pods", { group: "metrics.k8s.io" })],
  ["a subresource needs its name", false, rule("get", "core", "pods"), deed("get", "pods", { subresource: "log" })],
  ["a subresource by name", true, rule("get", "core", "pods/log"), deed("get", "pods", { subresource: "log" })],
  ["that subresource anywhere", true, rule("get", "*", "*/scale"), deed("get", "pods", { subresource: "scale" })],
  [
    "all of a resource's subresources is no form",
    false,
    rule("get", "core", "pods/*"),
    deed("get", "pods", { subresource: "log" }),
  ],
  ["everything", true, rule("*", "*", "*"), deed("impersonate", "users", { subresource: "x" })],
  ["the named one", true, rule("get", "core", "secrets", "a b"), deed("get", "secrets", { name: "b" })],
  ["not another", false, rule("get", "core", "secrets", "a"), deed("get", "secrets", { name: "c" })],
  ["a list has no name", false, rule("list", "core", "secrets", "a"), deed("list", "secrets")],
  ["a path", true, paths("get", "/healthz"), { verb: "get", path: "/healthz" }],
  ["a path below", true, paths("get", "/healthz/*"), { verb: "get", path: "/healthz/etcd" }],
  ["not the path itself", false, paths("get", "/healthz/*"), { verb: "get", path: "/healthz" }],
  ["any path", true, paths("*", "*"), { verb: "post", path: "/x" }],
  ["rules of resources know no paths", false, rule("*", "*", "*"), { verb: "get", path: "/healthz" }],
])("%s: %s", (_title, isAllowed, one, asked) => {
  expect(ruleAllows(one, asked)).toBe(isAllowed);
});

test.each<[string, PolicyRule[], PolicyRule[], string]>([
  ["the same", [rule("get list", "core", "pods")], [rule("list", "core", "pods")], ""],
  ["in pieces", [rule("get", "core", "pods"), rule("list", "core", "pods")], [rule("get list", "core", "pods")], ""],
  [
    "verbs of one resource come together",
    [rule("get", "core", "pods")],
    [rule("get list watch", "core", "pods secrets")],
    '{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}\n' +
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "watch"]}',
  ],
  ["all covers names", [rule("get", "core", "secrets")], [rule("get", "core", "secrets", "a")], ""],
  [
    "names do not cover all",
    [rule("get", "core", "secrets", "a")],
    [rule("get", "core", "secrets")],
    '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
  ],
  [
    "one name does not cover another",
    [rule("get", "core", "secrets", "a")],
    [rule("get", "core", "secrets", "a b")],
    '{APIGroups:[""], Resources:["secrets"], ResourceNames:["b"], Verbs:["get"]}',
  ],
  [
    "only everything covers everything",
    [rule("get list", "*", "*")],
    [rule("*", "*", "*"), paths("*", "*")],
    '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
  ],
  ["a path below a star", [paths("get", "/api/*")], [paths("get", "/api/v1")], ""],
])("%s", (_title, owned, wanted, text) => {
  expect(describeRules(missingRules(owned, wanted))).toBe(text);
});
