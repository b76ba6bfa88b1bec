/**
 * `kubectl delete`: by name, by label, all of a type, or what manifests name.
 *
 * Models kubectl/pkg/cmd/delete. Leaves out waiting: whoever gives the lines lets time pass between them.
 */
import { type Call, type Command, chosen, numberOf, printed, SELECTION } from "#kubectl/command";
import { manifestsFrom } from "#kubectl/manifest";
import type { Kind } from "#kubectl/server";

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
  },
  short: { ...SELECTION.short, f: "filename" },
  async run(call) {
    const lines: string[] = [];
    for (const { kind, name, namespace } of await targets(call))
      lines.push(await deleteOne(call, kind, name, namespace));
    return lines.length === 0 ? "No resources found" : lines.filter((line) => line !== "").join("\n");
  },
};

interface Target {
  readonly kind: Kind;
  readonly name: string;
  readonly namespace: string;
}

async function targets(call: Call): Promise<readonly Target[]> {
  const { namespace } = call;
  if (call.list("filename").length === 0) {
    return (await chosen(call, call.args)).map(({ kind, name }) => ({ kind, name, namespace }));
  }
  return Promise.all(
    manifestsFrom(call).map(async (object) => ({
      kind: await call.server.kindOf(object),
      name: object.metadata.name,
      namespace: object.metadata.namespace ?? namespace,
    })),
  );
}

const PROPAGATION: Readonly<Record<string, string>> = {
  background: "Background",
  foreground: "Foreground",
  orphan: "Orphan",
};

async function deleteOne(call: Call, kind: Kind, name: string, namespace: string): Promise<string> {
  const place = { kind, namespace, name };
  if (call.has("ignore-not-found") && (await call.server.find(place)) === undefined) return "";
  const grace = call.value("grace-period") ?? (call.has("now") ? "1" : call.has("force") ? "0" : undefined);
  await call.server.delete(place, {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: PROPAGATION[call.value("cascade") ?? "background"] ?? "Background",
    ...(grace !== undefined && { gracePeriodSeconds: numberOf("grace-period", grace) }),
  });
  const what = printed(kind, name).replace("/", ' "');
  const from = kind.isNamespaced ? ` from ${namespace} namespace` : "";
  return `${what}" ${call.has("force") ? "force deleted" : "deleted"}${from}`;
}
