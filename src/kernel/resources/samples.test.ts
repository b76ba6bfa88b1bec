/**
 * Goal: the Services, ConfigMaps, Secrets, Namespaces and ServiceAccounts people publish are accepted as they stand.
 * Method: create every such manifest of a directory of samples through a registry with the whole admission chain.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { ADMISSION } from "#kernel/admission/index";
import { decode } from "#kernel/api/walk";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { RESOURCES } from "#kernel/resources/index";
import { Entropy } from "#kernel/sim/entropy";
import type { KubeObject } from "#kernel/store/object";
import { Store } from "#kernel/store/store";

const directory = process.env["DRYDOCK_SAMPLES"];
const NOW = Date.parse("2026-05-01T10:00:00Z");

const KINDS = new Map<string, AnyResource>(
  ([configmaps, namespaces, secrets, services, serviceaccounts] as readonly AnyResource[]).map((resource) => [
    resource.names.kind,
    resource,
  ]),
);

interface Sample {
  readonly at: string;
  readonly resource: AnyResource;
  readonly manifest: KubeObject;
}

function samplesIn(root: string): Sample[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ya?ml|json)$/.test(file))
    .sort()
    .flatMap((file) =>
      parseAllDocuments(readFileSync(join(root, file), "utf8"))
        .flatMap((document) => itemsOf(document.toJS() as KubeObject | null))
        .flatMap((manifest) => {
          const resource = manifest.apiVersion === "v1" ? KINDS.get(manifest.kind) : undefined;
          return resource === undefined ? [] : [{ at: `${file}: ${manifest.kind}`, resource, manifest }];
        }),
    );
}

function itemsOf(value: KubeObject | null): KubeObject[] {
  if (value === null || typeof value !== "object") return [];
  return "items" in value && Array.isArray(value.items) ? value.items.flatMap(itemsOf) : [value];
}

function newClient(): Client {
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: RESOURCES, admission: ADMISSION };
  return new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
}

function problemsOf({ at, resource, manifest }: Sample): string[] {
  const { value, unknownFields, problem } = decode(resource.shape, manifest);
  if (problem !== undefined) return [`${at}: ${problem}`];
  const draft = value as unknown as Draft<KubeObject>;
  const client = newClient();
  if (resource.isNamespaced) {
    draft.metadata.namespace ??= "default";
    client.create(namespaces, { metadata: { name: draft.metadata.namespace }, spec: {} });
  }
  try {
    client.create(resource, draft);
  } catch (error) {
    return [`${at}: ${(error as Error).message}`];
  }
  return unknownFields.map((field) => `${at}: ${field}`);
}

const networking = "examples/service/networking";
const notHere =
  'Service "my-service" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster';

/** What a cluster of IPv4 alone refuses, and a field that v1.20 took away. */
const EXPECTED = [
  `${networking}/dual-stack-ipfamilies-ipv6.yaml: Service: ${notHere}`,
  `${networking}/dual-stack-ipv6-svc.yaml: Service: unknown field "spec.ipFamily"`,
  `${networking}/dual-stack-preferred-ipfamilies-svc.yaml: Service: ${notHere}`,
];

test.skipIf(directory === undefined)(
  "published manifests are accepted (skipped where DRYDOCK_SAMPLES is unset)",
  () => {
    const samples = samplesIn(directory ?? "");
    expect(samples.length).toBeGreaterThan(50);
    expect(samples.flatMap(problemsOf)).toEqual(EXPECTED);
  },
);
