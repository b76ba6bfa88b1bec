/**
 * ServiceAccount: who a pod is to the API.
 *
 * Models pkg/registry/core/serviceaccount.
 */
import type { ServiceAccount } from "#kernel/api/types.gen";
import { defineResource } from "#kernel/registry/definition";

export const serviceaccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  names: { kind: "ServiceAccount", plural: "serviceaccounts", singular: "serviceaccount", short: ["sa"] },
  scope: "Namespaced",
  subresources: {
    others: [
      { name: "token", verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" },
    ],
  },
});
