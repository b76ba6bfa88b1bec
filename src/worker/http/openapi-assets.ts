/**
 * The OpenAPI documents of the kinds every cluster serves, from the static assets made at set-up.
 */
import type { Context } from "hono";
import { pageNotFound } from "#apiserver/describe/describe";
import { openApiIndex } from "#apiserver/describe/openapi";
import { OPENAPI_V2_PROTOBUF } from "#apiserver/describe/openapi.protobuf";
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

/** The document of version 2 in the form the client names first. */
async function openApiV2(c: Context<WorkerEnv>): Promise<Response> {
  const accept = c.req.header("accept") ?? "";
  const protobuf = accept.indexOf("com.github.proto-openapi.spec.v2");
  const json = accept.search(/application\/json|\*\/\*/);
  const isProtobuf = protobuf >= 0 && (json < 0 || protobuf < json);
  if (accept !== "" && !isProtobuf && json < 0) return new Response(null, { status: 406 });
  const asset = await c.env.ASSETS.fetch(assetUrl(isProtobuf ? "v2.pb" : "v2.json"));
  const type = isProtobuf ? OPENAPI_V2_PROTOBUF : "application/json";
  return new Response(asset.body, { headers: { "content-type": type, "cache-control": "public", vary: "Accept" } });
}

function hashesOf(c: Context<WorkerEnv>): Promise<Readonly<Record<string, string>>> {
  index ??= c.env.ASSETS.fetch(assetUrl("index.json")).then((asset) => asset.json());
  return index;
}

const assetUrl = (path: string): URL => new URL(`/openapi/${path}`, "http://assets");
