/**
 * Goal: the Services, ConfigMaps, Secrets, Namespaces and ServiceAccounts people publish are accepted as they stand.
 * Method: create every such manifest of a directory of samples through a registry with the whole admission chain.
 */
import { expect, test } from "vitest";
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
import { manifestsIn, sampleFiles } from "#test/support/samples";

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

const samples: readonly Sample[] = sampleFiles.flatMap((file) =>
  (manifestsIn(file) as unknown as KubeObject[]).flatMap((manifest) => {
    const resource = manifest.apiVersion === "v1" ? KINDS.get(manifest.kind) : undefined;
    return resource === undefined ? [] : [{ at: `${file}: ${manifest.kind}`, resource, manifest }];
  }),
);

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
  return unknownFields.map((path) => `${at}: unknown field ${path}`);
}

const networking = "examples/service/networking";
const notHere =
  'Service "my-service" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster';

/** What a cluster of IPv4 alone refuses, and a field that v1.20 took away. */
const EXPECTED = [
  `${networking}/dual-stack-ipfamilies-ipv6.yaml: Service: ${notHere}`,
  `${networking}/dual-stack-ipv6-svc.yaml: Service: unknown field spec.ipFamily`,
  `${networking}/dual-stack-preferred-ipfamilies-svc.yaml: Service: ${notHere}`,
];

test.skipIf(sampleFiles.length === 0)(
  "published manifests are accepted (skipped where DRYDOCK_SAMPLES is unset)",
  () => {
    expect(samples.length).toBeGreaterThan(50);
    expect(samples.flatMap(problemsOf)).toEqual(EXPECTED);
  },
);
