/**
 * `kubectl patch`.
 *
 * Models kubectl/pkg/cmd/patch.
 */
import { parse } from "yaml";
import { type Call, type Command, chosen, DRY_RUN, dryRun, dryRunText, printed } from "#kernel/kubectl/command";
import { usageError } from "#kernel/kubectl/error";
import { outputOf, PRINT, printObjects, wantsObjects } from "#kernel/kubectl/print";
import type { PatchType } from "#kernel/kubectl/server";

const TYPES: readonly string[] = ["json", "merge", "strategic"];

export const patch: Command = {
  name: "patch",
  flags: {
    ...PRINT.flags,
    ...DRY_RUN,
    patch: "value",
    "patch-file": "value",
    type: "value",
    subresource: "value",
  },
  short: { ...PRINT.short, p: "patch" },
  *run(call) {
    const type = (call.value("type") ?? "strategic").toLowerCase();
    if (!TYPES.includes(type))
      throw usageError(`--type must be one of [json merge strategic], not ${JSON.stringify(type)}`);
    const body = patchOf(call);
    const subresource = call.value("subresource");
    const query = dryRun(call);
    const lines: string[] = [];
    for (const { kind, name } of yield* chosen(call, call.args)) {
      const place = { kind, namespace: call.namespace, name, ...(subresource !== undefined && { subresource }) };
      const before = yield* call.server.get({ kind, namespace: call.namespace, name });
      if (query === undefined) {
        lines.push(`${printed(kind, name)} patched (dry run)\n`);
        continue;
      }
      const after = yield* call.server.patch(place, type as PatchType, body, query);
      const isSame = JSON.stringify(before) === JSON.stringify(after);
      lines.push(
        wantsObjects(outputOf(call))
          ? printObjects(call, [after], true)
          : `${printed(kind, name)} patched${isSame ? " (no change)" : ""}${dryRunText(call)}\n`,
      );
    }
    return { out: lines.join("") };
  },
};

function patchOf(call: Call): unknown {
  const file = call.value("patch-file");
  const text = file === undefined ? call.value("patch") : call.files?.(file)?.[file];
  if (text === undefined) throw usageError("must specify --patch or --patch-file containing the contents of the patch");
  try {
    return parse(text, { version: "1.1", logLevel: "silent" });
  } catch {
    throw usageError(`unable to parse ${JSON.stringify(text)}: yaml: could not be read`);
  }
}
