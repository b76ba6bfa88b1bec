/**
 * The Kubernetes API as kubectl uses it: discovery, and requests whose refusals are worded as kubectl prints them.
 */
import { KubectlError, usageError } from "#kubectl/error";

/** An object as it comes over the wire. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
  };
  readonly [field: string]: unknown;
}

/** How requests are sent: the path below the server's root, and what goes with it. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** A kind as discovery describes it. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly short: readonly string[];
  readonly kind: string;
  readonly isNamespaced: boolean;
}

/** An object's place; `namespace` is left out of account for cluster-scoped kinds. */
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
} as const;

interface Discovered {
  readonly name: string;
  readonly singularName?: string;
  readonly shortNames?: readonly string[];
  readonly kind: string;
  readonly namespaced: boolean;
}

export class Server {
  readonly #fetch: Fetch;
  #kinds: readonly Kind[] | undefined;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** The kind of a name as it is typed: `deploy`, `deployments.apps`, `Deployment`. @throws KubectlError */
  async kindNamed(name: string): Promise<Kind> {
    const wanted = name.toLowerCase();
    const found = (await this.kinds()).find(({ plural, singular, short, kind, group }) =>
      [plural, singular, kind.toLowerCase(), ...short, `${plural}.${group}`, `${singular}.${group}`].includes(wanted),
    );
    if (found === undefined) throw usageError(`the server doesn't have a resource type ${JSON.stringify(name)}`);
    return found;
  }

  /** The kind of a manifest. @throws KubectlError */
  async kindOf({ apiVersion, kind }: KubeObject): Promise<Kind> {
    const found = (await this.kinds()).find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
    if (found !== undefined) return found;
    throw usageError(`resource mapping not found: no matches for kind "${kind}" in version "${apiVersion}"`);
  }

  /** Every kind the server has, core kinds first. */
  async kinds(): Promise<readonly Kind[]> {
    this.#kinds ??= await this.#discover();
    return this.#kinds;
  }

  async #discover(): Promise<readonly Kind[]> {
    interface Groups {
      readonly groups: readonly { readonly name: string; readonly preferredVersion: { readonly version: string } }[];
    }
    const { groups } = await this.#send<Groups>("GET", "/apis");
    const versions = [{ group: "", version: "v1" }];
    for (const { name, preferredVersion } of groups) versions.push({ group: name, version: preferredVersion.version });
    const kinds: Kind[] = [];
    for (const { group, version } of versions) {
      const { resources } = await this.#send<{ resources: readonly Discovered[] }>("GET", rootOf({ group, version }));
      for (const { name, singularName = "", shortNames = [], kind, namespaced } of resources) {
        if (name.includes("/")) continue;
        kinds.push({
          group,
          version,
          plural: name,
          singular: singularName,
          short: shortNames,
          kind,
          isNamespaced: namespaced,
        });
      }
    }
    return kinds;
  }

  get(place: Place): Promise<KubeObject> {
    return this.#send("GET", pathOf(place));
  }

  /** The object, or undefined where there is none. */
  async find(place: Place): Promise<KubeObject | undefined> {
    const response = await this.#fetch(pathOf(place), { method: "GET", headers: { accept: "application/json" } });
    if (response.status === 404) return undefined;
    return read(response);
  }

  async list(place: Place, selector = ""): Promise<readonly KubeObject[]> {
    const query = selector === "" ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
    const { items } = await this.#send<{ items: readonly KubeObject[] }>("GET", pathOf(place) + query);
    // Items of a list do not say what they are.
    const { kind } = place;
    return items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind }));
  }

  create(place: Place, object: unknown): Promise<KubeObject> {
    return this.#send("POST", pathOf(place), object);
  }

  update(place: Place, object: unknown): Promise<KubeObject> {
    return this.#send("PUT", pathOf(place), object);
  }

  patch(place: Place, type: keyof typeof PATCH_TYPES, patch: unknown): Promise<KubeObject> {
    return this.#send("PATCH", pathOf(place), patch, PATCH_TYPES[type]);
  }

  delete(place: Place, options: unknown): Promise<KubeObject> {
    return this.#send("DELETE", pathOf(place), options);
  }

  async #send<T>(method: string, path: string, body?: unknown, type = "application/json"): Promise<T> {
    const isWrite = method !== "GET" && method !== "DELETE";
    const url = isWrite ? `${path}?fieldManager=kubectl&fieldValidation=Strict` : path;
    const response = await this.#fetch(url, {
      method,
      headers: { accept: "application/json", ...(body !== undefined && { "content-type": type }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return read(response);
  }
}

/** `apps/v1`, `v1`. */
export const apiVersionOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? version : `${group}/${version}`;

const rootOf = ({ group, version }: Pick<Kind, "group" | "version">): string =>
  group === "" ? `/api/${version}` : `/apis/${group}/${version}`;

function pathOf({ kind, namespace, name, subresource }: Place): string {
  const scope = kind.isNamespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const object = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${rootOf(kind)}${scope}/${kind.plural}${object}${subresource === undefined ? "" : `/${subresource}`}`;
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  let status: { reason?: string; message?: string };
  try {
    status = JSON.parse(text) as typeof status;
  } catch {
    throw new KubectlError(`Error from server: ${text.trim()}`);
  }
  const { reason = "", message = "" } = status;
  if (reason === "Invalid") throw new KubectlError(`The ${message.replace(/ is invalid: /, " is invalid: ")}`);
  throw new KubectlError(`Error from server${reason === "" ? "" : ` (${reason})`}: ${message}`);
}
