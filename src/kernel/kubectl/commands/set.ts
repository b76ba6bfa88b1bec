/**
 * `kubectl set image`.
 *
 * Models kubectl/pkg/cmd/set.
 */
import { type Call, type Command, chosen, fetched, printed, SELECTION } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import type { Asking, KubeObject } from "#kernel/kubectl/server";

export const set: Command = {
  name: "set",
  flags: SELECTION.flags,
  ...(SELECTION.short && { short: SELECTION.short }),
  *run(call) {
    const [what = "", ...args] = call.args;
    if (what !== "image") throw new UnsupportedError(`error: set ${what} is not supported here`);
    const images = args.filter((arg) => arg.includes("="));
    if (images.length === 0) throw usageError("at least one image update is required");
    const named = yield* chosen(
      call,
      args.filter((arg) => !arg.includes("=")),
    );
    const objects = yield* fetched(call, named);
    const lines: string[] = [];
    for (const [index, { kind, name }] of named.entries()) {
      const object = objects[index];
      if (object === undefined) continue;
      yield* setImages(call, { kind, namespace: call.namespace, name }, object, images);
      lines.push(`${printed(kind, name)} image updated`);
    }
    return lines.join("\n");
  },
};

interface PodSpec {
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
}

function* setImages(
  { server }: Call,
  place: Parameters<Call["server"]["patch"]>[0],
  { spec }: KubeObject,
  images: readonly string[],
): Asking<void> {
  const { template } = (spec ?? {}) as { template?: { spec?: PodSpec } };
  const pod = template?.spec ?? ((spec ?? {}) as PodSpec);
  const lists = ["containers", "initContainers"] as const;
  const change: Record<string, { name: string; image: string }[]> = {};
  for (const text of images) {
    const equals = text.indexOf("=");
    const [wanted, image] = [text.slice(0, equals), text.slice(equals + 1)];
    let isFound = false;
    for (const list of lists) {
      for (const { name } of pod[list] ?? []) {
        if (wanted !== "*" && wanted !== name) continue;
        isFound = true;
        change[list] = [...(change[list] ?? []), { name, image }];
      }
    }
    if (!isFound) throw usageError(`unable to find container named ${JSON.stringify(wanted)}`);
  }
  yield* server.patch(place, "strategic", { spec: template === undefined ? change : { template: { spec: change } } });
}
