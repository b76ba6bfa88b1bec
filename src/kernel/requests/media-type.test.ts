/**
 * Goal: the Accept header is read as upstream reads it: by quality, then by how specific it is, clause by clause.
 * Method: a table of headers and what they come to; what cannot be had is refused with the list of what can.
 */
import { expect, test } from "vitest";
import { type Acceptance, negotiate, type Restrictions } from "#kernel/requests/media-type";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const METADATA = "as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const CUSTOM: Restrictions = { hasProtobuf: false };

const cases: readonly (readonly [accept: string | null, restrictions: Restrictions, wanted: Partial<Acceptance>])[] = [
  [null, {}, { format: "json" }],
  ["", {}, { format: "json" }],
  ["*/*", {}, { format: "json" }],
  ["application/*", {}, { format: "json" }],
  [PROTOBUF, {}, { format: "protobuf" }],
  [`*/*, ${PROTOBUF}`, {}, { format: "protobuf" }],
  [`${PROTOBUF};q=0.1, application/yaml;q=0.2`, {}, { format: "yaml" }],
  ["application/json;pretty=1", {}, { format: "json", isPretty: true }],
  ["text/html, application/json;q=0.9", {}, { format: "json" }],
  [`application/json;as=Odd;v=v1;g=meta.k8s.io, ${PROTOBUF}`, {}, { format: "protobuf" }],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", {}, { format: "json", as: "Table", version: "v1beta1" }],
  ["application/json;as=Table;v=v2;g=meta.k8s.io, application/json", {}, { format: "json" }],
  ["application/json;as=Table;v=v1, application/yaml", {}, { format: "yaml" }],
  // Custom resources have no protobuf form, but their metadata does.
  [`${PROTOBUF}, application/json`, CUSTOM, { format: "json" }],
  [`${PROTOBUF};${METADATA}`, CUSTOM, { format: "protobuf", as: "PartialObjectMetadata" }],
  [`${PROTOBUF};stream=watch`, { isStream: true }, { format: "protobuf" }],
];

test.each(cases)("%s %j", (accept, restrictions, wanted) => {
  expect(negotiate(accept, restrictions)).toMatchObject(wanted);
});

const ALL = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

test.each<readonly [string, Restrictions, string]>([
  ["text/html", {}, ALL],
  ["application/cbor", {}, ALL],
  [PROTOBUF, CUSTOM, ALL],
  ["application/json;as=Table;v=v1;g=meta.k8s.io", { hasTable: false }, ALL],
  ["application/json;stream=other", {}, ALL],
  ["application/yaml", { isStream: true }, STREAMS],
])("%s %j is refused", (accept, restrictions, list) => {
  expect(() => negotiate(accept, restrictions)).toThrow(`only the following media types are accepted: ${list}`);
});
