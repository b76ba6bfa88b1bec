/**
 * The OpenAPI documents of one cluster's custom kinds, and how they are put into that of all built-in ones.
 */
import type { CustomDescribed } from "#apiserver/describe/custom";
import { fingerprint } from "#apiserver/describe/fingerprint";
import { type Document, openApiV2, openApiV3 } from "#apiserver/describe/openapi";
import type { Texts } from "#apiserver/describe/openapi.served";

export interface CustomDocuments {
  /** By path below /openapi/v3, each with the hash of its content. */
  readonly v3: ReadonlyMap<string, { readonly text: string; readonly hash: string }>;
  /** The custom part of the one document of version 2: paths and definitions. */
  readonly v2?: Document;
}

/** Documents every cluster has. */
const COMMON = new Set(["api", "apis", "version"]);

/** Makes the documents. */
export function customDocuments({ resources, v2, v3 }: CustomDescribed, texts: Texts): CustomDocuments {
  const documents = new Map<string, { text: string; hash: string }>();
  for (const [path, document] of openApiV3({ resources, texts, schemas: new Map(Object.entries(v3)) })) {
    if (COMMON.has(path)) continue;
    const text = JSON.stringify(document);
    documents.set(path, { text, hash: fingerprint(text) });
  }
  const whole = openApiV2({ resources, texts, schemas: new Map(Object.entries(v2)) });
  const own = new Set(Object.keys(v2));
  const { definitions, paths } = whole as { definitions: Record<string, unknown>; paths: Record<string, unknown> };
  return {
    v3: documents,
    v2: {
      paths: Object.fromEntries(Object.entries(paths).filter(([path]) => isCustomPath(path))),
      // What the custom kinds refer to is in the static document.
      definitions: Object.fromEntries(Object.entries(definitions).filter(([name]) => own.has(name))),
    },
  };
}

const isCustomPath = (path: string): boolean => path.startsWith("/apis/") && path !== "/apis/";

/** The text of the static document of version 2 with more paths and definitions. */
export function splicedV2(text: string, custom: Document): string {
  let whole = text;
  for (const field of ["paths", "definitions"]) {
    const members = JSON.stringify(custom[field] ?? {}).slice(1, -1);
    // The first of its name is the document's own: what comes before has no such member.
    if (members !== "") whole = whole.replace(`"${field}":{`, () => `"${field}":{${members},`);
  }
  return whole;
}
