/**
 * The Kubernetes API as kubectl uses it: discovery, and requests whose refusals are worded as kubectl prints them.
 *
 * Commands are generators: they yield a request and are given its answer, so that who runs them may wait for it (the
 * edge) or not (a simulated container).
 */
import { KubectlError, usageError } from "#kernel/kubectl/error";

/** A request, its path below the server's root. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: string;
}

/** Work that asks the API on its way. */
export type Asking<T> = Generator<ApiRequest, T, ApiResponse>;

/** An object as it comes over the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
  };
  readonly [field: string]: unknown;
}

/** A kind as discovery describes it. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly short: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** An object's place; `namespace` is left out of account for cluster-scoped kinds, "" = all of them. */
export interface Place {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name?: string;
  readonly subresource?: string;
}

const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export type PatchType = keyof typeof PATCH_TYPES;

interface Discovered {
  readonly name: string;
  readonly singularName?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The groups of a server: told at once, or by name alone. */
interface Groups {
  readonly items?: readonly Group[];
  readonly groups?: readonly { readonly name: string; readonly preferredVersion: { readonly version: string } }[];
}

/** A group of the aggregated discovery; its first version is preferred. */
interface Group {
  readonly metadata: { readonly name?: string };
  readonly versions: readonly {
    readonly version: string;
    readonly resources?: readonly {
      readonly resource: string;
      readonly responseKind: { readonly kind: string };
      readonly scope: string;
      readonly singularResource?: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
      readonly verbs: readonly string[];
    }[];
  }[];
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

function kindsOf({ metadata: { name: group = "" }, versions }: Group): Kind[] {
  const [preferred] = versions;
  return (preferred?.resources ?? []).map((one) => ({
    ...{ group, version: preferred?.version ?? "", plural: one.resource, kind: one.responseKind.kind },
    ...{ singular: one.singularResource ?? "", short: one.shortNames ?? [], categories: one.categories ?? [] },
    ...{ verbs: one.verbs, isNamespaced: one.scope === "Namespaced" },
  }));
}

interface Send {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string>>;
}

export class Server {
  #kinds: readonly Kind[] | undefined;
  readonly #manager: string;
  readonly #validation: string;

  constructor({ manager = "kubectl", validation = "Strict" }: { manager?: string; validation?: string } = {}) {
    this.#manager = manager;
    this.#validation = validation;
  }

  /** The kind of a name as it is typed: `deploy`, `deployments.apps`, `deployments.v1.apps`. @throws KubectlError */
  *kindNamed(name: string): Asking<Kind> {
    const wanted = name.toLowerCase();
    const found = (yield* this.kinds()).find(({ plural, singular, short, kind, group, version }) =>
      [
        ...[plural, singular, kind.toLowerCase(), ...short],
        ...[`${plural}.${group}`, `${singular}.${group}`, `${plural}.${version}.${group}`],
      ].includes(wanted),
    );
    if (found === undefined) throw usageError(`the server doesn't have a resource type ${JSON.stringify(name)}`);
    return found;
  }

  /** The kinds of a name that may be a category (`all`). @throws KubectlError */
  *kindsNamed(name: string): Asking<readonly Kind[]> {
    const members = (yield* this.kinds()).filter(({ categories }) => categories.includes(name));
    return members.length > 0 ? members : [yield* this.kindNamed(name)];
  }

  /** The kind of a manifest. @throws KubectlError */
  *kindOf({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): Asking<Kind> {
    const kinds = yield* this.kinds();
    const found = kinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
    if (found !== undefined) return found;
    const slash = apiVersion.indexOf("/");
    const gv = { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) };
    // A version that is served but not preferred.
    const own = (yield* this.#resourcesIn(gv)).find((one) => one.kind === kind);
    if (own !== undefined) return own;
    throw usageError(
      `resource mapping not found: no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  }

  /** Every kind the server has, core kinds first. */
  *kinds(): Asking<readonly Kind[]> {
    this.#kinds ??= yield* this.#discover();
    return this.#kinds;
  }

  /** Two requests where the server tells of all its groups at once, else one for each of them. */
  *#discover(): Asking<readonly Kind[]> {
    const { items, groups = [] } = yield* this.send<Groups>("GET", "/apis", { accept: AGGREGATED });
    if (items !== undefined) {
      const core = yield* this.send<Groups>("GET", "/api", { accept: AGGREGATED });
      return [...(core.items ?? []), ...items].flatMap(kindsOf);
    }
    const kinds = [...(yield* this.#resourcesIn({ group: "", version: "v1" }))];
    for (const { name, preferredVersion } of groups) {
      kinds.push(...(yield* this.#resourcesIn({ group: name, version: preferredVersion.version })));
    }
    return kinds;
  }

  *#resourcesIn({ group, version }: { readonly group: string; readonly version: string }): Asking<readonly Kind[]> {
    const headers = { accept: "application/json" };
    const answer = yield { method: "GET", path: rootOf({ group, version }), headers };
    if (answer.status !== 200) return [];
    const { resources = [] } = JSON.parse(answer.body) as { resources?: readonly Discovered[] };
    return resources
      .filter(({ name }) => !name.includes("/"))
      .map(({ name, singularName = "", shortNames = [], categories = [], verbs = [], kind, namespaced }) => ({
        ...{ group, version, plural: name, singular: singularName, short: shortNames, categories, verbs, kind },
        isNamespaced: namespaced,
      }));
  }

  get(place: Place): Asking<KubeObject> {
    return this.send("GET", pathOf(place));
  }

  /** The object, or undefined where there is none. */
  *find(place: Place): Asking<KubeObject | undefined> {
    const response = yield { method: "GET", path: pathOf(place), headers: { accept: "application/json" } };
    if (response.status === 404) return undefined;
    return read(response);
  }

  *list(place: Place, selector = "", fields = ""): Asking<readonly KubeObject[]> {
    const query = {
      ...(selector !== "" && { labelSelector: selector }),
      ...(fields !== "" && { fieldSelector: fields }),
    };
    const { items } = yield* this.send<{ items: readonly KubeObject[] }>("GET", pathOf(place), { query });
    // Items of a list do not say what they are.
    const { kind } = place;
    return items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind }));
  }

  create(place: Place, object: unknown, query: Readonly<Record<string, string>> = {}): Asking<KubeObject> {
    return this.#write("POST", place, { body: object, query });
  }

  update(place: Place, object: unknown, query: Readonly<Record<string, string>> = {}): Asking<KubeObject> {
    return this.#write("PUT", place, { body: object, query });
  }

  patch(
    place: Place,
    type: PatchType,
    patch: unknown,
    query: Readonly<Record<string, string>> = {},
  ): Asking<KubeObject> {
    return this.#write("PATCH", place, { body: patch, type: PATCH_TYPES[type], query });
  }

  delete(place: Place, options: unknown): Asking<KubeObject> {
    return this.send("DELETE", pathOf(place), { body: options });
  }

  #write(method: string, place: Place, { query = {}, ...rest }: Send): Asking<KubeObject> {
    const own = { fieldManager: this.#manager, fieldValidation: this.#validation };
    return this.send(method, pathOf(place), { ...rest, query: { ...own, ...query } });
  }

  /** Sends a request and reads the JSON of its answer. @throws KubectlError */
  *send<T>(method: string, path: string, { body, type, accept, query = {} }: Send = {}): Asking<T> {
    const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const answer = yield {
      method,
      path: pairs.length === 0 ? path : `${path}?${pairs.join("&")}`,
      headers: {
        accept: accept ?? "application/json",
        ...(body !== undefined && { "content-type": type ?? "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    return read(answer);
  }
}

/** `apps/v1`, `v1`. */
export const apiVersionOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`;

const rootOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

/** The path of an object or a collection. */
export function pathOf({ kind, namespace, name, subresource }: Place): string {
  const scope = kind.isNamespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const object = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${rootOf(kind)}${scope}/${kind.plural}${object}${subresource === undefined ? "" : `/${subresource}`}`;
}

function read<T>({ status: code, body: text }: ApiResponse): T {
  if (code >= 200 && code < 300) return JSON.parse(text) as T;
  throw refusal(text);
}

/** What kubectl says of an answer that refuses. */
export function refusal(text: string): KubectlError {
  let status: { reason?: string; message?: string };
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    return new KubectlError(`Error from server: ${text.trim()}`);
  }
  const { reason = "", message = "" } = status;
  if (reason === "Invalid") return new KubectlError(`The ${message}`);
  if (reason === "Unauthorized") return new KubectlError("error: You must be logged in to the server (Unauthorized)");
  return new KubectlError(`Error from server${reason === "" ? "" : ` (${reason})`}: ${message}`);
}
