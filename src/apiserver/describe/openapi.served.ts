/**
 * What the OpenAPI documents are made from: the served resources, and the texts that explain them.
 */
import { kindsOf, shapeOf } from "#kernel/api/shapes";
import type { AnyResource } from "#kernel/registry/definition";

/** A schema as OpenAPI writes it. */
export type Schema = Readonly<Record<string, unknown>>;

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A subresource with the kind its bodies speak. */
export interface ServedSubresource extends Kind {
  readonly name: string;
  readonly verbs: readonly string[];
  /** The name of the schema of its bodies; absent where it has none (logs, streams). */
  readonly definition?: string;
}

/** A resource with what a document says of it. */
export interface ServedResource extends Kind {
  readonly plural: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  /** The names of the schemas of one object and of a list. */
  readonly definition: string;
  readonly listDefinition: string;
  /** DELETE answers with the object, not with a Status. */
  readonly returnsDeletedObject: boolean;
  readonly subresources: readonly ServedSubresource[];
  /** Made by a CustomResourceDefinition: no strategic merge patch, no protobuf. */
  readonly isCustom?: true;
}

/** Definition name -> field name -> its text; `""` is the definition itself. */
export type TypeTexts = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Texts are optional: without them the documents say the same, unexplained. */
export interface Texts {
  readonly types: TypeTexts;
  /** Parameter name, or `operation:name` where one name means several things -> its text. */
  readonly parameters: Readonly<Record<string, string>>;
}

export const NO_TEXTS: Texts = { types: {}, parameters: {} };

/** What a document is built from. */
export interface Described {
  readonly resources: readonly ServedResource[];
  readonly texts: Texts;
  /** Schemas of kinds the built-in shapes do not know, by definition name, ready to be served in v3. */
  readonly schemas?: ReadonlyMap<string, Schema>;
}

/** A built-in resource as the documents see it. */
export function servedResource(resource: AnyResource): ServedResource {
  const { group, version, gvk, names, isNamespaced, verbs, subresources } = resource;
  const definition = resource.shape.name;
  const own = { ...gvk, definition };
  const listed: ServedSubresource[] = [];
  if (subresources?.status === true) listed.push({ ...own, name: "status", verbs: ["get", "patch", "update"] });
  if (subresources?.scale !== undefined) {
    listed.push({ ...withDefinition(SCALE), name: "scale", verbs: ["get", "patch", "update"] });
  }
  for (const other of subresources?.others ?? []) {
    const kind = { group: other.group ?? group, version: other.version ?? version, kind: other.kind };
    listed.push({ ...withDefinition(kind), name: other.name, verbs: other.verbs });
  }
  return {
    group,
    version,
    kind: names.kind,
    plural: names.plural,
    namespaced: isNamespaced,
    verbs,
    definition,
    listDefinition: `${definition}List`,
    returnsDeletedObject: resource.returnsDeletedObject === true,
    subresources: listed,
    ...(resource.isCustom === true && { isCustom: true as const }),
  };
}

const SCALE: Kind = { group: "autoscaling", version: "v1", kind: "Scale" };

function withDefinition(kind: Kind): Kind & { definition?: string } {
  const shape = shapeOf(kind);
  return shape === undefined ? kind : { ...kind, definition: shape.name };
}

/** `/apis/apps/v1`, or `/api/v1`. */
export const rootPath = ({ group, version }: Omit<Kind, "kind">): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** The kinds of a definition, as `x-kubernetes-group-version-kind` lists them. */
export const definitionKinds = (definition: string): Kind[] => kindsOf(definition);
