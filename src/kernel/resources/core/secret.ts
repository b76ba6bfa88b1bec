/**
 * Secret: configuration that is not everybody's business.
 *
 * Models pkg/registry/core/secret.
 */
import type { Secret } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const secrets = defineResource<Secret>({
  group: "",
  version: "v1",
  names: { kind: "Secret", plural: "secrets", singular: "secret" },
  scope: "Namespaced",
  selectableFields: { type: ({ type }) => type ?? "" },
});
