/**
 * Custom resources between storage and a version: converted, pruned and defaulted by the version's schema whenever
 * they are read.
 *
 * Models apiextensions-apiserver/pkg/apiserver/conversion and customresource_handler.go (schemaCoercingDecoder,
 * unstructuredDefaulter).
 */
import type { Conversion } from "#kernel/registry/definition";
import { withDefaults } from "#kernel/resources/apiextensions/custom/defaults";
import { prune } from "#kernel/resources/apiextensions/custom/prune";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import type { KubeObject } from "#kernel/store/object";

/** Gives objects of other versions as a version has them, each with that version's apiVersion. */
export interface Converter {
  convert(object: KubeObject, apiVersion: string): KubeObject;
  /** Hears of several objects that are about to be converted. */
  prepare?(objects: readonly KubeObject[], apiVersion: string): void;
}

/** Versions that differ in nothing but their name. */
export const noConverter: Converter = {
  convert: (object, apiVersion) => ({ ...object, apiVersion }),
};

/** The conversion between a version and the stored one. */
export function customConversion({
  apiVersion,
  storedVersion,
  schema,
  storedSchema,
  converter,
}: {
  readonly apiVersion: string;
  readonly storedVersion: string;
  readonly schema: Schema | undefined;
  readonly storedSchema: Schema | undefined;
  readonly converter: Converter;
}): Conversion<KubeObject> {
  const { prepare } = converter;
  return {
    storedVersion,
    toStored: (object) =>
      object.apiVersion === storedVersion ? object : whole(storedSchema, converter.convert(object, storedVersion)),
    fromStored: (stored) =>
      whole(schema, stored.apiVersion === apiVersion ? stored : converter.convert(stored, apiVersion)),
    ...(prepare !== undefined && {
      prepare: (stored) => {
        const foreign = stored.filter((object) => object.apiVersion !== apiVersion);
        if (foreign.length > 0) prepare(foreign, apiVersion);
      },
    }),
  };
}

/** What the schema knows of an object, and what it fills in. */
function whole(schema: Schema | undefined, object: KubeObject): KubeObject {
  if (schema === undefined) return object;
  return withDefaults(schema, prune(schema, object, true).value) as KubeObject;
}
