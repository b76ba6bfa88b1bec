/**
 * What a server says of itself: version, health, discovery. Needs no cluster, only the kinds it serves.
 *
 * Models k8s.io/apiserver/pkg/server (healthz, routes) and pkg/endpoints/discovery.
 */
import { stringify } from "yaml";
import { asMessages } from "#apiserver/codec/protobuf/discovery";
import { type JsonObject, writeProtobuf } from "#apiserver/codec/protobuf/write";
import { fingerprint } from "#apiserver/describe/fingerprint";
import { pageNotFoundText } from "#kernel/apimachinery/errors";
import { versionInfo } from "#kernel/apimachinery/version";
import { PROTOBUF } from "#kernel/requests/decode";
import {
  aggregated,
  coreVersions,
  type Discovered,
  group,
  groupList,
  resourceList,
  type Served,
} from "#kernel/requests/discovery";
import { type Format, negotiateDocument } from "#kernel/requests/media-type";

/** The checks of /healthz and /livez?verbose, in upstream's order. */
const CHECKS = [
  "ping",
  "log",
  "etcd",
  ...[
    "start-apiserver-admission-initializer",
    "generic-apiserver-start-informers",
    "priority-and-fairness-config-consumer",
    "priority-and-fairness-filter",
    "storage-object-count-tracker-hook",
    "start-apiextensions-informers",
    "start-apiextensions-controllers",
    "crd-informer-synced",
    "start-system-namespaces-controller",
    "start-cluster-authentication-info-controller",
    "start-kube-apiserver-identity-lease-controller",
    "start-kube-apiserver-identity-lease-garbage-collector",
    "start-legacy-token-tracking-controller",
    "start-service-ip-repair-controllers",
    "rbac/bootstrap-roles",
    "scheduling/bootstrap-system-priority-classes",
    "priority-and-fairness-config-producer",
    "bootstrap-controller",
    "start-kubernetes-service-cidr-controller",
    "aggregator-reload-proxy-client-cert",
    "start-kube-aggregator-informers",
    "apiservice-status-local-available-controller",
    "apiservice-status-remote-available-controller",
    "apiservice-registration-controller",
    "apiservice-discovery-controller",
    "kube-apiserver-autoregistration",
  ].map((hook) => `poststarthook/${hook}`),
  "autoregister-completion",
  "poststarthook/apiservice-openapi-controller",
  "poststarthook/apiservice-openapiv3-controller",
];

/** /readyz asks more: whether the server may be sent requests yet, and still. */
const READY_CHECKS = [...CHECKS.slice(0, 3), "etcd-readiness", "informer-sync", ...CHECKS.slice(3), "shutdown"];

const checksOf = (name: string): readonly string[] => (name === "readyz" ? READY_CHECKS : CHECKS);

/** Paths listed at the root besides those of the groups. */
const ROOT_PATHS = [
  "/.well-known/openid-configuration",
  "/healthz",
  "/livez",
  "/metrics",
  "/openapi/v2",
  "/openapi/v3",
  "/openid/v1/jwks",
  "/readyz",
  "/version",
];

/** Whether a document about the server says something of kinds only one cluster has; its path is below the root. */
export const namesKinds = (path: string): boolean =>
  /^\/(?:apis?(?:\/[^/]+){0,2})?\/?$/.test(path) && !/^\/api\/./.test(path);

/**
 * Answers a request for a document about the server; undefined if it is about something else.
 * @throws NotAcceptable
 */
export function describe(request: Request, served: Served, address: string): Response | undefined {
  const url = new URL(request.url);
  const path = url.pathname.replace(/(.)\/$/, "$1");
  if (isHealthPath(url)) return healthAnswer(url, []);
  if (path === "/version") return indented(versionInfo);
  if (path === "/metrics") return metrics();
  if (path === "/") return indented({ paths: rootPaths(served.kinds) });
  if (path === "/api" || path === "/apis")
    return discoveryRoot(request, served, path.slice(1) as "api" | "apis", address);
  const [root, ...parts] = path.slice(1).split("/");
  if (root === "api" && parts.length === 1) return listAnswer(request, served, "", parts[0] ?? "");
  if (root !== "apis" || parts.length > 2) return undefined;
  const [name = "", version] = parts;
  if (version !== undefined) return listAnswer(request, served, name, version);
  const found = group(served, name);
  return found === undefined ? pageNotFound() : document(found, request);
}

/** What the server tells of itself to who gathers numbers. Leaves out all that would have to be counted. */
function metrics(): Response {
  const { gitVersion, goVersion, platform, major, minor } = versionInfo;
  const labels = { git_version: gitVersion, go_version: goVersion, major, minor, platform };
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  const text = `# HELP kubernetes_build_info Which release this is.\n# TYPE kubernetes_build_info gauge\nkubernetes_build_info{${pairs.join(",")}} 1\n`;
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } });
}

/** What the mux of a real server answers where nothing is mounted. */
export const pageNotFound = (): Response =>
  new Response(pageNotFoundText, { status: 404, headers: { "content-type": "text/plain; charset=utf-8" } });

const HEALTH = /^\/(healthz|livez|readyz)(?:\/(.+))?$/;

const healthParts = (url: URL) => HEALTH.exec(url.pathname.replace(/(.)\/$/, "$1"));

/** True for the paths that ask whether the server is well. */
export const isHealthPath = (url: URL): boolean => healthParts(url) !== null;

/** Whether the server is well; `failed` are the checks that say no. */
export function healthAnswer(url: URL, failed: readonly string[]): Response {
  const [, name = "", check] = healthParts(url) ?? [];
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache, private" };
  if (check !== undefined) {
    if (!checksOf(name).includes(check)) return pageNotFound();
    if (!failed.includes(check)) return new Response("ok", { headers });
    return new Response("internal server error: etcd failed: reason withheld\n", { status: 500, headers });
  }
  const excluded = url.searchParams.getAll("exclude");
  const isWell = failed.every((one) => excluded.includes(one));
  if (isWell && !url.searchParams.has("verbose")) return new Response("ok", { headers });
  const lines = checksOf(name).map((one) => {
    if (excluded.includes(one)) return `[+]${one} excluded: ok`;
    return failed.includes(one) ? `[-]${one} failed: reason withheld` : `[+]${one} ok`;
  });
  const verdict = `${name} check ${isWell ? "passed" : "failed"}`;
  return new Response(`${lines.join("\n")}\n${verdict}\n`, { status: isWell ? 200 : 500, headers });
}

function discoveryRoot(request: Request, served: Served, root: "api" | "apis", address: string): Response {
  const { format, aggregated: version } = negotiateDocument(request.headers.get("accept"), true);
  if (version !== undefined) {
    const list = { ...aggregated(served, root), apiVersion: `apidiscovery.k8s.io/${version}` };
    return written(list, request, format, `;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
  }
  return written(root === "api" ? coreVersions(address) : groupList(served), request, format);
}

function listAnswer(request: Request, served: Served, group: string, version: string): Response {
  const list = resourceList(served, { group, version });
  return list === undefined ? pageNotFound() : document(list, request);
}

function rootPaths(resources: readonly Discovered[]): string[] {
  const paths = new Set([
    "/api",
    "/api/v1",
    "/apis",
    "/apis/",
    ...ROOT_PATHS,
    ...["healthz", "livez", "readyz"].flatMap((name) => checksOf(name).map((check) => `/${name}/${check}`)),
  ]);
  for (const { group, version } of resources) {
    if (group === "") continue;
    paths.add(`/apis/${group}`);
    paths.add(`/apis/${group}/${version}`);
  }
  return [...paths].sort();
}

/** What is no API object is written for people. */
const indented = (value: object): Response =>
  new Response(JSON.stringify(value, null, 2), {
    headers: { "content-type": "application/json", "cache-control": "no-cache, private" },
  });

/** A document in whichever format the client accepts. @throws NotAcceptable */
const document = (value: object, request: Request): Response =>
  written(value, request, negotiateDocument(request.headers.get("accept"), false).format);

const TYPES: Readonly<Record<Format, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: PROTOBUF,
};

/** A document with an ETag, so that a client that has it already is told so. */
function written(value: object, request: Request, format: Format, parameters = ""): Response {
  const text = JSON.stringify(value);
  const etag = `"${fingerprint(text)}"`;
  const headers = { "content-type": `${TYPES[format]}${parameters}`, "cache-control": "public", vary: "Accept", etag };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  if (format === "protobuf") {
    const bytes = writeProtobuf(asMessages(value as JsonObject));
    return new Response(bytes as Uint8Array<ArrayBuffer>, { headers });
  }
  return new Response(format === "yaml" ? stringify(value) : text, { headers });
}
