/**
 * `/k/ID` and `/k/ID.KEY`: the Kubernetes API of a cluster. The Worker knows who asks, answers what needs no cluster
 * (discovery, documents, health), holds the streams, and hands the rest to the cluster's Durable Object.
 */
import { type Context, Hono } from "hono";
import { describe } from "#apiserver/describe/describe";
import { errorResponse, statusResponse } from "#apiserver/errors";
import { requestInfo } from "#apiserver/request-info";
import { streamKindOf } from "#apiserver/streams/stream";
import { unauthorized } from "#kernel/apimachinery/errors";
import { RESOURCES } from "#kernel/resources/index";
import type { WorkerEnv } from "#worker/env";
import { holdStream } from "#worker/http/held-stream";
import { isKeyOf } from "#worker/http/keys";
import { openApiDocument } from "#worker/http/openapi-assets";

export const kubernetesRoute = new Hono<WorkerEnv>();

kubernetesRoute.all("/k/:cluster", answer);
kubernetesRoute.all("/k/:cluster/*", answer);

async function answer(c: Context<WorkerEnv>): Promise<Response> {
  try {
    const { id, key } = credentials(c);
    if (key === undefined || !(await isKeyOf(c.env, id, key))) throw unauthorized();
    const url = innerUrl(c);
    const document = await openApiDocument(c, url.pathname);
    if (document !== undefined) return document;
    const described = describe(new Request(url, c.req.raw), RESOURCES, `${new URL(c.req.url).host}`);
    if (described !== undefined) return described;
    const stub = c.env.CLUSTER.getByName(id);
    const info = c.req.method === "GET" ? requestInfo("GET", url) : undefined;
    const stream = info && streamKindOf(info, url);
    if (stream !== undefined) return await holdStream(stub, url, c.req.raw, stream);
    return await stub.fetch(new Request(url, c.req.raw));
  } catch (error) {
    return errorResponse(error);
  }
}

/** The cluster and the key a request brings, in its path or as a bearer token. */
function credentials(c: Context<WorkerEnv>): { id: string; key: string | undefined } {
  const segment = c.req.param("cluster") ?? "";
  const dot = segment.indexOf(".");
  if (dot >= 0) return { id: segment.slice(0, dot), key: segment.slice(dot + 1) };
  const [, bearer] = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  return { id: segment, key: bearer?.trim() };
}

/** The URL below the cluster's root, as the API server sees it: no key in it. */
function innerUrl(c: Context<WorkerEnv>): URL {
  const url = new URL(c.req.url);
  const path = url.pathname.split("/").slice(3).join("/");
  return new URL(`/${path}${url.search}`, "http://kubernetes.default.svc");
}

/** The 401 of a request without a valid key. */
export const unauthorizedResponse = (): Response => statusResponse(unauthorized().status);
