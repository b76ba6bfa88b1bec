/**
 * `/k/ID` and `/k/ID.KEY`: the Kubernetes API of a cluster; also at the root, for who brings a key as bearer and
 * cannot be told a path (`kubectl proxy`). The Worker knows who holds its key, answers what needs no
 * cluster (discovery, documents, health), holds the streams, and hands the rest to the cluster's Durable Object, which
 * knows service accounts' tokens and who may do what.
 */
import { type Context, Hono } from "hono";
import { CHECK_HEADER, needsDecision, TOKEN_HEADER } from "#apiserver/access";
import { transcoded } from "#apiserver/codec/protobuf/transcode";
import type { CustomKinds } from "#apiserver/describe/custom";
import { describe, isHealthPath, namesKinds } from "#apiserver/describe/describe";
import { errorResponse } from "#apiserver/errors";
import { requestInfo } from "#apiserver/request-info";
import { streamKindOf } from "#apiserver/streams/stream";
import { tooManyRequests, unauthorized } from "#kernel/apimachinery/errors";
import { readToken } from "#kernel/apimachinery/jwt/jwt";
import { RESOURCES } from "#kernel/resources/index";
import { OUTSIDE_HEADER, STATE_HEADER } from "#worker/cluster/sockets";
import type { ClusterObject } from "#worker/cluster-object";
import type { Env, WorkerEnv } from "#worker/env";
import { holdStream } from "#worker/http/held-stream";
import { clusterOf, isCluster, isKeyOf } from "#worker/http/keys";
import { openApiDocument } from "#worker/http/openapi-assets";
import { portForward } from "#worker/http/port-forward/port-forward";
import { asksForSocket, overSocket, withoutSocket } from "#worker/http/socket-stream";

type Stub = DurableObjectStub<ClusterObject>;

const NO_KINDS: CustomKinds = { revision: "", kinds: [], remote: [] };

export const kubernetesRoute = new Hono<WorkerEnv>();

kubernetesRoute.all("/k/:cluster", (c) => answer(c));
kubernetesRoute.all("/k/:cluster/*", (c) => answer(c));
for (const path of ["/api", "/api/*", "/apis", "/apis/*", "/openapi/*", "/version", "/livez/*", "/readyz/*"]) {
  kubernetesRoute.all(path, async (c, next) => {
    const key = bearerOf(c);
    const id = key === undefined || OURS.test(c.req.path) ? undefined : await clusterOf(c.env, key);
    if (id === undefined) return next();
    return answer(c, { id, key, path: c.req.path });
  });
}

/** What of /api is our own HTTP API. */
const OURS = /^\/api\/(?:v1\/(?:clusters|snapshots|labs|attempts|grade)(?:\/|$)|docs$|openapi\.json$)/;

/** Whose API is asked, by whom, and where below its root. */
interface Visit {
  readonly id: string;
  readonly key: string | undefined;
  readonly path: string;
}

/** Every answer leaves in the format the client accepts. */
async function answer(c: Context<WorkerEnv>, visit: Visit = visitOf(c)): Promise<Response> {
  return transcoded(await plainAnswer(c, visit), c.req.header("accept-encoding") ?? null);
}

async function plainAnswer(c: Context<WorkerEnv>, { id, key, path }: Visit): Promise<Response> {
  try {
    const token = key === undefined || (await isKeyOf(c.env, id, key)) ? undefined : key;
    if (key === undefined || (token !== undefined && !(await mayBeToken(c.env, id, token)))) throw unauthorized();
    await limitRequests(c.env, id);
    const url = new URL(`${path}${new URL(c.req.url).search}`, "http://kubernetes.default.svc");
    const request = inward(c.req.raw, url, token);
    const stub = c.env.CLUSTER.getByName(id);
    const refusal = await refusalOf(stub, request, url);
    if (refusal !== undefined) return refusal;
    const isOpenApi = url.pathname.startsWith("/openapi/");
    const custom = isOpenApi || namesKinds(url.pathname) ? await kindsOf(stub) : NO_KINDS;
    const document = isOpenApi ? await openApiDocument(c, url.pathname, { id, stub, custom }) : undefined;
    if (document !== undefined) return document;
    const kinds = custom.kinds.length === 0 ? RESOURCES : [...RESOURCES, ...custom.kinds];
    const isElsewhere = custom.remote.some(({ group, version }) => url.pathname === `/apis/${group}/${version}`);
    if (isElsewhere) return await stub.fetch(request);
    // Only the cluster knows whether its etcd has a quorum.
    const served = { kinds, remote: custom.remote };
    const described = isHealthPath(url) ? undefined : describe(request, served, `${new URL(c.req.url).host}`);
    if (described !== undefined) return described;
    const info = c.req.method === "GET" ? requestInfo("GET", url) : undefined;
    const stream = info && streamKindOf(info, url);
    const kind = stream ?? (info?.plural === "pods" && info.subresource === "log" ? "log" : undefined);
    if (kind !== undefined && asksForSocket(request)) {
      const plain = withoutSocket(request);
      const streamed = stream === undefined ? await stub.fetch(plain) : await holdStream(stub, url, plain, stream);
      return overSocket(request, streamed, kind);
    }
    if (stream !== undefined) {
      const held = await holdStream(stub, url, request, stream);
      // What the cluster itself does not serve may be served by an API server in it, which says so itself.
      return held.status === 404 && info?.group !== "" ? await stub.fetch(request) : held;
    }
    if (info?.plural === "pods" && info.subresource === "portforward" && request.headers.has("sec-websocket-key")) {
      return await portForward(stub, request);
    }
    return await stub.fetch(request);
  } catch (error) {
    return errorResponse(error, c.req.raw);
  }
}

/** Counts a request against its cluster, so that none takes the machine from the others. @throws TooManyRequests */
async function limitRequests({ REQUEST_LIMIT }: Env, id: string): Promise<void> {
  const { success } = await REQUEST_LIMIT.limit({ key: id });
  if (!success) throw tooManyRequests(RETRY_SECONDS);
}

/** As upstream's filter says. */
const RETRY_SECONDS = 1;

/** The kinds a cluster serves besides those every cluster does. */
export const kindsOf = async (stub: Stub): Promise<CustomKinds> => JSON.parse(await stub.customKinds()) as CustomKinds;

/** Whether what is not the key could be a token of the cluster, which only the cluster can tell for sure. */
const mayBeToken = async (env: Env, id: string, text: string): Promise<boolean> =>
  readToken(text) !== undefined && isCluster(env, id);

/** The request as the cluster sees it: at its own address, with nothing that only we may say to the cluster. */
function inward(outside: Request, url: URL, token: string | undefined): Request {
  const request = new Request(url, outside);
  const ours = [CHECK_HEADER, STATE_HEADER, OUTSIDE_HEADER, "authorization", "cookie"];
  for (const name of ours) request.headers.delete(name);
  if (token === undefined) request.headers.delete(TOKEN_HEADER);
  else request.headers.set(TOKEN_HEADER, token);
  return request;
}

/**
 * What the cluster says against a request that we would answer without it (discovery, documents); undefined if
 * nothing, or if the cluster will answer the request anyway.
 */
async function refusalOf(stub: Stub, request: Request, url: URL): Promise<Response | undefined> {
  if (!needsDecision(request) || requestInfo(request.method, url) !== undefined) return undefined;
  const headers = new Headers(request.headers);
  headers.set(CHECK_HEADER, "true");
  const decision = await stub.fetch(new Request(url, { method: request.method, headers }));
  return decision.ok ? undefined : decision;
}

/** The cluster and the key or token a request brings, in its path (all that follows the first dot) or as a bearer. */
function visitOf(c: Context<WorkerEnv>): Visit {
  const segment = c.req.param("cluster") ?? "";
  const path = `/${new URL(c.req.url).pathname.split("/").slice(3).join("/")}`;
  const dot = segment.indexOf(".");
  if (dot >= 0) return { id: segment.slice(0, dot), key: segment.slice(dot + 1), path };
  return { id: segment, key: bearerOf(c), path };
}

function bearerOf(c: Context<WorkerEnv>): string | undefined {
  const [, bearer] = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  return bearer?.trim();
}
