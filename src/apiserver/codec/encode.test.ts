/**
 * Goal: a kind that is answered in protobuf can be written so; the others fall back to what else the client takes.
 * Method: every kind there is, those of the meters included, asked for by a client that prefers protobuf.
 */
import { expect, test } from "vitest";
import { accepted } from "#apiserver/codec/encode";
import { writeProtobuf } from "#apiserver/codec/protobuf/write";
import { RESOURCES } from "#kernel/resources/index";
import { METRICS_RESOURCES } from "#kernel/resources/metrics/usage";

const ask = new Request("http://k/", { headers: { accept: "application/vnd.kubernetes.protobuf, application/json" } });

test("whatever is promised in protobuf can be written", () => {
  for (const resource of RESOURCES) {
    expect(accepted(ask, resource).format, resource.bucket).toBe("protobuf");
    const { apiVersion, listKind, names } = resource;
    const object = { apiVersion, kind: names.kind, metadata: { name: "a" } };
    expect(writeProtobuf(object).length, resource.bucket).toBeGreaterThan(20);
    expect(writeProtobuf({ apiVersion, kind: listKind, metadata: {}, items: [object] }).length).toBeGreaterThan(20);
  }
});

test.each(METRICS_RESOURCES.map((resource) => [resource.gvk.kind, resource] as const))(
  "%s is computed, and has no protobuf form",
  (_kind, resource) => {
    expect(accepted(ask, resource).format).toBe("json");
  },
);
