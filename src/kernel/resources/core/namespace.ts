/**
 * Namespace: a room for objects, emptied before it goes.
 *
 * Models pkg/registry/core/namespace.
 */

import type { Namespace } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { validateOwnedFinalizer } from "#kernel/apimachinery/names";
import { column, defineResource } from "#kernel/registry/definition";
import { eachAt } from "#kernel/resources/core/pod.validate.fields";

/** The label every namespace carries its own name in. */
const NAME_LABEL = "kubernetes.io/metadata.name";

/** The finalizer a namespace is held by until the namespace controller has emptied it. */
const KUBERNETES_FINALIZER = "kubernetes";

export const namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  names: { kind: "Namespace", plural: "namespaces", singular: "namespace", short: ["ns"] },
  scope: "Cluster",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  nameFormat: "label",
  subresources: { status: true, others: [{ name: "finalize", verbs: ["update"], kind: "Namespace" }] },

  setDefaults(namespace) {
    const { metadata } = namespace;
    // A name still to be generated gets its label once it is known: see allocate.
    if ((metadata.name ?? "") !== "") metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
    namespace.spec ??= {};
    namespace.status = { ...namespace.status, phase: namespace.status?.phase ?? "Active" };
  },

  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec.finalizers ?? [];
    const isHeldAlready = finalizers.includes(KUBERNETES_FINALIZER);
    namespace.spec = {
      ...namespace.spec,
      finalizers: isHeldAlready ? finalizers : [...finalizers, KUBERNETES_FINALIZER],
    };
  },

  prepareForUpdate(namespace, old, _context, subresource) {
    if (old.status !== undefined) namespace.status = old.status;
    if (subresource !== "finalize") namespace.spec = old.spec;
  },

  validate({ spec }, at, _context, old) {
    for (const [finalizer, ownAt] of eachAt(spec.finalizers, at.under("spec.finalizers"))) {
      // A namespace that is made does not say which of them is wrong.
      validateFinalizer(finalizer, old === undefined ? at.under("spec.finalizers") : ownAt);
    }
  },

  /** A generated name is known only after admission; the label follows it. */
  allocate({ metadata }) {
    if (metadata.labels?.[NAME_LABEL] === metadata.name) return;
    metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
  },

  validateStatusUpdate({ metadata, status }, _old, at) {
    const phase = status?.phase ?? "";
    if (metadata.deletionTimestamp === undefined) {
      if (phase !== "Active") at("status.Phase").invalid(phase, "may only be 'Active' if `deletionTimestamp` is empty");
    } else if (phase !== "Terminating") {
      at("status.Phase").invalid(phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
    }
  },

  isHeld: ({ spec }) => (spec.finalizers ?? []).length > 0,

  terminating(marked) {
    const { deletionGracePeriodSeconds: _, ...metadata } = marked.metadata;
    return { ...marked, metadata, status: { ...marked.status, phase: "Terminating" } };
  },

  columns: [column("Status", "string", ({ status }) => status?.phase ?? "")],
  selectableFields: {
    name: ({ metadata }) => metadata.name,
    "status.phase": ({ status }) => status?.phase ?? "",
  },
});

/** A finalizer without a domain must be one of Kubernetes' own. */
function validateFinalizer(finalizer: string, at: At): void {
  for (const text of qualifiedName(finalizer)) at("").invalid(finalizer, text);
  validateOwnedFinalizer(finalizer, at);
}
