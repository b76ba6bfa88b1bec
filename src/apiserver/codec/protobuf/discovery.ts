/**
 * Discovery in protobuf: the messages of documents that no OpenAPI document describes as they are on the wire.
 *
 * Models k8s.io/api/apidiscovery/v2 and the APIResourceList of apimachinery/pkg/apis/meta/v1.
 */
import type { JsonObject } from "#apiserver/codec/protobuf/write";
import { type FieldShape, type ObjectShape, shapeNamed } from "#kernel/api/shapes";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const HOME = "io.k8s.api.apidiscovery.v2";

const text: FieldShape = { type: "string" };
const texts: FieldShape = { type: "array", items: text };
const objectOf = (object: () => ObjectShape): FieldShape => ({
  type: "object",
  get object() {
    return object();
  },
});
const listOf = (object: () => ObjectShape): FieldShape => ({ type: "array", items: objectOf(object) });
const shape = (name: string, fields: Readonly<Record<string, FieldShape>>): ObjectShape => ({
  name,
  required: [],
  fields: new Map(Object.entries(fields)),
});

const verbs = shape(`${META}.Verbs`, { items: texts });

const kind = shape(`${META}.GroupVersionKind`, { group: text, version: text, kind: text });

const resource = shape(`${META}.APIResource`, {
  ...{ name: text, singularName: text, namespaced: { type: "boolean" }, group: text, version: text, kind: text },
  ...{ verbs: objectOf(() => verbs), shortNames: texts, categories: texts, storageVersionHash: text },
});

const discoveredSubresource = shape(`${HOME}.APISubresourceDiscovery`, {
  ...{ subresource: text, responseKind: objectOf(() => kind), acceptedTypes: listOf(() => kind), verbs: texts },
});

const discoveredResource = shape(`${HOME}.APIResourceDiscovery`, {
  ...{ resource: text, responseKind: objectOf(() => kind), scope: text, singularResource: text, verbs: texts },
  ...{ shortNames: texts, categories: texts, subresources: listOf(() => discoveredSubresource) },
});

const discoveredVersion = shape(`${HOME}.APIVersionDiscovery`, {
  ...{ version: text, resources: listOf(() => discoveredResource), freshness: text },
});

const discoveredGroup = shape(`${HOME}.APIGroupDiscovery`, {
  metadata: objectOf(() => shapeNamed(`${META}.ObjectMeta`)),
  versions: listOf(() => discoveredVersion),
});

const resourceList = shape(`${META}.APIResourceList`, { groupVersion: text, resources: listOf(() => resource) });

/** Field numbers of the messages above, as the generated table writes them. */
export const DISCOVERY_WIRE: ReadonlyMap<ObjectShape, string> = new Map([
  [verbs, "items=1"],
  [kind, "group=1 version=2 kind=3"],
  [
    resource,
    "name=1 namespaced=2 kind=3 verbs=4* shortNames=5 singularName=6 categories=7 group=8 version=9 storageVersionHash=10",
  ],
  [resourceList, "groupVersion=1 resources=2"],
  [discoveredSubresource, "subresource=1 responseKind=2* acceptedTypes=3 verbs=4"],
  [
    discoveredResource,
    "resource=1 responseKind=2* scope=3 singularResource=4 verbs=5 shortNames=6 categories=7 subresources=8",
  ],
  [discoveredVersion, "version=1 resources=2 freshness=3"],
  [discoveredGroup, "metadata=1 versions=2"],
]);

/** The shape of a document of discovery, or of an item of one. */
export function discoveryShape(apiVersion: string, kindName: string): ObjectShape | undefined {
  if (apiVersion.startsWith("apidiscovery.k8s.io/"))
    return kindName === "APIGroupDiscovery" ? discoveredGroup : undefined;
  if (apiVersion !== "" && apiVersion !== "v1") return undefined;
  if (kindName === "APIResourceList") return resourceList;
  return ["APIVersions", "APIGroup", "APIGroupList"].includes(kindName) ? shapeNamed(`${META}.${kindName}`) : undefined;
}

/** A document as its messages have it: the verbs of a resource are a message of their own. */
export function asMessages(document: JsonObject): JsonObject {
  const { kind: name, resources } = document;
  if (name !== "APIResourceList" || !Array.isArray(resources)) return document;
  return { ...document, resources: resources.map((one: JsonObject) => ({ ...one, verbs: { items: one["verbs"] } })) };
}
