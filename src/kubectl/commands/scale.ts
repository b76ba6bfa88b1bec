/**
 * `kubectl scale --replicas=N`.
 *
 * Models kubectl/pkg/cmd/scale.
 */
import { type Command, chosen, numberOf, printed, SELECTION } from "#kubectl/command";
import { usageError } from "#kubectl/error";
import type { KubeObject } from "#kubectl/server";

export const scale: Command = {
  name: "scale",
  flags: { ...SELECTION.flags, replicas: "value", "current-replicas": "value" },
  ...(SELECTION.short && { short: SELECTION.short }),
  async run(call) {
    const given = call.value("replicas");
    if (given === undefined)
      throw usageError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0");
    const replicas = numberOf("replicas", given);
    const lines: string[] = [];
    for (const { kind, name } of await chosen(call, call.args)) {
      const place = { kind, namespace: call.namespace, name };
      await checkCurrent(call.value("current-replicas"), () => call.server.get(place));
      await call.server.patch({ ...place, subresource: "scale" }, "merge", { spec: { replicas } });
      lines.push(`${printed(kind, name)} scaled`);
    }
    return lines.join("\n");
  },
};

async function checkCurrent(expected: string | undefined, read: () => Promise<KubeObject>): Promise<void> {
  if (expected === undefined) return;
  const { spec } = await read();
  const { replicas } = spec as { replicas?: number };
  if (String(replicas) !== expected) throw usageError(`Expected replicas to be ${expected}, was ${replicas}`);
}
