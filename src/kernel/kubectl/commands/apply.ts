/**
 * `kubectl apply -f`: makes what is not there, and brings what is there to what the manifest says.
 *
 * Models kubectl/pkg/cmd/apply. Three sides are merged: what was applied last, what is, what is to be; or the server
 * merges (`--server-side`).
 * Leaves out pruning and kustomizations: they are refused.
 */
import { type Call, type Command, DRY_RUN, dryRun, dryRunText, printed, type Said } from "#kernel/kubectl/command";
import { KubectlError, UnsupportedError, usageError } from "#kernel/kubectl/error";
import { manifestsFrom } from "#kernel/kubectl/manifest";
import { merged } from "#kernel/kubectl/merge";
import { outputOf, PRINT, printObjects, wantsObjects } from "#kernel/kubectl/print";
import type { Asking, KubeObject } from "#kernel/kubectl/server";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

export const apply: Command = {
  name: "apply",
  flags: {
    ...PRINT.flags,
    ...DRY_RUN,
    filename: "list",
    kustomize: "value",
    prune: "switch",
    "server-side": "switch",
    "force-conflicts": "switch",
    force: "switch",
    overwrite: "switch",
    recursive: "switch",
    "field-manager": "value",
    validate: "value",
    wait: "switch",
  },
  short: { ...PRINT.short, f: "filename", k: "kustomize", R: "recursive" },
  *run(call) {
    if (call.value("kustomize") !== undefined) throw new UnsupportedError("error: apply -k is not supported here");
    if (call.has("prune") || call.has("force"))
      throw new UnsupportedError("error: apply --prune and --force are not supported here");
    if (call.list("filename").length === 0) throw usageError("must specify one of -f and -k");
    return yield* each(call, manifestsFrom(call), applyOne);
  },
};

/** What is done to one object: the object as it is now, and what is said of it. */
export interface Done {
  readonly object: KubeObject | undefined;
  readonly text: string;
}

/** Does something to every object; what is refused is said, and the others are done. */
export function* each(
  call: Call,
  objects: readonly KubeObject[],
  act: (call: Call, object: KubeObject) => Asking<Done>,
): Asking<Said> {
  const done: Done[] = [];
  const complaints: string[] = [];
  for (const object of objects) {
    try {
      done.push(yield* act(call, object));
    } catch (error) {
      if (!(error instanceof KubectlError) || objects.length === 1) throw error;
      complaints.push(error.message);
    }
  }
  const output = outputOf(call);
  const made = done.flatMap(({ object }) => (object === undefined ? [] : [object]));
  const out = wantsObjects(output)
    ? made.length === 0
      ? ""
      : printObjects(call, made, made.length === 1)
    : done.map(({ text }) => `${output.format === "name" ? text.split(" ")[0] : text}\n`).join("");
  return { out, ...(complaints.length > 0 && { err: `${complaints.join("\n")}\n`, exitCode: 1 }) };
}

function* applyOne(call: Call, manifest: KubeObject): Asking<Done> {
  const { server } = call;
  const kind = yield* server.kindOf(manifest);
  const place = { kind, namespace: manifest.metadata.namespace ?? call.namespace };
  const { name } = manifest.metadata;
  const title = printed(kind, name);
  const query = dryRun(call);
  const suffix = dryRunText(call);
  if (call.has("server-side")) {
    if (query === undefined)
      throw usageError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
    const own = { fieldManager: call.value("field-manager") ?? "kubectl", force: String(call.has("force-conflicts")) };
    const object = yield* server.patch({ ...place, name }, "apply", manifest, { ...query, ...own });
    return { object, text: `${title} serverside-applied${suffix}` };
  }
  const wanted = annotated(manifest);
  const live = yield* server.find({ ...place, name });
  if (live === undefined) {
    const object = query === undefined ? manifest : yield* server.create(place, wanted, query);
    return { object, text: `${title} created${suffix}` };
  }
  const last = live.metadata.annotations?.[LAST_APPLIED];
  const next = merged(last === undefined ? {} : (JSON.parse(last) as unknown), live, wanted);
  if (JSON.stringify(next) === JSON.stringify(live)) return { object: live, text: `${title} unchanged${suffix}` };
  const object = query === undefined ? live : yield* server.update({ ...place, name }, next, query);
  return { object, text: `${title} configured${suffix}` };
}

function annotated(manifest: KubeObject): KubeObject {
  const { metadata } = manifest;
  const applied = `${JSON.stringify({ ...manifest, metadata: { annotations: {}, ...metadata } })}\n`;
  return { ...manifest, metadata: { ...metadata, annotations: { ...metadata.annotations, [LAST_APPLIED]: applied } } };
}
