/**
 * `kubectl scale --replicas=N`.
 *
 * Models kubectl/pkg/cmd/scale.
 */
import { type Command, chosen, numberOf, printed, SELECTION } from "#kernel/kubectl/command";
import { usageError } from "#kernel/kubectl/error";
import type { Asking, KubeObject } from "#kernel/kubectl/server";

export const scale: Command = {
  name: "scale",
  flags: { ...SELECTION.flags, replicas: "value", "current-replicas": "value" },
  ...(SELECTION.short && { short: SELECTION.short }),
  *run(call) {
    const given = call.value("replicas");
    if (given === undefined)
      throw usageError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    const replicas = numberOf("replicas", given);
    const lines: string[] = [];
    for (const { kind, name } of yield* chosen(call, call.args)) {
      const place = { kind, namespace: call.namespace, name };
      yield* checkCurrent(call.value("current-replicas"), () => call.server.get(place));
      yield* call.server.patch({ ...place, subresource: "scale" }, "merge", { spec: { replicas } });
      lines.push(`${printed(kind, name)} scaled`);
    }
    return lines.join("\n");
  },
};

function* checkCurrent(expected: string | undefined, read: () => Asking<KubeObject>): Asking<void> {
  if (expected === undefined) return;
  const { spec } = yield* read();
  const { replicas } = spec as { replicas?: number };
  if (String(replicas) !== expected) throw usageError(`Expected replicas to be ${expected}, was ${replicas}`);
}
