/**
 * Namespace: a room for objects, emptied before it goes.
 *
 * Models pkg/registry/core/namespace.
 */
import type { Namespace } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";

export const namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  names: { kind: "Namespace", plural: "namespaces", singular: "namespace", short: ["ns"] },
  scope: "Cluster",
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  nameFormat: "label",
  subresources: { status: true, others: [{ name: "finalize", verbs: ["update"], kind: "Namespace" }] },
  isHeld: ({ spec }) => (spec.finalizers ?? []).length > 0,
  columns: [column("Status", "string", ({ status }) => status?.phase ?? "")],
  selectableFields: { "status.phase": ({ status }) => status?.phase ?? "" },
});
