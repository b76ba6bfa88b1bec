/**
 * The apply box's work: each document of a YAML text is created, or replaces what has its name. The server judges.
 */
import type { ClusterClient } from "./client.ts";
import { Refusal, wordsOf } from "./client.ts";
import { discover, type Kind, pathOf } from "./discovery.ts";

/** What became of one document; `outcome` is the server's own message when it refused. */
export type Applied = { readonly subject: string; readonly outcome: string; readonly isRefused: boolean };

type Manifest = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly generateName?: string; readonly namespace?: string };
  readonly items?: readonly Manifest[];
};

/** Where to send a document, and as what. */
type Parcel = { readonly client: ClusterClient; readonly kinds: readonly Kind[]; readonly namespace: string };

const QUERY = "fieldValidation=Strict&fieldManager=drydock-page";

/** Sends every document in order; one that is refused does not hold up the next. */
export async function applyAll(client: ClusterClient, text: string, namespace: string): Promise<readonly Applied[]> {
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text, { version: "1.1", logLevel: "silent" });
  const results: Applied[] = [];
  const parcel = { client, kinds: await discover(client), namespace };
  for (const document of "empty" in documents ? [] : documents) {
    const [error] = document.errors;
    if (error !== undefined) {
      results.push({ subject: "YAML", outcome: error.message.split("\n")[0] ?? "", isRefused: true });
      continue;
    }
    const manifest = document.toJS({ maxAliasCount: 100 }) as Manifest | null;
    if (manifest === null) continue;
    const parts = manifest.kind === "List" ? (manifest.items ?? []) : [manifest];
    for (const part of parts) results.push(await applyOne(parcel, part));
  }
  return results;
}

async function applyOne({ client, kinds, namespace }: Parcel, manifest: Manifest): Promise<Applied> {
  const { apiVersion = "", kind: kindName = "", metadata = {} } = manifest;
  const [version = "", group = ""] = apiVersion.split("/").reverse();
  const found = kinds.find((kind) => kind.group === group && kind.version === version && kind.kind === kindName);
  if (found === undefined) {
    const why = `no matches for kind ${JSON.stringify(kindName)} in version ${JSON.stringify(apiVersion)}`;
    return { subject: metadata.name ?? kindName, outcome: why, isRefused: true };
  }
  const singular = found.kind.toLowerCase();
  const subject = `${singular}${group === "" ? "" : `.${group}`}/${metadata.name ?? metadata.generateName ?? ""}`;
  const collection = pathOf(found, metadata.namespace ?? (namespace || "default"));
  try {
    return { subject, outcome: await send(client, collection, manifest), isRefused: false };
  } catch (error) {
    return { subject, outcome: wordsOf(error), isRefused: true };
  }
}

/** Creates, or replaces what is there as it stands now. @throws Refusal */
async function send(client: ClusterClient, collection: string, manifest: Manifest): Promise<"created" | "configured"> {
  const type = "application/json";
  try {
    await client.kube(`${collection}?${QUERY}`, { method: "POST", type, body: JSON.stringify(manifest) });
    return "created";
  } catch (error) {
    const isThere = error instanceof Refusal && error.reason === "AlreadyExists";
    if (!isThere) throw error;
  }
  const path = `${collection}/${encodeURIComponent(manifest.metadata?.name ?? "")}`;
  const present = (await (await client.kube(path)).json()) as { metadata: { resourceVersion: string } };
  const { resourceVersion } = present.metadata;
  const body = JSON.stringify({ ...manifest, metadata: { ...manifest.metadata, resourceVersion } });
  await client.kube(`${path}?${QUERY}`, { method: "PUT", type, body });
  return "configured";
}
