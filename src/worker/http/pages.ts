/**
 * The pages: the front, a cluster's, a snapshot's. All are one static document; what they show they fetch themselves.
 */
import { type Context, Hono } from "hono";
import type { WorkerEnv } from "#worker/env";
import { apiRoute } from "#worker/http/api/api";
import { holdWatches } from "#worker/http/page-watch";

export const pagesRoute = new Hono<WorkerEnv>();

/** Nothing of a page comes from anywhere else, and nothing of it goes anywhere else. */
const PAGE_HEADERS = {
  "content-security-policy": [
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cache-control": "no-cache",
};

for (const path of ["/", "/c/:cluster", "/s/:snapshot"]) pagesRoute.get(path, page);
pagesRoute.get("/new", newCluster);
pagesRoute.get("/c/:cluster/watch", holdWatches);
pagesRoute.get("/web/*", asset);

async function page(c: Context<WorkerEnv>): Promise<Response> {
  const { status, body } = await c.env.ASSETS.fetch(new URL("/web/", c.req.url));
  return new Response(body, { status, headers: { ...PAGE_HEADERS, "content-type": "text/html; charset=utf-8" } });
}

/** Makes a cluster by the very call that is open to everybody, and goes to its page. */
async function newCluster(c: Context<WorkerEnv>): Promise<Response> {
  // A browser that only guesses that somebody may click makes no cluster.
  if (/prefetch|prerender/.test(c.req.header("sec-purpose") ?? "")) return c.body(null, 503);
  const headers = new Headers({ "content-type": "application/json" });
  const address = c.req.header("cf-connecting-ip");
  if (address !== undefined) headers.set("cf-connecting-ip", address);
  const request = new Request(new URL("/api/v1/clusters", c.req.url), { method: "POST", headers, body: "{}" });
  const answer = await apiRoute.fetch(request, c.env, c.executionCtx);
  if (!answer.ok) return answer;
  const { url } = (await answer.json()) as { url: string };
  return new Response(null, { status: 303, headers: { location: url, "cache-control": "no-store" } });
}

/** Scripts, styles and fonts carry a hash of their bytes in their names: they never change. */
async function asset(c: Context<WorkerEnv>): Promise<Response> {
  const found = await c.env.ASSETS.fetch(new Request(c.req.url, { headers: c.req.raw.headers }));
  const headers = new Headers(found.headers);
  headers.set("x-content-type-options", "nosniff");
  const isHashed = found.ok && c.req.path.startsWith("/web/assets/");
  headers.set("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  return new Response(found.body, { status: found.status, headers });
}
