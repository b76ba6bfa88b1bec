/**
 * `kubectl cordon`, `kubectl uncordon`.
 *
 * Models kubectl/pkg/cmd/drain.
 */
import { type Call, type Command, printed, SELECTION } from "#kernel/kubectl/command";
import { usageError } from "#kernel/kubectl/error";
import type { Asking } from "#kernel/kubectl/server";

const command = (name: string, isClosed: boolean): Command => ({
  name,
  flags: SELECTION.flags,
  ...(SELECTION.short && { short: SELECTION.short }),
  run: (call) => close(call, name, isClosed),
});

export const cordon = command("cordon", true);

export const uncordon = command("uncordon", false);

function* close(call: Call, word: string, isClosed: boolean): Asking<string> {
  const kind = yield* call.server.kindNamed("nodes");
  const selector = call.value("selector");
  const listed = selector === undefined ? [] : yield* call.server.list({ kind, namespace: "" }, selector);
  const names = [
    ...call.args.map((arg) => arg.replace(/^nodes?\//, "")),
    ...listed.map(({ metadata }) => metadata.name),
  ];
  if (names.length === 0) throw usageError(`USAGE: ${word} NODE [flags]`);
  const lines: string[] = [];
  for (const name of names) {
    const place = { kind, namespace: "", name };
    const { spec } = yield* call.server.get(place);
    const was = (spec as { unschedulable?: boolean }).unschedulable === true;
    if (was !== isClosed)
      yield* call.server.patch(place, "strategic", { spec: { unschedulable: isClosed ? true : null } });
    lines.push(`${printed(kind, name)} ${was === isClosed ? "already " : ""}${word}ed`);
  }
  return lines.join("\n");
}
