/**
 * `kubectl label` and `kubectl annotate`.
 *
 * Models kubectl/pkg/cmd/label and kubectl/pkg/cmd/annotate.
 */
import { type Call, type Command, chosen, fetched, printed, SELECTION } from "#kernel/kubectl/command";
import { usageError } from "#kernel/kubectl/error";
import type { Asking } from "#kernel/kubectl/server";

type Field = "labels" | "annotations";

const command = (name: string, field: Field, done: string): Command => ({
  name,
  flags: { ...SELECTION.flags, overwrite: "switch" },
  ...(SELECTION.short && { short: SELECTION.short }),
  run: (call) => change(call, field, done),
});

export const label = command("label", "labels", "labeled");

export const annotate = command("annotate", "annotations", "annotated");

function* change(call: Call, field: Field, done: string): Asking<string> {
  const isChange = (arg: string): boolean => arg.includes("=") || (arg.endsWith("-") && arg !== "-");
  const changes = call.args.filter(isChange);
  if (changes.length === 0) throw usageError(`at least one ${field.slice(0, -1)} update is required`);
  const named = yield* chosen(
    call,
    call.args.filter((arg) => !isChange(arg)),
  );
  const objects = yield* fetched(call, named);
  const wanted: Record<string, string | null> = {};
  for (const text of changes) {
    const equals = text.indexOf("=");
    if (equals < 0) wanted[text.slice(0, -1)] = null;
    else wanted[text.slice(0, equals)] = text.slice(equals + 1);
  }
  const lines: string[] = [];
  for (const [index, { kind, name }] of named.entries()) {
    if (!call.has("overwrite")) refuseOverwrite(objects[index]?.metadata[field] ?? {}, wanted, field);
    yield* call.server.patch({ kind, namespace: call.namespace, name }, "merge", { metadata: { [field]: wanted } });
    lines.push(`${printed(kind, name)} ${Object.values(wanted).every((value) => value === null) ? `un${done}` : done}`);
  }
  return lines.join("\n");
}

function refuseOverwrite(
  present: Readonly<Record<string, string>>,
  wanted: Record<string, string | null>,
  field: Field,
): void {
  for (const [key, value] of Object.entries(wanted)) {
    const has = present[key];
    if (has === undefined || value === null || has === value) continue;
    if (field === "labels") throw usageError(`'${key}' already has a value (${has}), and --overwrite is false`);
    throw usageError(
      `--overwrite is false but found the following declared annotation(s): '${key}' already has a value (${has})`,
    );
  }
}
