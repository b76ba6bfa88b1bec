/**
 * Reading a custom resource: its metadata as Go's decoder would, the rest as its schema has it.
 *
 * Models apiextensions-apiserver/pkg/apiserver/customresource_handler.go (unstructuredDecoder, schemaCoercingDecoder).
 */
import { shapeNamed } from "#kernel/api/shapes";
import { type Decoded, decode, type JsonObject } from "#kernel/api/walk";
import { prune } from "#kernel/resources/apiextensions/custom/prune";
import { isObject, type Schema } from "#kernel/resources/apiextensions/schema";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

const NO_PROBLEM = { problem: undefined, restoreProblem: undefined };

/** A value as the server understood it; without a schema all but the metadata is kept as it is. */
export function decodeCustom(schema: Schema | undefined, value: JsonObject): Decoded {
  const { metadata } = value;
  let known: JsonObject = value;
  let unknownFields: readonly string[] = [];
  if (metadata !== undefined && metadata !== null) {
    const meta = decode(shapeNamed(META), metadata);
    if (meta.problem !== undefined) return { ...meta, value };
    unknownFields = meta.unknownFields.map((path) => `metadata.${path}`).sort();
    known = { ...value, metadata: isObject(metadata) ? meta.value : {} };
  }
  if (schema === undefined) return { value: known, unknownFields, ...NO_PROBLEM };
  const pruned = prune(schema, known, true);
  return { value: pruned.value as JsonObject, unknownFields: [...unknownFields, ...pruned.dropped], ...NO_PROBLEM };
}
