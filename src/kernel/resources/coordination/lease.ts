/**
 * Lease: who holds something, and until when.
 *
 * Models pkg/registry/coordination/lease.
 */
import type { Lease } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";

export const leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  names: { kind: "Lease", plural: "leases", singular: "lease" },
  scope: "Namespaced",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  columns: [column("Holder", "string", ({ spec }) => spec.holderIdentity ?? "")],
});
