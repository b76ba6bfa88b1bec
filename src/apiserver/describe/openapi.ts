/**
 * The OpenAPI documents: one of version 2, and one of version 3 for every group version, listed by an index.
 *
 * Models kube-openapi's builder, builder3 and handler3.
 * Leaves out the protobuf form of version 2: kubectl and Helm take its absence and read JSON.
 */
import {
  discoveryPath,
  groupTag,
  type Operation,
  type PathItem,
  pathsOf,
} from "#apiserver/describe/openapi.operations";
import { type Parameter, parameterText } from "#apiserver/describe/openapi.parameters";
import { REFERENCE, schemasFor, type Version } from "#apiserver/describe/openapi.schemas";
import {
  type Described,
  rootPath,
  type Schema,
  type ServedResource,
  type Texts,
} from "#apiserver/describe/openapi.served";

/** A document, ready to be written as JSON. */
export type Document = Readonly<Record<string, unknown>>;

const JSON_TYPES = ["application/json", "application/yaml"];
const OBJECT_TYPES = [...JSON_TYPES, "application/vnd.kubernetes.protobuf"];
const STREAM_TYPES = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
const APPLY_TYPES = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
const PATCH_TYPES = [...APPLY_TYPES, "application/strategic-merge-patch+json"];
const PATCH = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
const VERSION_INFO = "io.k8s.apimachinery.pkg.version.Info";
const WORDS: Readonly<Record<number, string>> = { 200: "OK", 201: "Created", 202: "Accepted" };
const SECURITY = {
  BearerToken: { description: "Bearer Token authentication", in: "header", name: "authorization", type: "apiKey" },
};

/** The documents of version 3 by path below /openapi/v3: `api/v1`, `apis/apps/v1`, `apis/apps`, `version`. */
export function openApiV3(described: Described): ReadonlyMap<string, Document> {
  const documents = new Map<string, Document>();
  for (const [path, items] of itemsByDocument(described.resources)) {
    documents.set(path, documentV3(items, described));
  }
  return documents;
}

/** The document of version 3 of one group version, or undefined if nothing in it is served. */
export function openApiV3Of(path: string, described: Described): Document | undefined {
  const items = itemsByDocument(described.resources).get(path);
  return items === undefined ? undefined : documentV3(items, described);
}

/** The answer of /openapi/v3: every document with a hash of its content, by which clients keep it. */
export function openApiIndex(hashes: Iterable<readonly [path: string, hash: string]>): Document {
  const paths = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    paths: Object.fromEntries(
      paths.map(([path, hash]) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]),
    ),
  };
}

/** The one document of version 2. */
export function openApiV2(described: Described, kubernetesVersion = "unversioned"): Document {
  const items = [...itemsByDocument(described.resources).values()].flat();
  const needed = new Set([PATCH, ...items.flatMap(definitionsIn)]);
  const paths = items.sort(byPath).map((item) => [item.path, pathV2(item, described.texts)]);
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: kubernetesVersion },
    paths: Object.fromEntries(paths),
    definitions: schemasFor(needed, "v2", { texts: described.texts, extra: described.schemas }),
    securityDefinitions: SECURITY,
    security: [{ BearerToken: [] }],
  };
}

const byPath = (a: PathItem, b: PathItem): number => (a.path < b.path ? -1 : 1);

/** Document path -> its paths. Every group and version has one, and so have the roots of discovery. */
function itemsByDocument(resources: readonly ServedResource[]): Map<string, PathItem[]> {
  const documents = new Map<string, PathItem[]>([
    ["api", [discoveryPath("/api/", "getCoreAPIVersions", "get available API versions", "APIVersions", "core")]],
    ["apis", [discoveryPath("/apis/", "getAPIVersions", "get available API versions", "APIGroupList", "apis")]],
    ["version", [versionPath()]],
  ]);
  for (const resource of resources) {
    const { group } = resource;
    const root = rootPath(resource);
    const items = documents.get(root.slice(1)) ?? groupVersionItems(resource, root);
    documents.set(root.slice(1), items);
    items.push(...pathsOf(resource));
    if (group !== "" && !documents.has(`apis/${group}`)) documents.set(`apis/${group}`, [groupPath(group)]);
  }
  return documents;
}

function versionPath(): PathItem {
  return discoveryPath(
    "/version/",
    "getCodeVersion",
    "get the version information for this server",
    VERSION_INFO,
    "version",
  );
}

function groupPath(group: string): PathItem {
  const tag = groupTag(group);
  return discoveryPath(`/apis/${group}/`, `get${capital(tag)}APIGroup`, "get information of a group", "APIGroup", tag);
}

function groupVersionItems({ group, version }: ServedResource, root: string): PathItem[] {
  const id = `get${capital(groupTag(group))}${capital(version)}APIResources`;
  return [discoveryPath(`${root}/`, id, "get available resources", "APIResourceList", `${groupTag(group)}_${version}`)];
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function documentV3(items: readonly PathItem[], { texts, schemas }: Described): Document {
  const paths = [...items].sort(byPath).map((item) => [item.path, pathV3(item, texts)]);
  const needed = new Set(items.flatMap(definitionsIn));
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(paths),
    components: { schemas: schemasFor(needed, "v3", { texts, extra: schemas }), securitySchemes: SECURITY },
  };
}

function definitionsIn({ operations }: PathItem): string[] {
  return operations.flatMap(({ body, definition }) => [
    ...(body === undefined ? [] : [body === "" ? PATCH : body]),
    ...(definition === undefined ? [] : [definition]),
  ]);
}

const reference = (definition: string, version: Version): Schema => ({ $ref: REFERENCE[version] + definition });

/** Parameters every operation of the path has are the path's own. */
function shared({ operations: [first, ...rest] }: PathItem): Parameter[] {
  return (first?.parameters ?? []).filter((parameter) =>
    rest.every(({ parameters }) => parameters.some(same(parameter))),
  );
}

const same =
  (parameter: Parameter) =>
  ({ name, text }: Parameter): boolean =>
    name === parameter.name && text === parameter.text;

const byName = (a: Parameter, b: Parameter): number => (a.name < b.name ? -1 : 1);

function pathV3(item: PathItem, texts: Texts): Schema {
  const common = shared(item);
  const render = (parameters: readonly Parameter[]) =>
    [...parameters].sort(byName).map((one) => parameterV3(one, texts));
  const operations = item.operations.map((operation) => {
    const own = operation.parameters.filter((parameter) => !common.some(same(parameter)));
    return [operation.method, operationV3(operation, render(own), item)];
  });
  return { ...Object.fromEntries(operations), ...(common.length === 0 ? {} : { parameters: render(common) }) };
}

function parameterV3(parameter: Parameter, texts: Texts): Schema {
  const description = parameterText(parameter, texts);
  const { name, in: where, type } = parameter;
  return {
    ...(description === undefined ? {} : { description }),
    in: where,
    name,
    ...(where === "path" ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}

function operationV3(operation: Operation, parameters: readonly Schema[], item: PathItem): Schema {
  const { body, isBodyRequired, definition, codes } = operation;
  const schema = definition === undefined ? { type: "string" } : reference(definition, "v3");
  const content = contentOf(producedBy(operation, item), schema);
  const consumed = body === "" ? patchTypes(item) : ["*/*"];
  const request = { content: contentOf(consumed, reference(body === "" ? PATCH : (body ?? ""), "v3")) };
  const responses = codes.map((code) => [code, { description: WORDS[code], content }]);
  // kubectl asks the first PATCH of a kind, in no order, whether it knows fieldValidation: no proxied one may answer.
  const { kind, ...unnamed } = operation;
  return {
    ...said(operation.action === "connect" || kind === undefined ? unnamed : operation, item),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: isBodyRequired === true ? { ...request, required: true } : request }),
    responses: { ...Object.fromEntries(responses), 401: { description: "Unauthorized" } },
  };
}

const contentOf = (types: readonly string[], schema: Schema): Schema =>
  Object.fromEntries([...types].sort().map((type) => [type, { schema }]));

function said({ description, operationId, action, kind }: Operation, { tag }: PathItem): Schema {
  return {
    description,
    operationId,
    tags: [tag],
    ...(action === undefined ? {} : { "x-kubernetes-action": action }),
    ...(kind === undefined ? {} : { "x-kubernetes-group-version-kind": kind }),
  };
}

function producedBy({ answer, kind }: Operation, { isCustom, path }: PathItem): readonly string[] {
  if (answer === "any") return ["*/*"];
  if (path === "/version/") return ["application/json"];
  const types = isCustom && kind !== undefined ? JSON_TYPES : OBJECT_TYPES;
  if (answer === "log") return ["text/plain", ...types];
  if (answer !== "list") return types;
  return [...types, ...STREAM_TYPES.slice(0, isCustom ? 1 : 2)];
}

const patchTypes = ({ isCustom }: PathItem): readonly string[] => (isCustom ? APPLY_TYPES : PATCH_TYPES);

function pathV2(item: PathItem, texts: Texts): Schema {
  const common = shared(item);
  const render = (parameters: readonly Parameter[]) =>
    [...parameters].sort(byName).map((one) => parameterV2(one, texts));
  const operations = item.operations.map((operation) => {
    const own = operation.parameters.filter((parameter) => !common.some(same(parameter)));
    return [operation.method, operationV2(operation, render(own), item)];
  });
  return { ...Object.fromEntries(operations), ...(common.length === 0 ? {} : { parameters: render(common) }) };
}

function parameterV2(parameter: Parameter, texts: Texts): Schema {
  const { schema, ...rest } = parameterV3(parameter, texts);
  return { ...rest, ...(schema as Schema) };
}

function operationV2(operation: Operation, parameters: readonly Schema[], item: PathItem): Schema {
  const { body, isBodyRequired, definition, codes, action } = operation;
  const schema = definition === undefined ? { type: "string" } : reference(definition, "v2");
  const required = isBodyRequired === true ? { required: true } : {};
  const bodies =
    body === undefined
      ? []
      : [{ in: "body", name: "body", ...required, schema: reference(body === "" ? PATCH : body, "v2") }];
  const all = [...bodies, ...parameters];
  const produces = producedBy(operation, item);
  return {
    ...said(operation, item),
    consumes: body === "" ? patchTypes(item) : action === undefined ? produces : ["*/*"],
    produces,
    schemes: ["https"],
    ...(all.length === 0 ? {} : { parameters: all }),
    responses: {
      ...Object.fromEntries(codes.map((code) => [code, { description: WORDS[code], schema }])),
      401: { description: "Unauthorized" },
    },
  };
}
