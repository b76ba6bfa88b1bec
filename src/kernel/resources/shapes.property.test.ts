/**
 * Goal: no object that has the right shape makes validation, defaults, warnings or columns raise: wrong is an answer.
 * Method: draw random objects from the shapes of the kinds, create them, change them, print them.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldShape, ObjectShape } from "#kernel/api/shapes";
import { materialize } from "#kernel/api/walk";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { clone, deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import type { KubeObject } from "#kernel/store/object";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");
const KINDS: readonly AnyResource[] = [pods, nodes, deployments, replicasets];

const TEXTS = [
  "",
  "a",
  "a",
  "web",
  "Always",
  "In",
  "metadata.labels['x']",
  "../x",
  "/x",
  "1",
  "é",
  "x".repeat(70),
  "A B",
];
const NUMBERS = [0, 0, 1, 2, 80, -1, 70_000, 2147483647];
const QUANTITIES = ["0", "1", "500m", "1Gi", "-1", "1e3"];

/** A random value of a field; deep down only what must be there. */
function drawn(field: FieldShape, random: Entropy, depth: number): unknown {
  const many = depth > 9 ? 0 : random.int(3);
  switch (field.type) {
    case "boolean":
      return random.int(2) === 0;
    case "integer":
    case "number":
      return random.pick(NUMBERS);
    case "quantity":
      return random.pick(QUANTITIES);
    case "intOrString":
      return random.int(2) === 0 ? random.pick(NUMBERS) : random.pick(["25%", "http", "0%", "x y"]);
    case "time":
    case "microTime":
      return "2026-05-01T10:00:00Z";
    case "array":
      return Array.from({ length: many }, () => drawn(field.items ?? { type: "string" }, random, depth + 1));
    case "map":
      return Object.fromEntries(
        Array.from({ length: many }, () => [
          random.pick(["cpu", "memory", "a", "hugepages-2Mi", "x.y/z", "A b"]),
          drawn(field.values ?? { type: "string" }, random, depth + 1),
        ]),
      );
    case "object":
      return field.object === undefined ? {} : objectOf(field.object, random, depth + 1);
    default:
      return random.pick(field.enum ?? TEXTS);
  }
}

function objectOf(shape: ObjectShape, random: Entropy, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, field] of shape.fields) {
    const isWanted = shape.required.includes(name) ? random.int(20) > 0 : random.int(depth > 5 ? 6 : 3) === 0;
    if (isWanted) object[name] = drawn(field, random, depth);
  }
  return object;
}

function draftOf(resource: AnyResource, random: Entropy): Draft<KubeObject> {
  const { metadata: _, apiVersion: __, kind: ___, ...body } = objectOf(resource.shape, random, 0);
  const labels = random.int(2) === 0 ? { a: "b" } : {};
  const metadata = { name: "web", labels, ...(resource.isNamespaced && { namespace: "default" }) };
  return { metadata, ...body } as Draft<KubeObject>;
}

/** What the server answers; an exception that is no answer is what this test looks for. */
function answer<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

const POD_SPEC = { containers: [{ name: "c", image: "nginx:1" }] };
const LABELS = { app: "web" };
const WORKLOAD = { selector: { matchLabels: LABELS }, template: { metadata: { labels: LABELS }, spec: POD_SPEC } };

/** A good object of each kind, for updates to start from. */
const GOOD = new Map<AnyResource, unknown>([
  [pods, POD_SPEC],
  [nodes, {}],
  [deployments, WORKLOAD],
  [replicasets, WORKLOAD],
]);

function live(resource: AnyResource, seed: number): void {
  const random = Entropy.seeded(seed);
  const parts = { store: new Store(), entropy: random, resources: KINDS, admission: [] };
  const client: Client = new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
  const wild = draftOf(resource, random) as Draft<KubeObject> & { spec?: object; status?: object };
  answer(() => client.create(resource, { ...wild, metadata: { ...wild.metadata, name: "wild" } }));

  const good = { metadata: wild.metadata, spec: clone(GOOD.get(resource)) } as Draft<KubeObject>;
  const first = deepFreeze(client.create(resource, good)) as KubeObject & { spec: object };
  const some = Object.fromEntries(Object.entries(wild.spec ?? {}).filter(() => random.int(4) === 0));
  for (const subresource of ["", "resize", "ephemeralcontainers", "status"]) {
    const spec = { ...first.spec, ...clone(some) };
    const next = { metadata: { ...wild.metadata }, spec, status: clone(wild.status ?? {}) } as Draft<KubeObject>;
    answer(() => client.update(resource, next, { subresource }));
  }

  const printed = materialize(resource.shape, { ...clone(wild), apiVersion: resource.apiVersion });
  resource.setDefaults?.(printed);
  for (const { cell } of [...(resource.columns ?? []), ...(resource.table ?? [])]) cell(printed, NOW);
  resource.warnings?.(printed);
}

test.each(KINDS.map((resource) => [resource.names.kind, resource] as const))("%s", (_, resource) => {
  fc.assert(
    fc.property(fc.nat(), (seed) => live(resource, seed)),
    { numRuns: 200 },
  );
  expect(resource.names.kind).toBeTruthy();
});
