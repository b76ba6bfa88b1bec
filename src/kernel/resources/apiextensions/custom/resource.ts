/**
 * The kinds a CustomResourceDefinition makes: one resource for each version it serves.
 *
 * Models apiextensions-apiserver/pkg/registry/customresource (strategy.go, status_strategy.go, validator.go) and
 * pkg/apiserver/customresource_handler.go.
 */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from "#kernel/api/types.gen";
import type { JsonObject } from "#kernel/api/walk";
import { methodNotSupported } from "#kernel/apimachinery/errors";
import { goValue } from "#kernel/apimachinery/go-text";
import { findJsonPath, parseJsonPath } from "#kernel/apimachinery/json-path";
import { type AnyResource, type DefinitionInput, defineResource } from "#kernel/registry/definition";
import { groupResourceOf } from "#kernel/registry/registry";
import { customColumns } from "#kernel/resources/apiextensions/custom/columns";
import { type Converter, customConversion, noConverter } from "#kernel/resources/apiextensions/custom/conversion";
import { decodeCustom } from "#kernel/resources/apiextensions/custom/decode";
import { withDefaults } from "#kernel/resources/apiextensions/custom/defaults";
import { shapeOfSchema } from "#kernel/resources/apiextensions/custom/shape";
import { validateCustom, validateCustomStatus } from "#kernel/resources/apiextensions/custom/validate";
import { finalizerWarnings } from "#kernel/resources/apiextensions/custom/warnings";
import {
  isEstablished,
  isTerminating,
  storageVersionOf,
} from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import type { KubeObject } from "#kernel/store/object";

export type CustomObject = KubeObject & { status?: JsonObject };

/** The name of a definition is the bucket its objects lie in. */
export const bucketOfDefinition = ({ metadata }: CustomResourceDefinition): string => metadata.name;

/** The resources a definition serves, the stored version first. None before its names are accepted. */
export function servedBy(crd: CustomResourceDefinition, converter: Converter = noConverter): AnyResource[] {
  if (!isEstablished(crd)) return [];
  const versions = [...crd.spec.versions].sort((a, b) => Number(b.storage) - Number(a.storage));
  return versions.filter(({ served }) => served).map((version) => resourceOf(crd, version, converter));
}

/** The resource of the stored version, served or not: for who cleans up after a definition. */
export function storedResource(crd: CustomResourceDefinition): AnyResource | undefined {
  const version = storageVersionOf(crd);
  return version === undefined ? undefined : resourceOf(crd, version, noConverter);
}

const schemaOf = ({ schema }: CustomResourceDefinitionVersion): Schema | undefined => schema?.openAPIV3Schema;

function resourceOf(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  converter: Converter,
): AnyResource {
  const { group, scope } = crd.spec;
  const names = crd.status?.acceptedNames ?? crd.spec.names;
  const stored = storageVersionOf(crd) ?? version;
  const schema = schemaOf(version);
  const gvk = { group, version: version.name, kind: names.kind };
  const { status, scale } = version.subresources ?? {};
  const hasStatus = status !== undefined;
  const resource = defineResource<CustomObject>({
    group,
    version: version.name,
    names: {
      kind: names.kind,
      plural: names.plural,
      singular: names.singular ?? names.kind.toLowerCase(),
      listKind: names.listKind ?? `${names.kind}List`,
      ...((names.shortNames ?? []).length > 0 && { short: names.shortNames ?? [] }),
      ...((names.categories ?? []).length > 0 && { categories: names.categories ?? [] }),
    },
    scope: scope === "Cluster" ? "Cluster" : "Namespaced",
    bucket: bucketOfDefinition(crd),
    isCustom: true,
    ...(schema !== undefined && { schema }),
    hasGeneration: true,
    allowUnconditionalUpdate: false,
    subresources: {
      ...(hasStatus && { status: true }),
      ...(scale !== undefined && {
        scale: {
          specReplicasPath: scale.specReplicasPath,
          statusReplicasPath: scale.statusReplicasPath,
          ...((scale.labelSelectorPath ?? "") !== "" && { selectorPath: scale.labelSelectorPath as string }),
        },
      }),
    },
    shape: shapeOfSchema(gvk, schema),
    storedAs: { ...gvk, version: stored.name },
    conversion: customConversion({
      apiVersion: `${group}/${version.name}`,
      storedVersion: `${group}/${stored.name}`,
      schema,
      storedSchema: schemaOf(stored),
      converter,
    }) as NonNullable<DefinitionInput<CustomObject>["conversion"]>,
    decode: (value) => decodeCustom(schema, value),
    setDefaults: (object) => fill(schema, object),
    prepareForCreate(object) {
      if (isTerminating(crd)) {
        const text = "create not allowed while custom resource definition is terminating";
        throw methodNotSupported(groupResourceOf(resource), "create", text);
      }
      if (hasStatus) delete object.status;
    },
    validate: (object, at, _context, old) => validateCustom({ schema, scale, object, old }, at),
    validateStatusUpdate: (object, old, at) => validateCustomStatus({ schema, scale, object, old }, at),
    warnings: finalizerWarnings,
    ...deprecationOf(crd, version),
    table: customColumns(version.additionalPrinterColumns),
    selectableFields: selectableFields(version),
  });
  return resource;
}

/** Writes the defaults into an object, which is its owner's own copy. */
function fill(schema: Schema | undefined, object: CustomObject): void {
  if (schema === undefined) return;
  const filled = withDefaults(schema, object) as JsonObject;
  if (filled === (object as unknown)) return;
  for (const key of Object.keys(object)) if (!Object.hasOwn(filled, key)) delete (object as unknown as JsonObject)[key];
  Object.assign(object, filled);
}

function deprecationOf(
  { spec }: CustomResourceDefinition,
  { name, deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
): { readonly deprecation?: string } {
  if (deprecated !== true) return {};
  return { deprecation: deprecationWarning ?? `${spec.group}/${name} ${spec.names.kind} is deprecated` };
}

function selectableFields({
  selectableFields: fields = [],
}: CustomResourceDefinitionVersion): Record<string, (object: CustomObject) => string> {
  return Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const path = parseJsonPath(jsonPath) ?? [];
      const read = (object: CustomObject): string => {
        const [value] = findJsonPath(path, object);
        return value === undefined || value === null ? "" : goValue(value);
      };
      return [jsonPath.replace(/^\./, ""), read];
    }),
  );
}
