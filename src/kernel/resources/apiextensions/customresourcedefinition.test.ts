/**
 * Goal: a definition that a real server refuses is refused, in its words and at its paths.
 * Method: a table of definitions, each wrong in one way, with the errors upstream gives.
 */
import { expect, test } from "vitest";
import type { CustomResourceDefinition } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import {
  Definitions,
  definition,
  refusals,
  version,
  withSpec,
} from "#kernel/resources/apiextensions/definitions.fixture";
import type { Schema } from "#kernel/resources/apiextensions/schema";

const TEXT: Schema = { type: "string" };
const PLAIN = withSpec({ type: "object", properties: { color: TEXT } });
const LABEL =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
  "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is " +
  "'[a-z]([-a-z0-9]*[a-z0-9])?')";

const created = (draft: Draft<CustomResourceDefinition>) =>
  refusals(() => new Definitions().client.create(customresourcedefinitions, draft));

const spec = (schema: Schema) => definition([version(withSpec(schema))]);
const AT = "spec.validation.openAPIV3Schema";
const SPEC = `${AT}.properties[spec]`;

test("a plain definition is completed", () => {
  const { client } = new Definitions();
  const made = client.create(customresourcedefinitions, definition([version(PLAIN)]));
  expect(made.spec.names).toEqual({ kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" });
  expect(made.spec.conversion).toEqual({ strategy: "None" });
  expect(made.status).toEqual({ storedVersions: ["v1"] });
  expect(made.metadata.generation).toBe(1);
});

test.each<[string, Draft<CustomResourceDefinition>, string[]]>([
  [
    "a name that is not plural and group",
    { ...definition([version(PLAIN)]), metadata: { name: "other.example.com" } },
    ['metadata.name: Invalid value: "other.example.com": must be spec.names.plural+"."+spec.group'],
  ],
  [
    "a group without a dot",
    { ...definition([version(PLAIN)], { group: "example" }), metadata: { name: "widgets.example" } },
    ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
  ],
  [
    "an unknown scope",
    definition([version(PLAIN)], { scope: "Global" }),
    ['spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"'],
  ],
  [
    "no stored version",
    definition([version(PLAIN, { storage: false })]),
    [
      "spec.versions: Invalid value: ",
      "status.storedVersions: Invalid value: []: must have at least one stored version",
    ],
  ],
  [
    "a version name in capitals",
    definition([version(PLAIN, { name: "V1" })]),
    [`spec.versions[0].name: Invalid value: "V1": ${LABEL}`],
  ],
  [
    "no schema",
    definition([{ name: "v1", served: true, storage: true }]),
    ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
  ],
  [
    "a kind that is its list",
    definition([version(PLAIN)], { names: { kind: "Widget", plural: "widgets", listKind: "Widget" } }),
    ['spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'],
  ],
  [
    "a short name in capitals",
    definition([version(PLAIN)], { names: { kind: "Widget", plural: "widgets", shortNames: ["W"] } }),
    [`spec.names.shortNames[0]: Invalid value: "W": ${LABEL}`],
  ],
  [
    "unknown fields that are all kept",
    definition([version(PLAIN)], { preserveUnknownFields: true }),
    [
      "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set " +
        "x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    ],
  ],
  [
    "a protected group without approval",
    {
      ...definition([version(PLAIN)], { group: "toys.k8s.io" }),
      metadata: { name: "widgets.toys.k8s.io" },
    },
    [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  ],
  [
    "a webhook nobody named",
    definition([version(PLAIN)], { conversion: { strategy: "Webhook" } }),
    [
      "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
      "spec.conversion.conversionReviewVersions: Required value",
    ],
  ],
  [
    "a webhook over http, with a review nobody knows",
    definition([version(PLAIN)], {
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url: "http://a.example" }, conversionReviewVersions: ["v7"] },
      },
    }),
    [
      "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
      'spec.conversion.conversionReviewVersions: Invalid value: ["v7"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    "a printer column of an unknown type",
    definition([version(PLAIN, { additionalPrinterColumns: [{ name: "C", type: "text", jsonPath: "spec.color" }] })]),
    [
      'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.color": must be a simple json path starting with .',
    ],
  ],
  [
    "replicas outside of the spec",
    definition([
      version(PLAIN, { subresources: { scale: { specReplicasPath: ".replicas", statusReplicasPath: ".status.n" } } }),
    ]),
    ['spec.subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec'],
  ],
  [
    "selectable fields that are not there, or cannot be compared",
    definition([
      version(withSpec({ type: "object", properties: { color: TEXT, all: { type: "array", items: TEXT } } }), {
        selectableFields: [{ jsonPath: ".spec.size" }, { jsonPath: ".spec.all" }, { jsonPath: ".spec.color" }],
      }),
    ]),
    [
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.size": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec.all": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
    ],
  ],
  [
    "a warning of a version that is not deprecated",
    definition([version(PLAIN, { deprecationWarning: "old" })]),
    ['spec.versions[0].deprecationWarning: Invalid value: "old": can only be set for deprecated versions'],
  ],
])("refused: %s", (_, draft, errors) => {
  const found = created(draft);
  expect(found).toHaveLength(errors.length);
  for (const [n, error] of errors.entries()) expect(found[n]).toContain(error);
});

test.each<[string, Schema, string[]]>([
  ["no type", {}, [`${SPEC}.type: Required value: must not be empty for specified object fields`]],
  ["a list without items", { type: "array" }, [`${SPEC}.items: Required value: must be specified`]],
  [
    "an unknown type",
    { type: "text" },
    [
      `${SPEC}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ],
  ],
  [
    "a bad pattern",
    { type: "string", pattern: "[a" },
    [
      `${SPEC}.pattern: Invalid value: "[a": must be a valid regular expression, but isn't: error parsing regexp: missing closing ]: \`[a\``,
    ],
  ],
  [
    "a type under anyOf",
    { type: "object", properties: { a: TEXT }, anyOf: [{ properties: { a: { type: "string" } } }] },
    [`${SPEC}.anyOf[0].properties[a].type: Forbidden: must be empty to be structural`],
  ],
  [
    "properties beside additionalProperties",
    { type: "object", properties: { a: TEXT }, additionalProperties: TEXT },
    [`${SPEC}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  ],
  [
    "references and unique items",
    { type: "array", items: TEXT, uniqueItems: true, $ref: "#/a" },
    [
      `${SPEC}.$ref: Forbidden: $ref is not supported`,
      `${SPEC}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
    ],
  ],
  [
    "a list map whose key is optional",
    {
      type: "array",
      items: { type: "object", properties: { name: TEXT } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    },
    [
      `${SPEC}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  ],
  [
    "a list map without keys",
    { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "map" },
    [`${SPEC}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
  ],
  [
    "a set of granular objects",
    { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "set" },
    [
      `${SPEC}.items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
  ],
  [
    "an embedded resource that says nothing",
    { type: "object", "x-kubernetes-embedded-resource": true },
    [
      `${SPEC}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
    ],
  ],
  [
    "a default of another type",
    { type: "object", properties: { n: { type: "integer", default: "two" } } },
    [
      `${SPEC}.properties[n].default: Invalid value: "string": ${SPEC}.properties[n].default in body must be of type integer: "string"`.replace(
        `${SPEC}.properties[n].default in body`,
        " in body",
      ),
    ],
  ],
  [
    "a default with unknown fields",
    { type: "object", properties: { o: { type: "object", properties: { a: TEXT }, default: { b: "c" } } } },
    [`${SPEC}.properties[o].default: Invalid value: {"b":"c"}: must not have unknown fields`],
  ],
])("a schema is refused: %s", (_, schema, errors) => {
  expect(created(spec(schema))).toEqual(errors);
});

test.each<[string, Schema, string[]]>([
  ["another type", { type: "string" }, [`${AT}.type: Invalid value: "string": must be object at the root`]],
  [
    "metadata that says more than names",
    { type: "object", properties: { metadata: { type: "object", properties: { labels: { type: "object" } } } } },
    [
      `${AT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  ],
  [
    "a part under a junctor that is not declared",
    { type: "object", anyOf: [{ properties: { spec: {} } }] },
    [`${AT}.properties[spec]: Required value: because it is defined in ${AT}.anyOf[0].properties[spec]`],
  ],
  [
    "null at the root",
    { type: "object", nullable: true },
    [`${AT}.nullable: Forbidden: nullable cannot be true at the root`],
  ],
])("at its root a schema is refused: %s", (_, schema, errors) => {
  expect(created(definition([version(schema)]))).toEqual(errors);
});

test("errors of versions that differ stand with their version", () => {
  const two = definition([
    version(PLAIN),
    version(withSpec({ type: "object", properties: { a: {} } }), { name: "v2", storage: false }),
  ]);
  expect(created(two)).toEqual([
    "spec.versions[1].schema.openAPIV3Schema.properties[spec].properties[a].type: Required value: must not be empty " +
      "for specified object fields",
  ]);
});

test("what is stored and how it is named stays", () => {
  const all = new Definitions();
  all.serve(definition([version(PLAIN)]));
  const { client } = all;
  const crd = client.need(customresourcedefinitions, { namespace: "", name: "widgets.example.com" });
  const update = (change: (spec: CustomResourceDefinition["spec"]) => void) =>
    refusals(() => {
      const copy = structuredClone(crd);
      change(copy.spec);
      client.update(customresourcedefinitions, copy);
    });
  expect(update((one) => Object.assign(one, { scope: "Cluster" }))).toEqual([
    'spec.scope: Invalid value: "Cluster": field is immutable',
  ]);
  expect(update((one) => Object.assign(one.names, { kind: "Gadget" }))).toEqual([
    'spec.names.kind: Invalid value: "Gadget": field is immutable',
  ]);
  expect(update((one) => Object.assign(one.versions[0] as object, { name: "v2" }))).toEqual([
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ]);
});
