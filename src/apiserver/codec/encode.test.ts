/**
 * Goal: a kind that is answered in protobuf can be written so.
 * Method: every kind there is, those of the meters included, asked for by a client that prefers protobuf.
 */
import { expect, test } from "vitest";
import { accepted } from "#apiserver/codec/encode";
import { writeProtobuf } from "#apiserver/codec/protobuf/write";
import { RESOURCES } from "#kernel/resources/index";
import { METRICS_RESOURCES } from "#kernel/resources/metrics/usage";

const ask = new Request("http://k/", { headers: { accept: "application/vnd.kubernetes.protobuf, application/json" } });

test("whatever is promised in protobuf can be written", () => {
  for (const resource of [...RESOURCES, ...METRICS_RESOURCES]) {
    expect(accepted(ask, resource).format, resource.bucket).toBe("protobuf");
    const { apiVersion, listKind, names } = resource;
    const object = { apiVersion, kind: names.kind, metadata: { name: "a" } };
    expect(writeProtobuf(object).length, resource.bucket).toBeGreaterThan(20);
    expect(writeProtobuf({ apiVersion, kind: listKind, metadata: {}, items: [object] }).length).toBeGreaterThan(20);
  }
});
