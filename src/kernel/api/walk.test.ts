/**
 * Goal: what a client sends is understood, refused and completed as Go's decoder and encoder would.
 * Method: tables of values with the words upstream answers with; laws over random values.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ObjectShape, shapeNamed } from "#kernel/api/shapes";
import { cannotBeHandled, decode, materialize } from "#kernel/api/walk";

const deployment = shapeNamed("io.k8s.api.apps.v1.Deployment");
const pod = shapeNamed("io.k8s.api.core.v1.Pod");
const configMap = shapeNamed("io.k8s.api.core.v1.ConfigMap");
const secret = shapeNamed("io.k8s.api.core.v1.Secret");
const service = shapeNamed("io.k8s.api.core.v1.Service");
const lease = shapeNamed("io.k8s.api.coordination.v1.Lease");
const node = shapeNamed("io.k8s.api.core.v1.Node");

const container = (fields: object) => ({ spec: { containers: [{ name: "a", ...fields }] } });
const problem = (shape: ObjectShape, value: unknown) => decode(shape, value).problem;
const field = "json: cannot unmarshal";
const quantityText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

test("a wrong type is named with the struct, the path and Go's type", () => {
  const where = "Go struct field";
  const cases: [ObjectShape, unknown, string][] = [
    [
      deployment,
      { spec: { replicas: "three" } },
      `${field} string into ${where} DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      deployment,
      { spec: { replicas: 1.5 } },
      `${field} number 1.5 into ${where} DeploymentSpec.spec.replicas of type int32`,
    ],
    [
      deployment,
      { spec: { replicas: 2 ** 31 } },
      `${field} number 2147483648 into ${where} DeploymentSpec.spec.replicas of type int32`,
    ],
    [deployment, { spec: { paused: "yes" } }, `${field} string into ${where} DeploymentSpec.spec.paused of type bool`],
    [deployment, { spec: [] }, `${field} array into ${where} Deployment.spec of type v1.DeploymentSpec`],
    [pod, { spec: { containers: {} } }, `${field} object into ${where} PodSpec.spec.containers of type []v1.Container`],
    [
      pod,
      { spec: { containers: ["a"] } },
      `${field} string into ${where} PodSpec.spec.containers of type v1.Container`,
    ],
    [pod, container({ image: 1 }), `${field} number into ${where} Container.spec.containers.image of type string`],
    [
      pod,
      container({ command: "sh" }),
      `${field} string into ${where} Container.spec.containers.command of type []string`,
    ],
    [
      pod,
      container({ resources: { limits: [] } }),
      `${field} array into ${where} ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList`,
    ],
    [
      pod,
      container({ imagePullPolicy: 1 }),
      `${field} number into ${where} Container.spec.containers.imagePullPolicy of type v1.PullPolicy`,
    ],
    [
      pod,
      { metadata: { labels: { a: 1 } } },
      `${field} number into ${where} ObjectMeta.metadata.labels of type string`,
    ],
    [configMap, { data: { a: true } }, `${field} bool into ${where} ConfigMap.data of type string`],
    [configMap, { data: "a" }, `${field} string into ${where} ConfigMap.data of type map[string]string`],
    [
      service,
      { spec: { ports: [{ targetPort: true }] } },
      `${field} bool into ${where} ServicePort.spec.ports.targetPort of type int32`,
    ],
    [
      pod,
      { metadata: { creationTimestamp: 1 } },
      `${field} number into ${where} ObjectMeta.metadata.creationTimestamp of type string`,
    ],
    [pod, [], `${field} array into Go value of type v1.Pod`],
  ];
  for (const [shape, value, text] of cases) expect(problem(shape, value)).toBe(text);
});

test("what a strategic merge patch made is refused in the converter's words", () => {
  const cases: [unknown, string][] = [
    [{ metadata: { labels: "x" } }, "cannot restore map from string"],
    [{ metadata: { finalizers: 1 } }, "cannot restore slice from int64"],
    [{ spec: [] }, "cannot restore struct from: slice"],
    [{ spec: { replicas: "x" } }, "unrecognized type: int32"],
    [{ spec: { replicas: 1.5 } }, "cannot convert float64 to int32"],
    [{ metadata: { name: 1 } }, "cannot convert int64 to string"],
    [{ spec: { paused: "x" } }, "unrecognized type: bool"],
  ];
  for (const [value, text] of cases) expect(decode(deployment, value).restoreProblem).toBe(text);
});

test("the first problem of the document is the one reported", () => {
  expect(problem(deployment, { spec: { paused: 1, replicas: "x" } })).toContain("spec.paused");
});

test("texts with a form of their own are refused in upstream's words", () => {
  const layout = "2006-01-02T15:04:05Z07:00";
  const cases: [ObjectShape, unknown, string][] = [
    [pod, container({ resources: { limits: { cpu: "lots" } } }), quantityText],
    [pod, container({ resources: { limits: { cpu: true } } }), quantityText],
    [secret, { data: { a: "!!" } }, "illegal base64 data at input byte 0"],
    [secret, { data: { a: "YWJ" } }, "illegal base64 data at input byte 0"],
    [secret, { data: { a: "YWJjZA" } }, "illegal base64 data at input byte 4"],
    [secret, { data: { a: "YWJj=" } }, "illegal base64 data at input byte 4"],
    [
      pod,
      { metadata: { creationTimestamp: "now" } },
      `parsing time "now" as "${layout}": cannot parse "now" as "2006"`,
    ],
    [
      pod,
      { metadata: { creationTimestamp: "2026-13-01T00:00:00Z" } },
      `parsing time "2026-13-01T00:00:00Z": month out of range`,
    ],
    [
      pod,
      { metadata: { creationTimestamp: "2026-02-30T00:00:00Z" } },
      `parsing time "2026-02-30T00:00:00Z": day out of range`,
    ],
    [
      pod,
      { metadata: { creationTimestamp: "2026-02-03" } },
      `parsing time "2026-02-03" as "${layout}": cannot parse "" as "T"`,
    ],
    [
      lease,
      { spec: { renewTime: "2026-02-03T04:05:06Z" } },
      `parsing time "2026-02-03T04:05:06Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"`,
    ],
  ];
  for (const [shape, value, text] of cases) expect(problem(shape, value)).toBe(text);
});

test("texts with a form of their own are stored as the server writes them", () => {
  const decoded = (shape: ObjectShape, value: unknown) => decode(shape, value).value;
  const limits = { cpu: 0.5, memory: "1024Mi", "example.com/gpu": 1 };
  expect(decoded(pod, container({ resources: { limits } }))).toEqual(
    container({ resources: { limits: { cpu: "500m", memory: "1Gi", "example.com/gpu": "1" } } }),
  );
  expect(decoded(pod, { metadata: { creationTimestamp: "2026-02-03T04:05:06.7+09:00" } })).toEqual({
    metadata: { creationTimestamp: "2026-02-02T19:05:06Z" },
  });
  expect(decoded(lease, { spec: { renewTime: "2026-02-03T04:05:06.123456+09:00" } })).toEqual({
    spec: { renewTime: "2026-02-02T19:05:06.123456Z" },
  });
  expect(decoded(secret, { data: { a: "YW\nI=" } })).toEqual({ data: { a: "YWI=" } });
});

describe("unknown fields", () => {
  const unknown = (value: unknown) => decode(deployment, value).unknownFields;

  test("are named by path and left out", () => {
    const template = { spec: { containers: [{ name: "a" }, { name: "b", imagee: "c" }] } };
    expect(unknown({ spec: { replicaz: 1, template }, foo: {} })).toEqual([
      "spec.replicaz",
      "spec.template.spec.containers[1].imagee",
      "foo",
    ]);
    expect(decode(deployment, { spec: { replicaz: 1, template } }).value).toEqual({
      spec: { template: { spec: { containers: [{ name: "a" }, { name: "b" }] } } },
    });
  });

  test("are told by case", () => {
    expect(unknown({ Spec: {}, spec: { Replicas: 1 } })).toEqual(["Spec", "spec.Replicas"]);
  });

  test("are kept where the shape says so", () => {
    const open: ObjectShape = { name: "example.v1.Open", fields: new Map(), required: [], preservesUnknown: true };
    const value = { anything: [1, { goes: null }] };
    expect(decode(open, value)).toMatchObject({ value, unknownFields: [], problem: undefined });
  });

  test("cannot reach a prototype", () => {
    const value = JSON.parse('{"__proto__":{"a":1},"metadata":{"labels":{"__proto__":"b","x":null}}}');
    const { value: decoded, unknownFields } = decode(pod, value);
    expect(unknownFields).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(JSON.stringify(decoded)).toBe('{"metadata":{"labels":{"__proto__":"b","x":""}}}');
  });
});

test("null is unset in a field and the zero value in a list or a map", () => {
  const value = { metadata: { labels: null }, spec: { replicas: null, template: { spec: { containers: [null] } } } };
  expect(decode(deployment, value).value).toEqual({ metadata: {}, spec: { template: { spec: { containers: [{}] } } } });
  expect(decode(configMap, { data: { a: null } }).value).toEqual({ data: { a: "" } });
});

test("nesting has an end", () => {
  const props = shapeNamed("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps");
  let value = {};
  for (let depth = 0; depth < 5_000; depth += 1) value = { not: value };
  expect(problem(props, value)).toBe("exceeded max depth");
});

test("a value with nothing to change is handed back itself", () => {
  const value = { metadata: { name: "a", labels: { b: "c" } }, ...container({ resources: { limits: { cpu: "1" } } }) };
  expect(decode(pod, value).value).toBe(value);
});

test("what was decoded decodes to itself, and the value that came in is left alone", () => {
  fc.assert(
    fc.property(
      fc.object({ key: fc.constantFrom("spec", "containers", "metadata", "labels", "name", "env") }),
      (value) => {
        const before = JSON.stringify(value);
        const first = decode(pod, value);
        expect(JSON.stringify(value)).toBe(before);
        if (first.problem === undefined) expect(decode(pod, first.value).value).toBe(first.value);
      },
    ),
  );
});

test("the answer names version and kind", () => {
  expect(cannotBeHandled({ version: "v1", kind: "Deployment" }, "why").status).toMatchObject({
    code: 400,
    reason: "BadRequest",
    message: 'Deployment in version "v1" cannot be handled as a Deployment: why',
  });
});

describe("materialize", () => {
  test("fills in the structs Go writes", () => {
    const template = { spec: { containers: [{ name: "a" }] } };
    expect(materialize(deployment, { spec: { template } })).toEqual({
      metadata: {},
      spec: {
        strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: "a", resources: {} }] } },
      },
      status: {},
    });
    expect(materialize(service, { spec: {} })).toEqual({ metadata: {}, spec: {}, status: { loadBalancer: {} } });
    expect(materialize(node, {})).toMatchObject({ status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } } } });
  });

  test("fills in null only where asked", () => {
    const event = shapeNamed("io.k8s.api.core.v1.Event");
    expect(materialize(event, {})).not.toHaveProperty("eventTime");
    expect(materialize(event, {}, { nulls: true })).toMatchObject({ eventTime: null, source: {} });
  });

  test("leaves pointers alone", () => {
    expect(materialize(deployment, { spec: {} })).not.toHaveProperty("spec.selector");
  });

  test("gives a whole object back itself and shares nothing it made", () => {
    const whole = materialize(pod, container({}));
    expect(materialize(pod, whole)).toBe(whole);
    expect(materialize(pod, {}).status).not.toBe(materialize(pod, {}).status);
  });
});
