/**
 * Lease: who holds something, and until when.
 *
 * Models pkg/registry/coordination/lease.
 */

import type { Lease } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { negativeText, qualifiedName } from "#kernel/apimachinery/formats";
import { column, defineResource } from "#kernel/registry/definition";
import { presentLease } from "#kernel/resources/core/node.heartbeat";

const STRATEGIES: readonly string[] = ["OldestEmulationVersion"];

export const leases = defineResource<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  names: { kind: "Lease", plural: "leases", singular: "lease" },
  scope: "Namespaced",
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,

  // Coordinated leader election is off in v1.36, so its fields do not outlive the request.
  prepareForCreate: ({ spec }) => dropCoordination(spec),
  prepareForUpdate({ spec }, old) {
    if (old.spec.strategy === undefined && old.spec.preferredHolder === undefined) dropCoordination(spec);
  },

  validate({ spec }, at) {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions, strategy, preferredHolder = "" } = spec;
    if (duration !== undefined && duration <= 0) {
      at("spec.leaseDurationSeconds").invalid(duration, "must be greater than 0");
    }
    if (transitions !== undefined && transitions < 0) at("spec.leaseTransitions").invalid(transitions, negativeText);
    if (strategy !== undefined) validateStrategy(strategy, at.under("spec.strategy.strategy"));
    if (preferredHolder !== "" && (strategy ?? "") === "") {
      at("spec.preferredHolder").forbidden("may only be specified if `strategy` is defined");
    }
  },

  columns: [column("Holder", "string", ({ spec }) => spec.holderIdentity ?? "")],
  present: presentLease,
});

function dropCoordination(spec: Lease["spec"]): void {
  delete spec.strategy;
  delete spec.preferredHolder;
}

function validateStrategy(strategy: string, at: At): void {
  if (strategy.includes("/")) for (const text of qualifiedName(strategy)) at("").invalid(strategy, text);
  else if (!STRATEGIES.includes(strategy)) at("").notSupported(strategy, STRATEGIES);
}
