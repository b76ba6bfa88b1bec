/**
 * `kubectl get`.
 *
 * Models kubectl/pkg/cmd/get. Leaves out watching: a line shows what there is.
 */
import type { Table } from "#kernel/apimachinery/table";
import { type Call, type Command, printed, type Said, typed } from "#kernel/kubectl/command";
import { KubectlError, UnsupportedError, usageError } from "#kernel/kubectl/error";
import { manifestsFrom } from "#kernel/kubectl/manifest";
import { outputOf, PRINT, printObjects, printTable, sortedObjects, wantsObjects } from "#kernel/kubectl/print";
import { type Asking, type Kind, type KubeObject, pathOf } from "#kernel/kubectl/server";

/** What is asked for: objects by name, or a collection. */
interface Wanted {
  readonly kind: Kind;
  readonly namespace: string;
  readonly names: readonly string[];
}

export const get: Command = {
  name: "get",
  flags: {
    ...PRINT.flags,
    "all-namespaces": "switch",
    selector: "value",
    "field-selector": "value",
    filename: "list",
    "ignore-not-found": "switch",
    watch: "switch",
    "watch-only": "switch",
    raw: "value",
    subresource: "value",
    "chunk-size": "value",
  },
  short: { ...PRINT.short, A: "all-namespaces", l: "selector", f: "filename", w: "watch" },

  *run(call) {
    if (call.has("watch") || call.has("watch-only")) throw new UnsupportedError("error: --watch is not supported here");
    const raw = call.value("raw");
    if (raw !== undefined) return yield* getRaw(raw);
    const wanted = yield* wantedOf(call);
    return wantsObjects(outputOf(call)) ? yield* showObjects(call, wanted) : yield* showTables(call, wanted);
  },
};

function* getRaw(path: string): Asking<Said> {
  const answer = yield { method: "GET", path, headers: { accept: "application/json" } };
  if (answer.status >= 300) throw new KubectlError(`Error from server: ${answer.body.trim()}`);
  return { out: answer.body };
}

function* wantedOf(call: Call): Asking<readonly Wanted[]> {
  const { server } = call;
  const namespace = call.has("all-namespaces") ? "" : call.namespace;
  if (call.list("filename").length > 0) {
    const wanted: Wanted[] = [];
    for (const object of manifestsFrom(call)) {
      const own = object.metadata.namespace ?? call.namespace;
      wanted.push({ kind: yield* server.kindOf(object), namespace: own, names: [object.metadata.name] });
    }
    return wanted;
  }
  const [first, ...names] = call.args;
  if (first === undefined) {
    throw usageError(
      "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
    );
  }
  const wanted: Wanted[] = [];
  if (first.includes("/")) {
    for (const arg of call.args) {
      const { kind, name } = yield* typed(call, arg);
      wanted.push({ kind, namespace, names: [name] });
    }
    return wanted;
  }
  if (names.length > 0 && namespace === "") {
    throw usageError("a resource cannot be retrieved by name across all namespaces");
  }
  for (const type of first.split(",")) {
    for (const kind of yield* server.kindsNamed(type)) wanted.push({ kind, namespace, names });
  }
  return wanted;
}

function* showObjects(call: Call, wanted: readonly Wanted[]): Asking<Said> {
  const objects: KubeObject[] = [];
  const complaints: string[] = [];
  const subresource = call.value("subresource");
  for (const { kind, namespace, names } of wanted) {
    if (names.length === 0) {
      objects.push(
        ...(yield* call.server.list({ kind, namespace }, call.value("selector"), call.value("field-selector"))),
      );
    }
    for (const name of names) {
      const place = { kind, namespace, name, ...(subresource !== undefined && { subresource }) };
      try {
        objects.push(yield* call.server.get(place));
      } catch (error) {
        complaints.push(complaintOf(call, error));
      }
    }
  }
  const isOne = wanted.length === 1 && wanted[0]?.names.length === 1;
  const isNothing = objects.length === 0 && (isOne || complaints.length > 0);
  const out = isNothing ? "" : printObjects(call, sortedObjects(call, objects), isOne);
  return said(out, complaints);
}

function* showTables(call: Call, wanted: readonly Wanted[]): Asking<Said> {
  const { format } = outputOf(call);
  const parts: string[] = [];
  const complaints: string[] = [];
  const isAll = call.has("all-namespaces");
  // Of a category, kinds without members are passed over.
  const hasKinds = wanted.length > 1;
  for (const { kind, namespace, names } of wanted) {
    const tables: Table[] = [];
    for (const name of names.length === 0 ? [undefined] : names) {
      try {
        tables.push(yield* tableOf(call, { kind, namespace }, name));
      } catch (error) {
        complaints.push(complaintOf(call, error));
      }
    }
    const [first] = tables;
    const rows = tables.flatMap((table) => table.rows);
    if (first === undefined || rows.length === 0) continue;
    if (format === "name") {
      parts.push(rows.map(({ object }) => `${printed(kind, nameOf(object))}\n`).join(""));
    } else {
      parts.push(printTable(call, { ...first, rows }, { kind, isWide: format === "wide", isAll, hasKinds }));
    }
  }
  if (parts.length === 0 && complaints.length === 0 && !call.has("ignore-not-found") && format !== "name") {
    const where = isAll || wanted.every(({ kind }) => !kind.isNamespaced) ? "" : ` in ${call.namespace} namespace`;
    return { out: "", err: `No resources found${where}${where === "" ? "" : "."}\n` };
  }
  return said(parts.join(format === "name" ? "" : "\n"), complaints);
}

const nameOf = (object: unknown): string => (object as { metadata?: { name?: string } }).metadata?.name ?? "";

const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function* tableOf(call: Call, place: Omit<Wanted, "names">, name: string | undefined): Asking<Table> {
  const path = pathOf({ ...place, ...(name !== undefined && { name }) });
  const selector = call.value("selector");
  const fields = call.value("field-selector");
  const isSorted = call.value("sort-by") !== undefined;
  return yield* call.server.send<Table>("GET", path, {
    accept: TABLE,
    query: {
      ...(selector !== undefined && { labelSelector: selector }),
      ...(fields !== undefined && { fieldSelector: fields }),
      ...(isSorted && { includeObject: "Object" }),
    },
  });
}

/** What is wrong with one of several is said, and the others are shown. @throws what is no refusal */
function complaintOf(call: Call, error: unknown): string {
  if (!(error instanceof KubectlError)) throw error;
  return call.has("ignore-not-found") && error.message.startsWith("Error from server (NotFound)") ? "" : error.message;
}

function said(out: string, complaints: readonly string[]): Said {
  const errors = complaints.filter((text) => text !== "");
  return { out, ...(errors.length > 0 && { err: `${errors.join("\n")}\n`, exitCode: 1 }) };
}
