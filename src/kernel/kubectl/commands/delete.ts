/**
 * `kubectl delete`: by name, by label, all of a type, or what manifests name.
 *
 * Models kubectl/pkg/cmd/delete.
 */
import {
  type Call,
  type Command,
  chosen,
  durationOf,
  numberOf,
  printed,
  type Said,
  SELECTION,
} from "#kernel/kubectl/command";
import { KubectlError } from "#kernel/kubectl/error";
import { manifestsFrom } from "#kernel/kubectl/manifest";
import type { Asking, Kind } from "#kernel/kubectl/server";

const LOOK_AGAIN_MS = 1_000;

export const deleteCommand: Command = {
  name: "delete",
  flags: {
    ...SELECTION.flags,
    filename: "list",
    force: "switch",
    now: "switch",
    wait: "switch",
    "ignore-not-found": "switch",
    "grace-period": "value",
    cascade: "value",
    timeout: "value",
    output: "value",
  },
  short: { ...SELECTION.short, f: "filename", o: "output" },
  *run(call) {
    const begun = call.memory as readonly Gone[] | undefined;
    if (begun !== undefined) return yield* waitFor(call, begun);
    const lines: string[] = [];
    const complaints: string[] = [];
    const gone: Gone[] = [];
    const wanted = yield* targets(call);
    for (const target of wanted) {
      try {
        const { text, uid } = yield* deleteOne(call, target);
        if (text !== "") lines.push(text);
        if (uid !== undefined) gone.push({ ...target, uid });
      } catch (error) {
        if (!(error instanceof KubectlError) || wanted.length === 1) throw error;
        complaints.push(error.message);
      }
    }
    if (lines.length === 0 && complaints.length === 0) {
      return { out: "", ...(call.has("ignore-not-found") ? {} : { err: "No resources found\n" }) };
    }
    const out = lines.map((line) => `${line}\n`).join("");
    if (complaints.length > 0) return { out, err: `${complaints.join("\n")}\n`, exitCode: 1 };
    const left = call.value("wait") === "false" || call.has("force") ? [] : yield* stillThere(call, gone);
    return left.length === 0 ? { out } : { out, againMs: LOOK_AGAIN_MS, memory: left };
  },
};

interface Target {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace: string;
}

/** An object that is on its way out. */
interface Gone extends Target {
  readonly uid: string;
}

function* waitFor(call: Call, begun: readonly Gone[]): Asking<Said> {
  const left = yield* stillThere(call, begun);
  if (left.length === 0) return { out: "" };
  const limit = durationOf("timeout", call.value("timeout") ?? "0");
  const isLate = limit > 0 && Date.parse(call.now) - (call.since ?? 0) >= limit;
  if (!isLate) return { out: "", againMs: LOOK_AGAIN_MS, memory: left };
  const [{ kind, name }] = left as [Gone];
  return { out: "", err: `error: timed out waiting for the condition on ${kind.plural}/${name}\n`, exitCode: 1 };
}

function* stillThere(call: Call, gone: readonly Gone[]): Asking<readonly Gone[]> {
  const left: Gone[] = [];
  for (const one of gone) {
    const found = yield* call.server.find(one);
    if (found?.metadata.uid === one.uid) left.push(one);
  }
  return left;
}

function* targets(call: Call): Asking<readonly Target[]> {
  const { namespace } = call;
  if (call.list("filename").length === 0) {
    return (yield* chosen(call, call.args)).map(({ kind, name }) => ({ kind, name, namespace }));
  }
  const found: Target[] = [];
  for (const object of manifestsFrom(call)) {
    const kind = yield* call.server.kindOf(object);
    found.push({ kind, name: object.metadata.name, namespace: object.metadata.namespace ?? namespace });
  }
  return found;
}

const PROPAGATION: Readonly<Record<string, string>> = {
  background: "Background",
  foreground: "Foreground",
  orphan: "Orphan",
};

function* deleteOne(call: Call, { kind, name, namespace }: Target): Asking<{ text: string; uid?: string }> {
  const place = { kind, namespace, name };
  if (call.has("ignore-not-found") && (yield* call.server.find(place)) === undefined) return { text: "" };
  const grace = call.value("grace-period") ?? (call.has("now") ? "1" : call.has("force") ? "0" : undefined);
  const answer = (yield* call.server.delete(place, {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: PROPAGATION[call.value("cascade") ?? "background"] ?? "Background",
    ...(grace !== undefined && grace !== "-1" && { gracePeriodSeconds: numberOf("grace-period", grace) }),
  })) as { metadata?: { uid?: string }; details?: { uid?: string } };
  const uid = answer.metadata?.uid ?? answer.details?.uid;
  const title = printed(kind, name);
  const from = kind.isNamespaced ? ` from ${namespace} namespace` : "";
  const text =
    call.value("output") === "name"
      ? title
      : `${title.replace("/", ' "')}" ${call.has("force") ? "force deleted" : "deleted"}${from}`;
  return { text, ...(uid !== undefined && { uid }) };
}
