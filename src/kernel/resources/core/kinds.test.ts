/**
 * Goal: Namespace, ConfigMap, Secret, ServiceAccount, Endpoints, Event, EndpointSlice and Lease are defaulted, refused,
 * changed and printed as v1.36 does.
 * Method: write drafts through a registry; tables of bad drafts and the exact texts.
 */
import { describe, expect, test } from "vitest";
import { StatusError } from "#kernel/apimachinery/errors";
import type { AnyResource, Column } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { leases } from "#kernel/resources/coordination/lease";
import { configmaps } from "#kernel/resources/core/configmap";
import { endpoints } from "#kernel/resources/core/endpoints";
import { events } from "#kernel/resources/core/event";
import { namespaces } from "#kernel/resources/core/namespace";
import { secrets } from "#kernel/resources/core/secret";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const resources = [
  namespaces,
  configmaps,
  secrets,
  serviceaccounts,
  endpoints,
  events,
  endpointslices,
  leases,
] as readonly AnyResource[];

function newClient() {
  const parts = { store: new Store(), entropy: Entropy.seeded(5), resources, admission: [], now: () => NOW };
  return new Registry(parts).as(CLUSTER_ADMIN, "test");
}

const metadata = { name: "x", namespace: "default" };
const key = { namespace: "default", name: "x" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^\S+ "x" is invalid: /, "");
    throw error;
  }
  return "";
}

// biome-ignore lint/suspicious/noExplicitAny: the table mixes kinds.
const cells = (resource: AnyResource, object: any) =>
  ((resource.table ?? resource.columns ?? []) as readonly Column<unknown>[]).map(({ cell }) => cell(object, NOW));

const configKey =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const frozen = "Forbidden: field is immutable when `immutable` is set";

describe("what is refused on creation", () => {
  test.each<[string, AnyResource, object, string]>([
    ["a config key", configmaps, { data: { "a b": "" } }, `data[a b]: Invalid value: "a b": ${configKey}`],
    [
      "a key in both maps",
      configmaps,
      { data: { a: "" }, binaryData: { a: "" } },
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
    [
      "too much configuration",
      configmaps,
      { data: { a: "x".repeat(1_048_577) } },
      "[]: Too long: may not be more than 1048576 bytes",
    ],
    [
      "too much secrecy",
      secrets,
      { stringData: { a: "x".repeat(1_048_577) } },
      "data: Too long: may not be more than 1048576 bytes",
    ],
    ["a secret key", secrets, { data: { "..": "" } }, "data[..]: Invalid value: \"..\": must not be '..'"],
    [
      "a token of nobody",
      secrets,
      { type: "kubernetes.io/service-account-token" },
      "metadata.annotations[kubernetes.io/service-account.name]: Required value",
    ],
    [
      "no docker config",
      secrets,
      { type: "kubernetes.io/dockerconfigjson" },
      "data[.dockerconfigjson]: Required value",
    ],
    [
      "a docker config that is no JSON",
      secrets,
      { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "{" } },
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
    ],
    [
      "no certificate",
      secrets,
      { type: "kubernetes.io/tls" },
      "[data[tls.crt]: Required value, data[tls.key]: Required value]",
    ],
    [
      "neither user nor password",
      secrets,
      { type: "kubernetes.io/basic-auth" },
      "[data[username]: Required value, data[password]: Required value]",
    ],
    ["no key", secrets, { type: "kubernetes.io/ssh-auth" }, "data[ssh-privatekey]: Required value"],
    [
      "an empty subset",
      endpoints,
      { subsets: [{ ports: [{ port: 80 }] }] },
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
    ],
    [
      "an address of the machine",
      endpoints,
      { subsets: [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ port: 80 }] }] },
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
    [
      "a nameless port of two",
      endpoints,
      { subsets: [{ addresses: [{ ip: "10.0.0.1" }], ports: [{ port: 80 }, { name: "b", port: 81 }] }] },
      "subsets[0].ports[0].name: Required value",
    ],
    ["no address type", endpointslices, { addressType: "" }, "addressType: Required value"],
    [
      "an address type there is none of",
      endpointslices,
      { addressType: "MAC" },
      'addressType: Unsupported value: "MAC": supported values: "FQDN", "IPv4", "IPv6"',
    ],
    [
      "no address",
      endpointslices,
      { addressType: "IPv4", endpoints: [{ addresses: [] }] },
      "endpoints[0].addresses: Required value: must contain at least 1 address",
    ],
    [
      "an address of another type",
      endpointslices,
      { addressType: "IPv4", endpoints: [{ addresses: ["fd00::1"] }] },
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address',
    ],
    [
      "a port's protocol",
      endpointslices,
      { addressType: "IPv4", ports: [{ port: 80, protocol: "HTTP" }] },
      'ports[0].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      "too many endpoints",
      endpointslices,
      { addressType: "IPv4", endpoints: Array(1001).fill({ addresses: ["10.0.0.1"] }) },
      "endpoints: Too many: 1001: must have at most 1000 items",
    ],
    [
      "a lease of no time",
      leases,
      { spec: { leaseDurationSeconds: 0 } },
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
    ],
    [
      "a lease of negative moves",
      leases,
      { spec: { leaseTransitions: -1 } },
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      "an event elsewhere",
      events,
      { involvedObject: { namespace: "other" } },
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
    [
      "an event that says when and not who",
      events,
      { involvedObject: { namespace: "default" }, eventTime: "2026-05-01T10:00:00.000000Z", reportingComponent: "a/b" },
      "[reportingInstance: Required value, action: Required value, reason: Required value]",
    ],
  ])("%s", (_title, resource, body, text) => {
    expect(problemOf(() => newClient().create(resource, { metadata, ...body }))).toBe(text);
  });
});

test("an immutable ConfigMap or Secret stays what it is", () => {
  const client = newClient();
  const map = client.create(configmaps, { metadata, data: { a: "1" }, immutable: true });
  expect(problemOf(() => client.update(configmaps, { ...map, data: { a: "2" } }))).toBe(`data: ${frozen}`);
  expect(problemOf(() => client.update(configmaps, { ...map, immutable: false }))).toBe(`immutable: ${frozen}`);
  const secret = client.create(secrets, { metadata, stringData: { a: "1" }, immutable: true });
  expect(problemOf(() => client.update(secrets, { ...secret, data: {} }))).toBe(`data: ${frozen}`);
  expect(problemOf(() => client.update(secrets, { ...secret, type: "custom" }))).toBe(
    'type: Invalid value: "custom": field is immutable',
  );
});

test("stringData is folded into data and forgotten", () => {
  const stringData = { b: "g\u00fcnstig \u{1f642}", a: "new" };
  const secret = newClient().create(secrets, { metadata, data: { a: base64("old"), c: base64("kept") }, stringData });
  expect(secret).not.toHaveProperty("stringData");
  expect(secret.type).toBe("Opaque");
  expect(secret.data).toEqual({ a: base64("new"), b: base64(stringData.b), c: base64("kept") });
});

describe("namespaces", () => {
  test("a new one is active, held by its finalizer, and labelled with its name", () => {
    const client = newClient();
    const made = client.create(namespaces, { metadata: { name: "x" }, spec: {}, status: { phase: "Terminating" } });
    expect(made.metadata.labels).toEqual({ "kubernetes.io/metadata.name": "x" });
    expect([made.spec, made.status]).toEqual([{ finalizers: ["kubernetes"] }, { phase: "Active" }]);
    const named = client.create(namespaces, { metadata: { generateName: "y-" }, spec: {} });
    expect(named.metadata.labels?.["kubernetes.io/metadata.name"]).toBe(named.metadata.name);
  });

  test("it goes when its finalizer does, through finalize alone", () => {
    const client = newClient();
    const made = client.create(namespaces, { metadata: { name: "x" }, spec: {} });
    const going = client.delete(namespaces, { namespace: "", name: "x" });
    expect(going).toMatchObject({
      status: { phase: "Terminating" },
      metadata: { deletionTimestamp: "2026-05-01T10:00:00Z" },
    });
    expect(going.metadata).not.toHaveProperty("deletionGracePeriodSeconds");
    const without = { ...made, metadata: { name: "x" }, spec: {} };
    expect(client.update(namespaces, without).spec.finalizers).toEqual(["kubernetes"]);
    client.update(namespaces, without, { subresource: "finalize" });
    expect(client.get(namespaces, { namespace: "", name: "x" })).toBeUndefined();
  });

  test("a finalizer of one's own needs a domain; the phase follows the deletion", () => {
    const client = newClient();
    expect(
      problemOf(() => client.create(namespaces, { metadata: { name: "x" }, spec: { finalizers: ["mine"] } })),
    ).toBe(
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    );
    const made = client.create(namespaces, { metadata: { name: "x" }, spec: {} });
    expect(problemOf(() => client.updateStatus(namespaces, made, { phase: "Terminating" }))).toBe(
      "status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty",
    );
  });
});

test("an EndpointSlice keeps its address type; labels count as a generation", () => {
  const client = newClient();
  const made = client.create(endpointslices, { metadata, addressType: "IPv4", ports: [{ port: 80 }] });
  expect(made.ports).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
  expect(problemOf(() => client.update(endpointslices, { ...made, addressType: "IPv6" }))).toBe(
    'addressType: Invalid value: "IPv6": field is immutable',
  );
  const labels = { "kubernetes.io/service-name": "web" };
  const labelled = client.update(endpointslices, { ...made, metadata: { ...made.metadata, labels } });
  expect(labelled.metadata.generation).toBe(2);
  expect(client.by(endpointslices, "service", "default/web")).toHaveLength(1);
});

test("PUT makes a lease, and needs a version to change one", () => {
  const client = newClient();
  client.update(leases, { metadata, spec: { holderIdentity: "a" } }, { mayCreate: true });
  expect(problemOf(() => client.update(leases, { metadata, spec: { holderIdentity: "b" } }))).toContain(
    "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
  );
  const lease = client.need(leases, key);
  expect(cells(leases, client.update(leases, { ...lease, spec: { holderIdentity: "b" } }))).toEqual(["b"]);
});

describe("rows", () => {
  test.each<[string, AnyResource, object, unknown[]]>([
    ["namespace", namespaces, { status: { phase: "Active" } }, ["Active"]],
    ["configmap", configmaps, { data: { a: "", b: "" }, binaryData: { c: "" } }, [3]],
    ["secret", secrets, { type: "Opaque", data: { a: "" } }, ["Opaque", 1]],
    ["serviceaccount", serviceaccounts, {}, [0]],
    ["endpoints of nothing", endpoints, {}, ["<none>"]],
    [
      "endpoints of five",
      endpoints,
      { subsets: [{ addresses: [1, 2, 3, 4, 5].map((n) => ({ ip: `10.0.0.${n}` })), ports: [{ port: 80 }] }] },
      ["10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more..."],
    ],
    ["endpoints without ports", endpoints, { subsets: [{ addresses: [{ ip: "10.0.0.1" }] }] }, ["10.0.0.1"]],
    ["an empty slice", endpointslices, { addressType: "IPv4" }, ["IPv4", "<unset>", "<unset>"]],
    [
      "a slice",
      endpointslices,
      { addressType: "IPv4", ports: [{ port: 80 }, { name: "" }], endpoints: [{ addresses: ["10.0.0.1"] }] },
      ["IPv4", "80,", "10.0.0.1"],
    ],
    [
      "event",
      events,
      {
        metadata: { name: "e" },
        type: "Normal",
        reason: "Pulled",
        message: "Pulled it\n",
        involvedObject: { kind: "Pod", name: "web", fieldPath: "spec.containers{web}" },
        source: { component: "kubelet", host: "n1" },
        firstTimestamp: "2026-05-01T09:50:00Z",
        lastTimestamp: "2026-05-01T09:59:00Z",
        count: 4,
      },
      ["60s", "Normal", "Pulled", "pod/web", "spec.containers{web}", "kubelet, n1", "Pulled it", "10m", 4, "e"],
    ],
    [
      "event of the new kind",
      events,
      {
        metadata: { name: "e" },
        involvedObject: { kind: "Node" },
        eventTime: "2026-05-01T09:55:00.000000Z",
        reportingComponent: "a/b",
        reportingInstance: "i",
      },
      ["5m", "", "", "node", "", "a/b, i", "", "5m", 1, "e"],
    ],
  ])("%s", (_title, resource, object, row) => {
    expect(cells(resource, object)).toEqual(row);
  });
});

test("events are selected by what they are about", () => {
  const client = newClient();
  client.create(events, {
    metadata,
    involvedObject: { kind: "Pod", name: "web", namespace: "default" },
    reason: "Pulled",
  });
  const select = (field: string, value: string) =>
    client.page(events, { fields: [{ field, value, isNegated: false }] }).items.length;
  expect([select("involvedObject.name", "web"), select("reason", "Pulled"), select("type", "Warning")]).toEqual([
    1, 1, 0,
  ]);
});
