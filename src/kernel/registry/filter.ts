/**
 * Filters: what a list or watch request selects, compiled to one question.
 */
import { type FieldTerm, fieldNotKnown, fieldNotSupported } from "#kernel/apimachinery/field-selector";
import { matchesRequirements, type Requirement } from "#kernel/apimachinery/labels";
import type { Resource } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

export interface Filter {
  /** Absent or "" = all namespaces. */
  readonly namespace?: string;
  readonly labels?: readonly Requirement[];
  readonly fields?: readonly FieldTerm[];
}

/**
 * Whether an object is selected.
 * @throws BadRequest for a field the kind cannot be selected by.
 */
export function matcher<T extends KubeObject>(resource: Resource<T>, filter: Filter): (object: T) => boolean {
  const { namespace = "", labels = [], fields = [] } = filter;
  const fieldTests = fields.map(({ field, value, isNegated }) => {
    const read = fieldReader(resource, field);
    return (object: T): boolean => (read(object) === value) !== isNegated;
  });
  return (object) =>
    (namespace === "" || object.metadata.namespace === namespace) &&
    (labels.length === 0 || matchesRequirements(labels, object.metadata.labels ?? {})) &&
    fieldTests.every((test) => test(object));
}

function fieldReader<T extends KubeObject>(resource: Resource<T>, field: string): (object: T) => string {
  if (field === "metadata.name") return (object) => object.metadata.name;
  if (field === "metadata.namespace" && resource.isNamespaced) return (object) => object.metadata.namespace ?? "";
  const read = resource.selectableFields?.[field];
  if (read === undefined) {
    throw resource.selectableFields === undefined ? fieldNotKnown(field) : fieldNotSupported(field);
  }
  return read;
}
