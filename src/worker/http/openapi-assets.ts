/**
 * The OpenAPI documents: of the kinds every cluster serves from the static assets made at set-up, of the kinds one
 * cluster has besides from its definitions, made when first asked for and kept as long as they do not change.
 */
import type { Context } from "hono";
import type { CustomDescribed, CustomKinds } from "#apiserver/describe/custom";
import { pageNotFound } from "#apiserver/describe/describe";
import { openApiIndex } from "#apiserver/describe/openapi";
import { METRICS_DOCUMENTS } from "#apiserver/describe/openapi.metrics";
import { OPENAPI_V2_PROTOBUF, openApiV2Protobuf } from "#apiserver/describe/openapi.protobuf";
import type { ClusterObject } from "#worker/cluster-object";
import type { WorkerEnv } from "#worker/env";
import { type CustomDocuments, customDocuments, splicedV2 } from "#worker/http/openapi-custom";

let index: Promise<Readonly<Record<string, string>>> | undefined;

/** The cluster a document is asked of. */
export interface Asked {
  readonly id: string;
  readonly stub: DurableObjectStub<ClusterObject>;
  readonly custom: CustomKinds;
}

/** Answers a path below /openapi; undefined for any other. */
export async function openApiDocument(
  c: Context<WorkerEnv>,
  path: string,
  asked: Asked,
): Promise<Response | undefined> {
  if (path !== "/openapi/v2" && path !== "/openapi/v3" && !path.startsWith("/openapi/v3/")) return undefined;
  const custom = await documentsOf(c, asked);
  if (path === "/openapi/v2") return openApiV2(c, custom);
  const hashes = servedHashes(await hashesOf(c), asked.custom);
  if (path === "/openapi/v3") {
    const all = [...Object.entries(hashes), ...[...custom.v3].map(([name, { hash }]) => [name, hash] as const)];
    return Response.json(openApiIndex(new Map(all)));
  }
  const name = path.slice("/openapi/v3/".length);
  const made = custom.v3.get(name);
  if (made !== undefined) return documentV3(c, made.text, made.hash);
  const hash = hashes[name];
  if (hash === undefined) return pageNotFound();
  const asset = await c.env.ASSETS.fetch(assetUrl(`v3/${name}.json`));
  return documentV3(c, asset.body, hash);
}

function documentV3(c: Context<WorkerEnv>, body: BodyInit | null, hash: string): Response {
  return new Response(body, {
    headers: {
      "content-type": "application/json",
      // The hash is in the URL: what was fetched once never changes.
      "cache-control": c.req.query("hash") === hash ? "public, immutable, max-age=31536000" : "no-cache, private",
      etag: `"${hash}"`,
    },
  });
}

/** The document of version 2 in the form the client names first. */
async function openApiV2(c: Context<WorkerEnv>, custom: CustomDocuments): Promise<Response> {
  const accept = c.req.header("accept") ?? "";
  const protobuf = accept.indexOf("com.github.proto-openapi.spec.v2");
  const json = accept.search(/application\/json|\*\/\*/);
  const isProtobuf = protobuf >= 0 && (json < 0 || protobuf < json);
  if (accept !== "" && !isProtobuf && json < 0) return new Response(null, { status: 406 });
  const asset = await c.env.ASSETS.fetch(assetUrl(isProtobuf ? "v2.pb" : "v2.json"));
  const body = custom.v2 === undefined ? asset.body : await mergedV2(asset, custom.v2, isProtobuf);
  const type = isProtobuf ? OPENAPI_V2_PROTOBUF : "application/json";
  return new Response(body, { headers: { "content-type": type, "cache-control": "public", vary: "Accept" } });
}

/** The static document with the custom one in it. Two protobuf messages one after the other are their union. */
async function mergedV2(
  asset: Response,
  custom: NonNullable<CustomDocuments["v2"]>,
  isProtobuf: boolean,
): Promise<BodyInit> {
  if (isProtobuf) return new Blob([await asset.arrayBuffer(), openApiV2Protobuf(custom)]);
  return splicedV2(await asset.text(), custom);
}

/** What is measured is described only where something measures. */
function servedHashes(
  hashes: Readonly<Record<string, string>>,
  { kinds }: CustomKinds,
): Readonly<Record<string, string>> {
  if (kinds.some(({ group }) => group === METRICS_GROUP)) return hashes;
  return Object.fromEntries(Object.entries(hashes).filter(([path]) => !METRICS_DOCUMENTS.includes(path)));
}

const METRICS_GROUP = "metrics.k8s.io";

function hashesOf(c: Context<WorkerEnv>): Promise<Readonly<Record<string, string>>> {
  index ??= c.env.ASSETS.fetch(assetUrl("index.json")).then((asset) => asset.json());
  return index;
}

/** How many clusters' documents are kept in memory. */
const KEPT_MAX = 20;

const kept = new Map<string, { readonly revision: string; readonly documents: Promise<CustomDocuments> }>();

const NO_DOCUMENTS: CustomDocuments = { v3: new Map() };

function documentsOf(c: Context<WorkerEnv>, { id, stub, custom }: Asked): Promise<CustomDocuments> {
  if (custom.revision === "") return Promise.resolve(NO_DOCUMENTS);
  const known = kept.get(id);
  if (known?.revision === custom.revision) return known.documents;
  const documents = Promise.all([
    stub.customKinds(true),
    c.env.ASSETS.fetch(assetUrl("texts.json")).then((asset) => asset.json()),
  ]).then(([described, texts]) =>
    customDocuments(JSON.parse(described) as CustomDescribed, texts as Parameters<typeof customDocuments>[1]),
  );
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(id, { revision: custom.revision, documents });
  documents.catch(() => kept.delete(id));
  return documents;
}

const assetUrl = (path: string): URL => new URL(`/openapi/${path}`, "http://assets");
