/**
 * ServiceAccount: who a pod is to the API.
 *
 * Models pkg/registry/core/serviceaccount.
 */
import type { ServiceAccount } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";

export const serviceaccounts = defineResource<ServiceAccount>({
  group: "",
  version: "v1",
  names: { kind: "ServiceAccount", plural: "serviceaccounts", singular: "serviceaccount", short: ["sa"] },
  scope: "Namespaced",
  subresources: {
    others: [{ name: "token", verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" }],
  },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  warnings({ metadata }, old) {
    const key = "kubernetes.io/enforce-mountable-secrets";
    const value = metadata.annotations?.[key];
    if (value === undefined || old?.metadata.annotations?.[key] === value) return [];
    const advice = "prefer separate namespaces to isolate access to mounted secrets";
    return [`metadata.annotations[${key}]: deprecated in v1.32+; ${advice}`];
  },

  columns: [column("Secrets", "string", ({ secrets }) => secrets?.length ?? 0)],
});
