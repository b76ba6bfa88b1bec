/**
 * Binding: the scheduler's word that a pod runs on a node. It is spoken, never stored; the API server's own route
 * answers it.
 *
 * Models pkg/registry/core/pod/storage (LegacyBindingREST).
 */
import type { Binding } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const bindings = defineResource<Binding>({
  group: "",
  version: "v1",
  names: { kind: "Binding", plural: "bindings", singular: "binding" },
  scope: "Namespaced",
  verbs: ["create"],
});
