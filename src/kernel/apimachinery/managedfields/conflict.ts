/**
 * Conflicts: an applied configuration changes fields of other managers.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/merge/conflict.go and
 * apimachinery/pkg/util/managedfields/internal/conflict.go.
 */
import { applyConflict, type StatusError } from "#kernel/apimachinery/errors";
import { compareText, quote } from "#kernel/apimachinery/go-text";
import { pathText } from "#kernel/apimachinery/managedfields/element";
import { type Managed, nameOf } from "#kernel/apimachinery/managedfields/entries";
import { type FieldSet, has, isEmpty, pathsOf } from "#kernel/apimachinery/managedfields/set";

/** One field of one other manager. */
export interface Conflict {
  readonly entry: Managed;
  readonly path: readonly string[];
}

/** Every conflict of what an applier changes, by manager. */
export function conflictsOf(found: readonly { readonly entry: Managed; readonly fields: FieldSet }[]): Conflict[] {
  return found
    .filter(({ fields }) => !isEmpty(fields))
    .sort((a, b) => compareText(nameOf(a.entry), nameOf(b.entry)))
    .flatMap(({ entry, fields }) => pathsOf(fields).map((path) => ({ entry, path })));
}

/** The conflicts over fields that are not in the set. */
export const outside = (conflicts: readonly Conflict[], set: FieldSet): Conflict[] =>
  conflicts.filter(({ path }) => !has(set, path));

/** 409: `Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas`. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ entry, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${managerText(entry)}`,
    field: pathText(path),
  }));
  return applyConflict(causes, conflictText(conflicts));
}

function conflictText(conflicts: readonly Conflict[]): string {
  const [first] = conflicts;
  if (first !== undefined && conflicts.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${managerText(first.entry)}: ${pathText(first.path)}`;
  }
  const lines: string[] = [];
  let last: Managed | undefined;
  for (const { entry, path } of conflicts) {
    if (entry !== last) lines.push(`conflicts with ${managerText(entry)}:`);
    lines.push(`- ${pathText(path)}`);
    last = entry;
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** `"kubectl" with subresource "scale" using apps/v1`; appliers have no version. */
function managerText({ manager, operation, apiVersion, subresource = "" }: Managed): string {
  const name = subresource === "" ? quote(manager) : `${quote(manager)} with subresource ${quote(subresource)}`;
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}
