/**
 * Goal: who owns which field, what conflicts and what goes is as upstream decides it.
 * Method: scenes with several managers, and generated ones for the laws: an apply never takes a field that somebody
 * else owns, force always wins, what is given up goes exactly if nobody else has it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeOf } from "#kernel/api/shapes";
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import { materialize } from "#kernel/api/walk";
import { StatusError } from "#kernel/apimachinery/errors";
import { type Applied, apply } from "#kernel/apimachinery/managedfields/apply";
import type { JsonObject } from "#kernel/apimachinery/managedfields/schema";
import { type Owned, ownedAfterUpdate } from "#kernel/apimachinery/managedfields/update";
import type { GroupVersionKind } from "#kernel/apimachinery/meta";
import { must } from "#kernel/sim/assert";
import { deepFreeze } from "#kernel/sim/clone";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const DEPLOYMENT: GroupVersionKind = { group: "apps", version: "v1", kind: "Deployment" };
const CONFIG_MAP: GroupVersionKind = { group: "", version: "v1", kind: "ConfigMap" };
const POD: GroupVersionKind = { group: "", version: "v1", kind: "Pod" };
const SERVICE: GroupVersionKind = { group: "", version: "v1", kind: "Service" };

/** One object and what is done to it. */
class Scene {
  object: Owned | undefined;
  now = NOW;

  constructor(readonly gvk: GroupVersionKind) {}

  get apiVersion(): string {
    return this.gvk.group === "" ? this.gvk.version : `${this.gvk.group}/${this.gvk.version}`;
  }

  get shape() {
    return must(shapeOf(this.gvk), "a kind");
  }

  apply(manager: string, body: JsonObject, isForced = false): this {
    const { apiVersion, shape, gvk, now } = this;
    const config = deepFreeze({ apiVersion, kind: gvk.kind, metadata: { name: "x" }, ...body });
    const writer = { manager, operation: "Apply", apiVersion, subresource: "" } as const;
    const ignored = new Set(["status"]);
    this.#keep(apply(this.object, { config, shape, writer, gvk, ignored, now, isForced }));
    return this;
  }

  update(manager: string, change: (object: JsonObject) => JsonObject, subresource = ""): this {
    const { apiVersion, shape, gvk, now } = this;
    const base = { apiVersion, kind: gvk.kind, metadata: { name: "x" } };
    const object = materialize(shape, change((this.object ?? base) as unknown as JsonObject)) as unknown as Owned;
    const writer = { manager, operation: "Update", apiVersion, subresource } as const;
    const ignored = new Set(subresource === "status" ? ["metadata", "spec"] : ["status"]);
    const managedFields = ownedAfterUpdate(this.object, object, { writer, shape, ignored, now });
    this.#keep({ object: object as unknown as JsonObject, managedFields });
    return this;
  }

  #keep({ object, managedFields }: Applied): void {
    const { managedFields: _, ...metadata } = object["metadata"] as JsonObject;
    const whole = { ...object, metadata: { ...metadata, ...(managedFields !== undefined && { managedFields }) } };
    this.object = deepFreeze(materialize(this.shape, whole)) as unknown as Owned;
    this.now += 1000;
  }

  get value(): Record<string, JsonObject> {
    return this.object as unknown as Record<string, JsonObject>;
  }

  get entries(): readonly ManagedFieldsEntry[] {
    return this.object?.metadata.managedFields ?? [];
  }

  fields(manager: string): unknown {
    return this.entries.find((entry) => entry.manager === manager)?.fieldsV1;
  }
}

const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  return "accepted";
};

const container = (name: string, more: JsonObject = {}) => ({ name, image: `${name}:1`, ...more });
const web = (spec: JsonObject = {}, containers: JsonObject[] = [container("nginx")]) => ({
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers } },
    ...spec,
  },
});

describe("entries", () => {
  test("an applied ConfigMap, as the documentation shows it", () => {
    const scene = new Scene(CONFIG_MAP).apply("kubectl", {
      metadata: { name: "x", labels: { "test-label": "test" } },
      data: { key: "some value" },
    });
    expect(scene.entries).toEqual([
      {
        manager: "kubectl",
        operation: "Apply",
        apiVersion: "v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": { "f:key": {} }, "f:metadata": { "f:labels": { "f:test-label": {} } } },
      },
    ]);
  });

  test("an applied Deployment: items by their keys, the default of a key, atoms whole", () => {
    const scene = new Scene(DEPLOYMENT).apply(
      "kubectl",
      web({ replicas: 2 }, [container("nginx", { ports: [{ containerPort: 80 }], args: ["-a"], resources: {} })]),
    );
    expect(JSON.stringify(scene.fields("kubectl"))).toBe(
      '{"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":{"f:app":{}}},"f:spec":' +
        '{"f:containers":{"k:{\\"name\\":\\"nginx\\"}":{".":{},"f:args":{},"f:image":{},"f:name":{},"f:ports":' +
        '{"k:{\\"containerPort\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:containerPort":{}}},"f:resources":{}}}}}}}',
    );
  });

  test("an update takes what it changes and merges with what its manager had", () => {
    const scene = new Scene(CONFIG_MAP)
      .update("one", (object) => ({ ...object, data: { a: "1", b: "1" } }))
      .update("two", (object) => ({ ...object, data: { a: "2", b: "1" } }))
      .update("one", (object) => ({ ...object, data: { a: "2", b: "1", c: "1" } }));
    expect(scene.fields("one")).toEqual({ "f:data": { ".": {}, "f:b": {}, "f:c": {} } });
    expect(scene.fields("two")).toEqual({ "f:data": { "f:a": {} } });
    expect(scene.entries.map(({ manager, time }) => [manager, time])).toEqual([
      ["two", "2026-01-01T00:00:01Z"],
      ["one", "2026-01-01T00:00:02Z"],
    ]);
  });

  test("an update that changes nothing leaves the entries alone, the very list", () => {
    const scene = new Scene(CONFIG_MAP).update("one", (object) => ({ ...object, data: { a: "1" } }));
    const { entries } = scene;
    scene.update("two", (object) => ({ ...object, data: { a: "1" } }));
    expect(scene.entries).toEqual(entries);
  });

  test("status and spec are owned apart", () => {
    const scene = new Scene(POD)
      .update("kubectl", (object) => ({ ...object, spec: { containers: [container("c")] }, status: { phase: "x" } }))
      .update("kubelet", (object) => ({ ...object, status: { phase: "Running" } }), "status");
    expect(scene.fields("kubectl")).not.toHaveProperty("f:status");
    expect(scene.entries[1]).toMatchObject({ manager: "kubelet", operation: "Update", subresource: "status" });
    expect(scene.fields("kubelet")).toEqual({ "f:status": { "f:phase": {} } });
  });

  test("[] and [{}] end the tracking until somebody applies", () => {
    for (const reset of [[], [{}]]) {
      const scene = new Scene(CONFIG_MAP).update("one", (object) => ({ ...object, data: { a: "1" } }));
      const forget = (object: JsonObject) => ({ ...object, metadata: { name: "x", managedFields: reset } });
      expect(scene.update("one", forget).entries).toEqual([]);
      expect(scene.update("one", (object) => ({ ...object, data: { b: "1" } })).entries).toEqual([]);
      scene.apply("two", { data: { c: "1" } });
      expect(scene.entries.map(({ manager, operation }) => [manager, operation])).toEqual([
        ["two", "Apply"],
        ["before-first-apply", "Update"],
      ]);
      expect(scene.fields("before-first-apply")).toEqual({ "f:data": { ".": {}, "f:b": {} } });
    }
  });

  test("a client may write entries; malformed ones do not count", () => {
    const entry = (fieldsV1: unknown, operation = "Update") => ({
      manager: "mine",
      operation,
      apiVersion: "v1",
      fieldsType: "FieldsV1",
      fieldsV1,
    });
    const scene = new Scene(CONFIG_MAP).update("one", (object) => ({ ...object, data: { a: "1" } }));
    const write = (entries: unknown[]) => (object: JsonObject) => ({
      ...object,
      metadata: { name: "x", managedFields: entries },
    });
    scene.update("one", write([entry({ "f:data": { "x:unknown": {}, "f:b": {}, "f:a": {} } })]));
    expect(scene.entries).toHaveLength(1);
    expect(JSON.stringify(scene.fields("mine"))).toBe('{"f:data":{"f:a":{},"f:b":{}}}');
    scene.update("one", write([entry({}, "Delete")]));
    expect(scene.entries).toMatchObject([{ manager: "mine" }]);
  });

  test("of more than ten updaters the oldest become one", () => {
    const scene = new Scene(CONFIG_MAP);
    for (let n = 10; n < 25; n += 1) {
      scene.update(`updater-${n}`, (object) => ({
        ...object,
        data: { ...(object["data"] as JsonObject), [`key-${n}`]: "" },
      }));
    }
    expect(scene.entries).toHaveLength(10);
    expect(scene.entries[0]).toMatchObject({ manager: "ancient-changes", operation: "Update" });
    expect(Object.keys(scene.fields("ancient-changes") as JsonObject)).toEqual(["f:data"]);
    expect(scene.entries.at(-1)).toMatchObject({ manager: "updater-24" });
  });
});

describe("conflicts", () => {
  const created = () =>
    new Scene(DEPLOYMENT).update("kubectl-create", (object) => ({ ...object, ...web({ replicas: 1 }) }));

  test("one, in upstream's words", () => {
    const scene = created();
    expect(message(() => scene.apply("mine", { spec: { replicas: 2 } }))).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-create" using apps/v1: .spec.replicas',
    );
  });

  test("several, by manager; appliers without their version, subresources by name", () => {
    const scene = created()
      .apply("other", { spec: { paused: true } })
      .update("scaler", (object) => ({ ...object, spec: { ...(object["spec"] as JsonObject), replicas: 5 } }), "scale");
    const body = web({ replicas: 2, paused: false }, [container("nginx", { image: "nginx:2" })]);
    const failed = () => scene.apply("mine", body);
    expect(message(failed)).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "kubectl-create" using apps/v1:',
        '- .spec.template.spec.containers[name="nginx"].image',
        'conflicts with "other":',
        "- .spec.paused",
        'conflicts with "scaler" with subresource "scale" using apps/v1:',
        "- .spec.replicas",
      ].join("\n"),
    );
    try {
      failed();
    } catch (error) {
      expect((error as StatusError).status).toMatchObject({ code: 409, reason: "Conflict" });
      expect((error as StatusError).status.details?.causes?.[1]).toEqual({
        reason: "FieldManagerConflict",
        message: 'conflict with "other"',
        field: ".spec.paused",
      });
    }
  });

  test("the same value is shared; force takes it", () => {
    const scene = created().apply("mine", { spec: { replicas: 1 } });
    expect(scene.fields("mine")).toEqual({ "f:spec": { "f:replicas": {} } });
    expect(scene.fields("kubectl-create")).toHaveProperty(["f:spec", "f:replicas"]);
    scene.apply("mine", { spec: { replicas: 2 } }, true);
    expect(scene.fields("kubectl-create")).not.toHaveProperty(["f:spec", "f:replicas"]);
    expect(scene.value["spec"]?.["replicas"]).toBe(2);
  });

  test("kubectl takes over what client-side apply left as it was", () => {
    const annotation = "kubectl.kubernetes.io/last-applied-configuration";
    const applied = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "x" }, ...web({ replicas: 1 }) };
    const annotations = { [annotation]: JSON.stringify(applied) };
    const start = () =>
      new Scene(DEPLOYMENT).update("kubectl-client-side-apply", (object) => ({
        ...object,
        ...web({ replicas: 1 }),
        metadata: { name: "x", annotations },
      }));
    const scene = start().apply("kubectl", web({ replicas: 3 }));
    expect(scene.value["spec"]?.["replicas"]).toBe(3);
    const { annotations: after } = scene.value["metadata"] as Record<string, Record<string, string>>;
    expect(JSON.parse(after?.[annotation] ?? "")).toEqual({ ...applied, spec: web({ replicas: 3 }).spec });
    expect(message(() => start().apply("another", web({ replicas: 3 })))).toContain("Apply failed with 1 conflict");
  });
});

describe("what is given up", () => {
  test("goes if nobody else has it, with what only it was in", () => {
    const scene = new Scene(DEPLOYMENT)
      .apply("mine", { metadata: { name: "x", labels: { a: "1" } }, ...web({ replicas: 2, paused: true }) })
      .apply("mine", web({ replicas: 2 }));
    expect(scene.value["spec"]).not.toHaveProperty("paused");
    expect(scene.value["metadata"]).not.toHaveProperty("labels");
    expect(scene.value["spec"]?.["replicas"]).toBe(2);
  });

  test("items of lists go by their keys, unless another manager has the item", () => {
    const pod = (...containers: JsonObject[]) => ({ spec: { template: { spec: { containers } } } });
    const scene = new Scene(DEPLOYMENT)
      .apply("mine", web({}, [container("a"), container("b", { workingDir: "/" }), container("d")]))
      .apply("sidecar", pod({ name: "b", tty: true }, container("c")))
      .apply("mine", web({}, [container("a")]));
    const template = scene.value["spec"]?.["template"] as Record<string, { containers: JsonObject[] }>;
    expect(template["spec"]?.containers).toEqual([
      { name: "a", image: "a:1", resources: {} },
      { name: "b", tty: true, resources: {} },
      { name: "c", image: "c:1", resources: {} },
    ]);
  });

  test("a merged list has the configuration's order for what it names, the rest where it came", () => {
    const port = (at: number) => ({ name: `p${at}`, port: at });
    const scene = new Scene(SERVICE)
      .apply("mine", { spec: { ports: [port(1), port(2), port(3)] } })
      .apply("other", { spec: { ports: [port(4)] } })
      .apply("mine", { spec: { ports: [port(3), port(1), port(2)] } });
    const ports = scene.value["spec"]?.["ports"] as JsonObject[];
    expect(ports.map(({ name }) => name)).toEqual(["p3", "p4", "p1", "p2"]);
  });
});

test.each([
  [{ spec: { replicaz: 1 } }, ".spec.replicaz: field not declared in schema"],
  [{ spec: { replicas: "1" } }, ".spec.replicas: expected numeric (int or float), got string"],
  [
    { metadata: { name: "x", labels: { a: 1 } } },
    ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}",
  ],
  [
    { spec: { paused: 1, minReadySeconds: "x" } },
    "errors:\n  .spec.paused: expected boolean, got &value.valueUnstructured{Value:1}\n" +
      "  .spec.minReadySeconds: expected numeric (int or float), got string",
  ],
  [
    { spec: { template: { spec: { containers: [{ image: "a" }] } } } },
    ".spec.template.spec.containers: element 0: associative list with keys has an element that omits all key fields " +
      `["name"] (and doesn't have default values for any key fields)`,
  ],
  [
    { spec: { template: { spec: { containers: [{ name: "a" }, { name: "a" }] } } } },
    '.spec.template.spec.containers: duplicate entries for key [name="a"]',
  ],
  [{ spec: { template: { spec: { containers: "a" } } } }, ".spec.template.spec.containers: expected list, got &{a}"],
  [{ spec: [] }, ".spec: expected map, got &{[]}"],
])("%j does not fit its schema", (body, problem) => {
  const text = message(() => new Scene(DEPLOYMENT).apply("mine", body));
  expect(text).toBe(`failed to create typed patch object (/x; apps/v1, Kind=Deployment): ${problem}`);
});

test("another kind, and managedFields of its own, are refused", () => {
  expect(message(() => new Scene(POD).apply("mine", { kind: "Service" }))).toBe(
    "invalid object type: /v1, Kind=Service",
  );
  const metadata = { name: "x", managedFields: [] };
  expect(message(() => new Scene(POD).apply("mine", { metadata }))).toBe("metadata.managedFields must be nil");
});

describe("laws", () => {
  const keys = ["a", "b", "c", "d"];
  const data = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom("1", "2"), { noNullPrototype: true });
  const step = fc.record({ manager: fc.constantFrom("one", "two", "three"), data, isForced: fc.boolean() });

  test("a refused apply changes nothing; an accepted one never changes or takes what others own, unless forced", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const scene = new Scene(CONFIG_MAP);
        const wanted = new Map<string, Record<string, string>>();
        for (const { manager, data: config, isForced } of steps) {
          const before = scene.value?.["data"] ?? {};
          const clashes = [...wanted].some(
            ([other, values]) =>
              other !== manager && keys.some((key) => key in values && key in config && values[key] !== config[key]),
          );
          const outcome = message(() =>
            scene.apply(manager, Object.keys(config).length > 0 ? { data: config } : {}, isForced),
          );
          if (clashes && !isForced) {
            expect(outcome).toContain("Apply failed");
            expect(scene.value?.["data"] ?? {}).toEqual(before);
            continue;
          }
          expect(outcome).toBe("accepted");
          wanted.set(manager, { ...config });
          for (const [other, values] of wanted) {
            if (other === manager) continue;
            for (const key of keys) if (key in config && values[key] !== config[key]) delete values[key];
          }
          // The object is what its appliers want, no less and no more.
          const all = Object.assign({}, ...wanted.values());
          expect(scene.value["data"] ?? {}).toEqual(all);
          for (const [owner, values] of wanted) {
            const fields = (scene.fields(owner) ?? {}) as Record<string, JsonObject>;
            const owned = Object.keys(fields["f:data"] ?? {}).filter((key) => key !== ".");
            expect(owned).toEqual(
              Object.keys(values)
                .sort()
                .map((key) => `f:${key}`),
            );
          }
        }
      }),
    );
  });
});
