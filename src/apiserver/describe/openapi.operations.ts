/**
 * The paths of a group version and the operations on them, in words both versions of OpenAPI can be written from.
 *
 * Models apiserver/pkg/endpoints/installer.go and apiserver/pkg/endpoints/openapi.
 */
import {
  CONNECTIONS,
  DELETE,
  DELETE_COLLECTION,
  LIST,
  NAMESPACE,
  nameParameter,
  PATCH,
  PATH,
  type Parameter,
  PRETTY,
  WRITE,
} from "#apiserver/describe/openapi.parameters";
import { type Kind, rootPath, type ServedResource, type ServedSubresource } from "#apiserver/describe/openapi.served";

export type Method = "get" | "put" | "post" | "patch" | "delete" | "head" | "options";

/** What an operation answers with: an object, a list that may be a watch, a stream of events, a log, or anything. */
export type Answer = "object" | "list" | "log" | "any";

export interface Operation {
  readonly method: Method;
  readonly description: string;
  readonly operationId: string;
  /** x-kubernetes-action; absent on discovery. */
  readonly action?: string;
  readonly kind?: Kind;
  readonly parameters: readonly Parameter[];
  /** The schema of the body; "" is any patch. */
  readonly body?: string;
  readonly isBodyRequired?: boolean;
  readonly answer: Answer;
  /** Codes of success; `definition` is the schema of every one of them. */
  readonly codes: readonly number[];
  readonly definition?: string;
}

export interface PathItem {
  readonly path: string;
  readonly operations: readonly Operation[];
  readonly isCustom: boolean;
  readonly tag: string;
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const METHODS: Readonly<Record<string, Method>> = { get: "get", update: "put", patch: "patch", create: "post" };
const CONNECT: readonly Method[] = ["get", "post"];
const PROXY: readonly Method[] = ["delete", "get", "head", "options", "patch", "post", "put"];
const DEPRECATED_LIST = "deprecated: use the 'watch' parameter with a list operation instead";
const DEPRECATED_ITEM = `${DEPRECATED_LIST}, filtered to a single item with the 'fieldSelector' parameter`;

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `core`, `apps`, `rbacAuthorization`, `stableExampleCom`. */
export function groupTag(group: string): string {
  if (group === "") return "core";
  const [first = "", ...rest] = group.replace(/\.k8s\.io$/, "").split(/[.-]/);
  return first + rest.map(capital).join("");
}

/** `a Pod`, `an Ingress`; a word that looks plural has no article. */
function withArticle(kind: string): string {
  if (/[^s]s$/.test(kind)) return kind;
  return `${/^[aeiou]/i.test(kind) ? "an" : "a"} ${kind}`;
}

/** Every path of a resource. */
export function pathsOf(resource: ServedResource): PathItem[] {
  const scope = new Scope(resource);
  const items: PathItem[] = [];
  const add = (path: string, operations: readonly (Operation | undefined)[]): void => {
    const present = operations.filter((operation) => operation !== undefined);
    const isCustom = resource.isCustom === true;
    if (present.length > 0) items.push({ path, operations: present, isCustom, tag: scope.tag });
  };
  const base = rootPath(resource);
  const own = `${resource.namespaced ? "/namespaces/{namespace}" : ""}/${resource.plural}`;
  if (resource.namespaced) add(`${base}/${resource.plural}`, [list(scope, true)]);
  add(`${base}${own}`, [list(scope), create(scope), deleteCollection(scope)]);
  add(`${base}${own}/{name}`, [read(scope), update(scope), patch(scope), remove(scope)]);
  for (const subresource of resource.subresources) addSubresource(scope, subresource, `${base}${own}/{name}`, add);
  if (resource.verbs.includes("watch")) {
    if (resource.namespaced) add(`${base}/watch/${resource.plural}`, [watchList(scope, true)]);
    add(`${base}/watch${own}`, [watchList(scope)]);
    add(`${base}/watch${own}/{name}`, [watchOne(scope)]);
  }
  return items;
}

/** The names and parameters all operations of a resource share. */
class Scope {
  readonly tag: string;
  readonly resource: ServedResource;
  readonly kind: Kind;
  private readonly prefix: string;

  constructor(resource: ServedResource) {
    const { group, version, kind } = resource;
    this.resource = resource;
    this.kind = { group, version, kind };
    this.tag = `${groupTag(group)}_${version}`;
    this.prefix = capital(groupTag(group)) + capital(version);
  }

  has(verb: string): boolean {
    return this.resource.verbs.includes(verb);
  }

  /** `listCoreV1NamespacedPod`; `words` come between version and scope. */
  id(verb: string, { words = "", suffix = "", everywhere = false } = {}): string {
    const namespaced = this.resource.namespaced && !everywhere ? "Namespaced" : "";
    const place = this.resource.namespaced && everywhere ? "ForAllNamespaces" : "";
    return `${verb}${this.prefix}${words}${namespaced}${this.kind.kind}${suffix}${place}`;
  }

  /** The path's own parameters, and `pretty`. */
  common({ named = "", everywhere = false } = {}): Parameter[] {
    const place = this.resource.namespaced && !everywhere ? [NAMESPACE] : [];
    return [...(named === "" ? [] : [nameParameter(named)]), ...place, PRETTY];
  }
}

function list(scope: Scope, everywhere = false): Operation | undefined {
  if (!scope.has("list")) return undefined;
  return {
    method: "get",
    description: `list ${scope.has("watch") ? "or watch " : ""}objects of kind ${scope.kind.kind}`,
    operationId: scope.id("list", { everywhere }),
    action: "list",
    kind: scope.kind,
    parameters: [...LIST, ...scope.common({ everywhere })],
    answer: "list",
    codes: [200],
    definition: scope.resource.listDefinition,
  };
}

function create(scope: Scope): Operation | undefined {
  if (!scope.has("create")) return undefined;
  return {
    method: "post",
    description: `create ${withArticle(scope.kind.kind)}`,
    operationId: scope.id("create"),
    action: "post",
    parameters: [...WRITE, ...scope.common()],
    ...written(scope.resource, scope.kind, [200, 201, 202]),
  };
}

const written = (resource: Pick<ServedResource, "definition">, kind: Kind, codes: readonly number[]) =>
  ({
    kind,
    body: resource.definition,
    isBodyRequired: true,
    answer: "object",
    codes,
    definition: resource.definition,
  }) as const;

function deleteCollection(scope: Scope): Operation | undefined {
  if (!scope.has("deletecollection")) return undefined;
  return {
    method: "delete",
    description: `delete collection of ${scope.kind.kind}`,
    operationId: scope.id("delete", { words: "Collection" }),
    action: "deletecollection",
    kind: scope.kind,
    parameters: [...DELETE_COLLECTION, ...scope.common()],
    body: `${META}.DeleteOptions`,
    answer: "object",
    codes: [200],
    definition: `${META}.Status`,
  };
}

function remove(scope: Scope): Operation | undefined {
  if (!scope.has("delete")) return undefined;
  const { resource, kind } = scope;
  return {
    method: "delete",
    description: `delete ${withArticle(kind.kind)}`,
    operationId: scope.id("delete"),
    action: "delete",
    kind,
    parameters: [...DELETE, ...scope.common({ named: kind.kind })],
    body: `${META}.DeleteOptions`,
    answer: "object",
    codes: [200, 202],
    definition: resource.returnsDeletedObject ? resource.definition : `${META}.Status`,
  };
}

const read = (scope: Scope) => (scope.has("get") ? itemOperation(scope, "get") : undefined);
const update = (scope: Scope) => (scope.has("update") ? itemOperation(scope, "update") : undefined);
const patch = (scope: Scope) => (scope.has("patch") ? itemOperation(scope, "patch") : undefined);

const ITEM_VERBS: Readonly<Record<string, readonly [word: string, id: string, action: string]>> = {
  get: ["read", "read", "get"],
  update: ["replace", "replace", "put"],
  patch: ["partially update", "patch", "patch"],
};

/** get, update or patch of an object or of one of its subresources. */
function itemOperation(scope: Scope, verb: "get" | "update" | "patch", subresource?: ServedSubresource): Operation {
  const [word = "", id = "", action = ""] = ITEM_VERBS[verb] ?? [];
  const { group, version, kind } = subresource ?? scope.kind;
  const what = subresource === undefined ? "the specified" : `${subresource.name} of the specified`;
  const definition = (subresource ?? scope.resource).definition ?? "";
  const own = verb === "get" ? [] : verb === "patch" ? PATCH : WRITE;
  const parameters = [...own, ...scope.common({ named: kind })];
  return {
    method: METHODS[verb] ?? "get",
    description: `${word} ${what} ${scope.kind.kind}`,
    operationId: scope.id(id, { suffix: subresource === undefined ? "" : subresourceWord(subresource.name) }),
    action,
    kind: { group, version, kind },
    parameters,
    answer: "object",
    codes: verb === "get" ? [200] : [200, 201],
    definition,
    ...(verb === "get" ? {} : { body: verb === "patch" ? "" : definition, isBodyRequired: true }),
  };
}

const subresourceWord = (name: string): string => capital(name);

type Add = (path: string, operations: readonly (Operation | undefined)[]) => void;

function addSubresource(scope: Scope, subresource: ServedSubresource, item: string, add: Add): void {
  const path = `${item}/${subresource.name}`;
  add(path, subresourceOperations(scope, subresource));
  if (subresource.name === "proxy") add(`${path}/{path}`, connections(scope, subresource, "WithPath"));
}

function subresourceOperations(scope: Scope, subresource: ServedSubresource): (Operation | undefined)[] {
  if (subresource.name === "log") return [log(scope)];
  if (subresource.kind.endsWith("Options")) return connections(scope, subresource);
  const verbs = ["get", "update", "patch"] as const;
  return [
    ...verbs.map((verb) => (subresource.verbs.includes(verb) ? itemOperation(scope, verb, subresource) : undefined)),
    subresource.verbs.includes("create") ? createSubresource(scope, subresource) : undefined,
  ];
}

function createSubresource(scope: Scope, subresource: ServedSubresource): Operation {
  const { name, group, version, kind, definition = "" } = subresource;
  return {
    method: "post",
    description: `create ${name} of ${withArticle(scope.kind.kind)}`,
    operationId: scope.id("create", { suffix: subresourceWord(name) }),
    action: "post",
    parameters: [...WRITE, ...scope.common({ named: kind })],
    ...written({ definition }, { group, version, kind }, [200, 201, 202]),
  };
}

function log(scope: Scope): Operation {
  return {
    method: "get",
    description: `read log of the specified ${scope.kind.kind}`,
    operationId: scope.id("read", { suffix: "Log" }),
    action: "get",
    kind: scope.kind,
    parameters: [...(CONNECTIONS[`${scope.resource.plural}/log`] ?? []), ...scope.common({ named: scope.kind.kind })],
    answer: "log",
    codes: [200],
  };
}

function connections(scope: Scope, { name, kind }: ServedSubresource, suffix = ""): Operation[] {
  const own = CONNECTIONS[`${scope.resource.plural}/${name}`] ?? [];
  const place = scope.common({ named: kind }).filter((parameter) => parameter !== PRETTY);
  return (name === "proxy" ? PROXY : CONNECT).map((method) => ({
    method,
    description: `connect ${method.toUpperCase()} requests to ${name} of ${scope.kind.kind}`,
    operationId: scope.id("connect", { words: capital(method), suffix: subresourceWord(name) + suffix }),
    action: "connect",
    kind: scope.kind,
    parameters: [...own, ...place, ...(suffix === "" ? [] : [PATH])],
    answer: "any",
    codes: [200],
  }));
}

function watchList(scope: Scope, everywhere = false): Operation {
  return {
    method: "get",
    description: `watch individual changes to a list of ${scope.kind.kind}. ${DEPRECATED_LIST}.`,
    operationId: scope.id("watch", { suffix: "List", everywhere }),
    action: "watchlist",
    kind: scope.kind,
    parameters: [...LIST, ...scope.common({ everywhere })],
    answer: "list",
    codes: [200],
    definition: `${META}.WatchEvent`,
  };
}

function watchOne(scope: Scope): Operation {
  return {
    method: "get",
    description: `watch changes to an object of kind ${scope.kind.kind}. ${DEPRECATED_ITEM}.`,
    operationId: scope.id("watch"),
    action: "watch",
    kind: scope.kind,
    parameters: [...LIST, ...scope.common({ named: scope.kind.kind })],
    answer: "list",
    codes: [200],
    definition: `${META}.WatchEvent`,
  };
}

/** A path that answers discovery: `/apis/apps/v1/`, `/apis/apps/`, `/api/`. */
export function discoveryPath(
  path: string,
  operationId: string,
  description: string,
  type: string,
  tag: string,
): PathItem {
  const definition = type.includes(".") ? type : `${META}.${type}`;
  const operation: Operation = {
    method: "get",
    description,
    operationId,
    parameters: [],
    answer: "object",
    codes: [200],
    definition,
  };
  return { path, operations: [operation], isCustom: false, tag };
}
