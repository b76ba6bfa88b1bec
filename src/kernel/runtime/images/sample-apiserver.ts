/**
 * sample-apiserver: an API server of its own for flunders and fischers, which an APIService brings into the cluster.
 *
 * Models k8s.io/sample-apiserver as upstream's test of the aggregator runs it.
 * Leaves out the version v1beta1, watches and tables, and the etcd beside it: what it keeps goes with the process.
 */

import { shapeNamed } from "#kernel/api/shapes";
import { decode } from "#kernel/api/walk";
import {
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  methodNotSupported,
  notFound,
  requestEntityTooLarge,
  StatusError,
  success,
  tooManyRequests,
  unsupportedBodyType,
} from "#kernel/apimachinery/errors";
import { quote } from "#kernel/apimachinery/go-text";
import { matchesRequirements, parse } from "#kernel/apimachinery/labels";
import { timeText } from "#kernel/apimachinery/meta";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { mergePatch } from "#kernel/apimachinery/patch/merge-patch";
import { versionInfo } from "#kernel/apimachinery/version";
import { goSignal } from "#kernel/runtime/images/go";
import { parseTarget, respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

const GROUP = "wardle.example.com";
const VERSION = "v1alpha1";
const API_VERSION = `${GROUP}/${VERSION}`;
const HOME = `/apis/${API_VERSION}`;

interface Kept {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly resourceVersion: string };
  readonly spec?: { readonly reference?: string; readonly referenceType?: string };
  readonly status?: object;
  readonly disallowedFlunders?: readonly string[];
}

/** What somebody wants kept. */
type Draft = Pick<Kept, "spec" | "status" | "disallowedFlunders"> & {
  readonly metadata: Readonly<Record<string, unknown>>;
};

interface State {
  readonly revision: number;
  /** By `plural/namespace/name`. */
  readonly objects: Readonly<Record<string, Kept>>;
}

interface Kind {
  readonly kind: string;
  readonly singular: string;
  readonly isNamespaced: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  fischers: { kind: "Fischer", singular: "fischer", isNamespaced: false },
  flunders: { kind: "Flunder", singular: "flunder", isNamespaced: true },
};

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update"];

/** What a request is about. */
interface Asked extends Kind {
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
  readonly request: HttpRequest;
  readonly query: Readonly<Record<string, string>>;
}

const groupVersion = { groupVersion: API_VERSION, version: VERSION };
const group = { name: GROUP, versions: [groupVersion], preferredVersion: groupVersion };

const DOCUMENTS: Readonly<Record<string, object>> = {
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [group] },
  [`/apis/${GROUP}`]: { kind: "APIGroup", apiVersion: "v1", ...group },
  [HOME]: {
    ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion: API_VERSION },
    resources: Object.entries(KINDS).map(([name, { kind, singular, isNamespaced }]) => ({
      ...{ name, singularName: singular, namespaced: isNamespaced, kind, verbs: VERBS },
    })),
  },
  "/version": versionInfo,
};

function answer(task: Task<State>, request: HttpRequest): HttpResponse {
  const { path: target, query } = parseTarget(request.path);
  const path = target.replace(/(.)\/$/, "$1");
  if (/^\/(healthz|livez|readyz)$/.test(path)) return respond(request.method, 200, "ok", TEXT);
  const document = DOCUMENTS[path];
  if (document !== undefined) return json(request, 200, document);
  const asked = askedFor(path, request, query);
  if (asked === undefined) return respond(request.method, 404, "404 page not found\n", TEXT);
  try {
    return carryOut(task, asked);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return json(request, error.code, error.status);
  }
}

const TEXT = { "content-type": "text/plain; charset=utf-8" };

const json = ({ method }: HttpRequest, status: number, value: object): HttpResponse =>
  respond(method, status, `${JSON.stringify(value)}\n`, { "content-type": "application/json" });

function askedFor(path: string, request: HttpRequest, query: Asked["query"]): Asked | undefined {
  const [, namespace = "", plural = "", name = ""] =
    /^\/apis\/wardle\.example\.com\/v1alpha1(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const kind = KINDS[plural];
  if (kind === undefined || (namespace !== "" && !kind.isNamespaced)) return undefined;
  return { ...kind, plural, namespace, name, request, query };
}

const resourceOf = ({ plural }: Asked) => ({ group: GROUP, resource: plural });

function carryOut(task: Task<State>, asked: Asked): HttpResponse {
  const { request, name, query } = asked;
  const verb = verbOf(asked);
  switch (verb) {
    case "list":
      return json(request, 200, list(stateOf(task), asked));
    case "get":
      return json(request, 200, need(stateOf(task), asked));
    case "create":
      return json(request, 201, create(task, asked, draftIn(asked, jsonIn(request.body))));
    case "update":
    case "patch": {
      const old = need(stateOf(task), asked);
      return json(
        request,
        200,
        replace(
          task,
          asked,
          old,
          verb === "update" ? draftIn(asked, jsonIn(request.body)) : patched(asked, old, request),
        ),
      );
    }
    case "delete": {
      const { uid } = need(stateOf(task), asked).metadata;
      if (query["dryRun"] === undefined) drop(task, [keyOf(asked, name)]);
      return json(request, 200, success({ name, group: GROUP, kind: asked.plural, uid: String(uid) }));
    }
    case "deletecollection": {
      const found = list(stateOf(task), asked);
      drop(
        task,
        found.items.map(({ metadata }) =>
          keyOf({ ...asked, namespace: String(metadata["namespace"] ?? "") }, metadata.name),
        ),
      );
      return json(request, 200, found);
    }
    default:
      throw methodNotSupported(resourceOf(asked), verb);
  }
}

function verbOf({ request: { method }, name, query }: Asked): string {
  if (/^(1|t|true)$/i.test(query["watch"] ?? "")) return "watch";
  if (method === "GET" || method === "HEAD") return name === "" ? "list" : "get";
  if (method === "DELETE") return name === "" ? "deletecollection" : "delete";
  return { POST: name === "" ? "create" : "post", PUT: "update", PATCH: "patch" }[method] ?? method.toLowerCase();
}

const stateOf = (task: Task<State>): State => task.state ?? { revision: 1, objects: {} };

const keyOf = ({ plural, namespace }: Pick<Asked, "plural" | "namespace">, name: string): string =>
  `${plural}/${namespace}/${name}`;

function list({ revision, objects }: State, asked: Asked) {
  const wanted = parse(asked.query["labelSelector"] ?? "");
  const items = Object.entries(objects)
    .filter(([key]) => key.startsWith(asked.namespace === "" ? `${asked.plural}/` : keyOf(asked, "")))
    .map(([, object]) => object)
    .filter(({ metadata }) => matchesRequirements(wanted, (metadata["labels"] ?? {}) as Record<string, string>));
  const metadata = { resourceVersion: String(revision) };
  return { kind: `${asked.kind}List`, apiVersion: API_VERSION, metadata, items };
}

function need({ objects }: State, asked: Asked): Kept {
  const found = objects[keyOf(asked, asked.name)];
  if (found === undefined) throw notFound(resourceOf(asked), asked.name);
  return found;
}

/** JSON of a body. @throws BadRequest */
function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw badRequest(
      "the body of the request was in an unknown format - accepted media types include: application/json",
    );
  }
}

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object as it was sent, as far as the kind has what was sent. @throws BadRequest */
function draftIn(asked: Asked, value: unknown): Draft {
  if (!isObject(value)) throw badRequest(`json: cannot unmarshal into Go value of type ${VERSION}.${asked.kind}`);
  const { apiVersion = API_VERSION, kind = asked.kind, metadata = {}, spec, disallowedFlunders = [] } = value;
  const refuse = (problem: string): Error =>
    badRequest(`${asked.kind} in version ${quote(VERSION)} cannot be handled as a ${asked.kind}: ${problem}`);
  if (apiVersion !== API_VERSION || kind !== asked.kind) throw refuse(`it is a ${String(apiVersion)} ${String(kind)}`);
  const meta = decode(shapeNamed(META), metadata);
  if (meta.problem !== undefined) throw refuse(meta.problem);
  if (asked.plural === "fischers") {
    if (Array.isArray(disallowedFlunders) && disallowedFlunders.every((one) => typeof one === "string")) {
      return { metadata: meta.value, disallowedFlunders };
    }
    throw refuse("json: cannot unmarshal into Go struct field Fischer.disallowedFlunders of type []string");
  }
  const { reference = "", referenceType = "" } = isObject(spec) ? spec : {};
  if (typeof reference === "string" && typeof referenceType === "string") {
    const said = { ...(reference !== "" && { reference }), ...(referenceType !== "" && { referenceType }) };
    return { metadata: meta.value, spec: said, status: {} };
  }
  throw refuse("json: cannot unmarshal into Go struct field FlunderSpec.spec.reference of type string");
}

function patched(asked: Asked, old: Kept, { headers, body }: HttpRequest): Draft {
  const type = (headers["content-type"] ?? "").split(";")[0];
  const patch = jsonIn(body);
  if (type === "application/json-patch+json") return draftIn(asked, jsonPatch(old, patch));
  if (type === "application/merge-patch+json" || type === "application/strategic-merge-patch+json") {
    return draftIn(asked, mergePatch(old, patch));
  }
  throw unsupportedBodyType(["application/json-patch+json", "application/merge-patch+json"]);
}

function create(task: Task<State>, asked: Asked, draft: Draft): Kept {
  const { entropy } = task.world;
  const { name: said = "", generateName = "" } = draft.metadata as { name?: string; generateName?: string };
  const name = said === "" && generateName !== "" ? generateName + entropy.suffix() : said;
  if (name === "") throw badRequest("name or generateName is required");
  const state = stateOf(task);
  if (asked.isNamespaced && asked.namespace === "") throw badRequest("namespace is required");
  if (state.objects[keyOf(asked, name)] !== undefined) throw alreadyExists(resourceOf(asked), name);
  if (Object.keys(state.objects).length >= LIMITS.sampleObjects) throw tooManyRequests(1);
  refuseBanned(state, asked, name);
  const metadata = {
    ...draft.metadata,
    ...{ name, uid: entropy.uid(), creationTimestamp: timeText(task.now) },
    ...(asked.isNamespaced && { namespace: asked.namespace }),
  };
  return keep(task, asked, { ...draft, metadata });
}

/** Fischers say which flunders there may not be. */
function refuseBanned({ objects }: State, asked: Asked, name: string): void {
  if (asked.plural !== "flunders") return;
  const isBanned = Object.values(objects).some((one) => one.disallowedFlunders?.includes(name) === true);
  if (isBanned) throw forbidden(resourceOf(asked), name, "this name may not be used, please change the resource name");
}

function replace(task: Task<State>, asked: Asked, old: Kept, draft: Draft): Kept {
  const { name = asked.name, resourceVersion = "" } = draft.metadata as Partial<Kept["metadata"]>;
  if (name !== asked.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${asked.name})`);
  }
  if (resourceVersion !== "" && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(resourceOf(asked), asked.name);
  }
  const { uid, creationTimestamp, namespace } = old.metadata;
  const fixed = { name, uid, creationTimestamp, ...(namespace !== undefined && { namespace }) };
  return keep(task, asked, { ...draft, metadata: { ...draft.metadata, ...fixed } });
}

function keep(task: Task<State>, asked: Asked, { metadata, ...rest }: Draft): Kept {
  const { revision, objects } = stateOf(task);
  const meta = { ...metadata, resourceVersion: String(revision + 1) } as Kept["metadata"];
  const object: Kept = { kind: asked.kind, apiVersion: API_VERSION, metadata: meta, ...rest };
  if (JSON.stringify(object).length > LIMITS.sampleObjectChars) {
    throw requestEntityTooLarge("etcdserver: request is too large");
  }
  if (asked.query["dryRun"] !== undefined) return object;
  const kept = Object.entries({ ...objects, [keyOf(asked, meta.name)]: object });
  task.state = {
    revision: revision + 1,
    objects: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return object;
}

function drop(task: Task<State>, keys: readonly string[]): void {
  const { revision, objects } = stateOf(task);
  const left = Object.fromEntries(Object.entries(objects).filter(([key]) => !keys.includes(key)));
  task.state = { revision: revision + 1, objects: left };
}

const server: Program<State> = {
  name: "sample-apiserver",

  step(task) {
    if (task.state !== undefined) return {};
    const port = Number(goFlag(task.argv, "secure-port") ?? "443");
    if (!task.listen(port)) return 1;
    task.state = stateOf(task);
    task.complain(`Serving securely on [::]:${port}\n`);
    return {};
  },

  http: (task, _port, request) => answer(task, request),

  signal: goSignal,
};

export const sampleApiServerImage: Image = {
  repositories: ["registry.k8s.io/e2e-test-images/sample-apiserver", "k8s.gcr.io/e2e-test-images/sample-apiserver"],
  sizeBytes: () => 27_000_000,
  hasTag: (tag) => /^1\.\d+(\.\d+)?$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/kube-sample-apiserver"] },
    flavor: "busybox",
    files: {},
    programs: { "/kube-sample-apiserver": server as Program },
    use: { memoryBytes: 30 * 2 ** 20, requestCpuMs: 1 },
  }),
};

export const sampleApiServerPrograms: readonly Program[] = [server as Program];
