/**
 * The OpenAPI documents of the kinds every cluster serves, from the static assets made at set-up.
 */
import type { Context } from "hono";
import { pageNotFound } from "#apiserver/describe/describe";
import { openApiIndex } from "#apiserver/describe/openapi";
import type { WorkerEnv } from "#worker/env";

let index: Promise<Readonly<Record<string, string>>> | undefined;

/** Answers a path below /openapi; undefined for any other. */
export async function openApiDocument(c: Context<WorkerEnv>, path: string): Promise<Response | undefined> {
  if (path === "/openapi/v2") return openApiV2(c);
  if (path !== "/openapi/v3" && !path.startsWith("/openapi/v3/")) return undefined;
  const hashes = await hashesOf(c);
  if (path === "/openapi/v3") return Response.json(openApiIndex(Object.entries(hashes)));
  const name = path.slice("/openapi/v3/".length);
  const hash = hashes[name];
  if (hash === undefined) return pageNotFound();
  const asset = await c.env.ASSETS.fetch(assetUrl(`v3/${name}.json`));
  return new Response(asset.body, {
    headers: {
      "content-type": "application/json",
      // The hash is in the URL: what was fetched once never changes.
      "cache-control": c.req.query("hash") === hash ? "public, immutable, max-age=31536000" : "no-cache, private",
      etag: `"${hash}"`,
    },
  });
}

async function openApiV2(c: Context<WorkerEnv>): Promise<Response> {
  const accept = c.req.header("accept") ?? "";
  const takesJson = accept === "" || /application\/json|\*\/\*/.test(accept);
  if (!takesJson) return new Response(null, { status: 406 });
  const asset = await c.env.ASSETS.fetch(assetUrl("v2.json"));
  return new Response(asset.body, { headers: { "content-type": "application/json", "cache-control": "public" } });
}

function hashesOf(c: Context<WorkerEnv>): Promise<Readonly<Record<string, string>>> {
  index ??= c.env.ASSETS.fetch(assetUrl("index.json")).then((asset) => asset.json());
  return index;
}

const assetUrl = (path: string): URL => new URL(`/openapi/${path}`, "http://assets");
