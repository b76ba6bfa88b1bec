/**
 * Goal: names and metadata are refused with upstream's texts.
 * Method: tables of values and messages.
 */
import { expect, test } from "vitest";
import { collector, errorText } from "#kernel/apimachinery/field-errors";
import * as names from "#kernel/apimachinery/names";

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and " +
  "end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test.each<[names.Format, string, string[]]>([
  [names.dns1123Label, "a-1", []],
  [names.dns1123Label, "a.b", ["must not contain dots"]],
  [names.dns1123Label, "a".repeat(64), ["must be no more than 63 characters"]],
  [
    names.dns1123Label,
    "A",
    [
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " +
        "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
        "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [names.dns1123Subdomain, "a.b-c.d", []],
  [names.dns1123Subdomain, "My_Name", [subdomainRule]],
  [names.dns1123Subdomain, "a\n", [subdomainRule]],
  [
    names.dns1035Label,
    "1a",
    [
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic " +
        "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation " +
        "is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [names.qualifiedName, "example.com/My_Name", []],
  [
    names.qualifiedName,
    "a/b/c",
    [
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' " +
        "(e.g. 'example.com/MyName')",
    ],
  ],
  [names.qualifiedName, "/a", ["prefix part must be non-empty"]],
  [names.qualifiedName, `a/${"b".repeat(64)}`, ["name part must be no more than 63 bytes"]],
  [names.labelValue, "", []],
  [names.labelValue, "x".repeat(64), ["must be no more than 63 bytes"]],
  [names.portName, "http-1", []],
  [names.portName, "80", ["must contain at least one letter (a-z)"]],
  [names.portName, "a--b", ["must not contain consecutive hyphens"]],
  [names.portName, "-a", ["must not begin or end with a hyphen"]],
  [names.portName, "a".repeat(16), ["must be no more than 15 characters"]],
  [names.percent, "25%", []],
  [names.relaxedEnvVarName, "A B.1", []],
  [
    names.relaxedEnvVarName,
    "A=B",
    ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
  ],
  [names.configMapKey, "..", ["must not be '..'"]],
  [names.configMapKey, "..a", ["must not start with '..'"]],
  [names.pathSegmentName, "a/b%", ["may not contain '/'", "may not contain '%'"]],
  [names.pathSegmentName, ".", ["may not be '.'"]],
  [names.asPrefix(names.dns1123Label), "web-", []],
  [names.ipAddress, "10.0.0.1", []],
  [names.ipAddress, "::1", []],
  [names.ipAddress, "10.0.0.256", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
  [names.ipAddress, "010.0.0.1", ["must not have leading 0s"]],
  [names.cidr, "10.0.0.0/8", []],
  [names.cidr, "fd00::/64", []],
  [names.cidr, "10.0.0.0", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]],
  [names.cidr, "10.0.0.0/33", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]],
])("%o of %j", (format, value, expected) => {
  expect(format(value)).toEqual(expected);
});

function problems(meta: names.ValidatedMeta, namespaced = true): string[] {
  const at = collector("metadata");
  names.validateObjectMeta({ meta, namespaced, nameFormat: names.dns1123Subdomain, at });
  return at.errors.map(errorText);
}

const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "a", uid: "1", controller: true };

test("metadata on creation", () => {
  expect(problems({ name: "x", namespace: "default" })).toEqual([]);
  expect(problems({})).toEqual([
    "metadata.name: Required value: name or generateName is required",
    "metadata.namespace: Required value",
  ]);
  expect(problems({ name: "x", namespace: "default" }, false)).toEqual([
    "metadata.namespace: Forbidden: not allowed on this type",
  ]);
  expect(problems({ name: "My_Name", namespace: "default" })).toEqual([
    `metadata.name: Invalid value: "My_Name": ${subdomainRule}`,
  ]);
  expect(problems({ name: "x", namespace: "d", annotations: { a: "b".repeat(262144) } })).toEqual([
    "metadata.annotations: Too long: may not be more than 262144 bytes",
  ]);
  expect(problems({ name: "x", namespace: "d", annotations: { "Example.COM/a": "b" } })).toEqual([]);
  expect(problems({ name: "x", namespace: "d", finalizers: ["orphan", "foregroundDeletion"] })).toEqual([
    'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: ' +
      "finalizer orphan and foregroundDeletion cannot be both set",
  ]);
  expect(problems({ name: "x", namespace: "d", ownerReferences: [owner, { ...owner, name: "b" }] })).toEqual([
    expect.stringContaining(
      'Only one reference can have Controller set to true. Found "true" in references for ' +
        "ReplicaSet/a and ReplicaSet/b",
    ),
  ]);
  expect(problems({ name: "x", namespace: "d", ownerReferences: [{ apiVersion: "v1", kind: "Pod" }] })).toEqual([
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
    'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
  ]);
});

test("metadata on update", () => {
  const old = { name: "x", namespace: "d", uid: "1", resourceVersion: "1", generation: 2, finalizers: ["a/b"] };
  const check = (meta: names.ValidatedMeta, before: names.ValidatedMeta = old): string[] => {
    const at = collector("metadata");
    names.validateObjectMetaUpdate(meta, before, at);
    return at.errors.map(errorText);
  };
  expect(check(old)).toEqual([]);
  expect(check({ ...old, uid: "2", resourceVersion: "", generation: 1 })).toEqual([
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    "metadata.generation: Invalid value: 1: must not be decremented",
    'metadata.uid: Invalid value: "2": field is immutable',
  ]);
  const going = { ...old, deletionTimestamp: "2026-01-01T00:00:00Z" };
  expect(check({ ...going, finalizers: ["c/d", "a/b"] }, going)).toEqual([
    "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, " +
      'found new finalizers []string{"c/d"}',
  ]);
});
