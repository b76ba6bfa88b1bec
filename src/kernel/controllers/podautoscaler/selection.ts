/**
 * Which pods an autoscaler looks at, and which other autoscalers look at the same ones.
 *
 * Models pkg/controller/podautoscaler/horizontal.go (validateAndParseSelector, hpaSelectors): an autoscaler's selector
 * counts from its own round on, as it was then.
 */
import type { Pod } from "#kernel/api/types.gen";
import { matchesRequirements, parse, type Requirement } from "#kernel/apimachinery/label-query";
import { type Key, keyText } from "#kernel/apimachinery/meta";
import { selectedPods } from "#kernel/controllers/shared/selected-pods";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";
import type { Cells } from "#kernel/store/cells";

/** The room of selectors as text; the id is the autoscaler's `namespace/name`. */
export const SELECTORS = "hpa-selectors";
/** The room of the names of autoscalers; the id is a namespace and a label their selectors ask for, or none. */
export const BY_LABEL = "hpa-selectors-by-label";

const idOf = (namespace: string, label: string): string => `${namespace} ${label}`;

/** The label values a pod must have whatever else it has. */
function labelsIn(requirements: readonly Requirement[]): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const { key, operator, values } of requirements) {
    const [value] = values;
    const isOne = operator === "=" || operator === "==" || (operator === "in" && values.length === 1);
    if (isOne && value !== undefined) labels[key] = value;
  }
  return labels;
}

/** The label under which a selector is found; empty for one that asks for no value. */
function handleOf(requirements: readonly Requirement[]): string {
  const [first] = Object.entries(labelsIn(requirements));
  return first === undefined ? "" : first.join("=");
}

/** Notes what an autoscaler selects now; undefined = nothing any more. */
export function noteSelector(cells: Cells, key: Key, selector: string | undefined): void {
  const before = cells.get<string>(SELECTORS, keyText(key));
  if (before === selector) return;
  if (before !== undefined) {
    const id = idOf(key.namespace, handleOf(parse(before)));
    const left = (cells.get<readonly string[]>(BY_LABEL, id) ?? []).filter((name) => name !== key.name);
    if (left.length > 0) cells.put(BY_LABEL, id, left);
    else cells.delete(BY_LABEL, id);
  }
  if (selector === undefined) {
    cells.delete(SELECTORS, keyText(key));
    return;
  }
  const id = idOf(key.namespace, handleOf(parse(selector)));
  cells.put(BY_LABEL, id, [...(cells.get<readonly string[]>(BY_LABEL, id) ?? []), key.name].sort());
  cells.put(SELECTORS, keyText(key), selector);
}

/** The names of the autoscalers of a namespace that select one of these pods at least, sorted. */
export function autoscalersOf(cells: Cells, namespace: string, found: readonly Pod[]): string[] {
  const handles = new Set([""]);
  for (const { metadata } of found) {
    for (const [label, value] of Object.entries(metadata.labels ?? {})) handles.add(`${label}=${value}`);
  }
  const names = [...handles].flatMap((handle) => cells.get<readonly string[]>(BY_LABEL, idOf(namespace, handle)) ?? []);
  return names
    .filter((name) => {
      const requirements = parse(cells.get<string>(SELECTORS, keyText({ namespace, name })) ?? "");
      return found.some(({ metadata }) => matchesRequirements(requirements, metadata.labels ?? {}));
    })
    .sort();
}

/** The pods of a namespace that meet all requirements. */
export function podsBy(client: Client, namespace: string, wanted: readonly Requirement[]): readonly Pod[] {
  const labels = labelsIn(wanted);
  const near =
    Object.keys(labels).length > 0
      ? selectedPods(client.registry, namespace, labels)
      : client.list(pods, { namespace });
  return near.filter(({ metadata }) => matchesRequirements(wanted, metadata.labels ?? {}));
}
