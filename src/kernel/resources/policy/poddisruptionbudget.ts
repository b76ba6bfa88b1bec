/**
 * PodDisruptionBudget: how many pods of a set evictions must leave alone.
 *
 * Models pkg/registry/policy/poddisruptionbudget, pkg/apis/policy/validation and the table printer.
 * Leaves out policy/v1beta1: it left with v1.25.
 */
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import {
  type IntOrString,
  validateAtMostHundredPercent,
  validateNonnegativeIntOrPercent,
} from "#kernel/apimachinery/int-or-string";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { column, defineResource } from "#kernel/registry/definition";
import { mustBeOneOf, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";
import { validateConditions } from "#kernel/resources/policy/condition.validate";

export const poddisruptionbudgets = defineResource<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  names: {
    kind: "PodDisruptionBudget",
    plural: "poddisruptionbudgets",
    singular: "poddisruptionbudget",
    short: ["pdb"],
  },
  scope: "Namespaced",
  // Nothing but what every path needs is asked of the name.
  nameFormat: "pathSegment",
  subresources: { status: true },
  hasGeneration: true,

  prepareForCreate(pdb) {
    pdb.status = {};
  },

  validate: ({ spec }, at) => validateSpec(spec, at.under("spec")),
  validateStatusUpdate({ status }, _old, root) {
    const at = root.under("status");
    validateConditions(status?.conditions, at.under("conditions"));
    for (const field of ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const) {
      mustNotBeNegative(at(field), status?.[field]);
    }
  },

  columns: [
    column(
      "Min Available",
      "string",
      ({ spec }) => amountText(spec.minAvailable),
      "How many pods must stay available.",
    ),
    column("Max Unavailable", "string", ({ spec }) => amountText(spec.maxUnavailable), "How many pods may be missing."),
    column(
      "Allowed Disruptions",
      "integer",
      ({ status }) => status?.disruptionsAllowed ?? 0,
      "How many pods may be evicted now.",
    ),
  ],
});

const amountText = (amount: IntOrString | undefined): string => (amount === undefined ? "N/A" : String(amount));

function validateSpec(spec: PodDisruptionBudgetSpec, at: At): void {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    // Upstream prints its internal struct, whose fields have Go's names.
    const internal = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: policy ?? null,
    };
    at("").invalid(internal, "minAvailable and maxUnavailable cannot be both set");
  }
  for (const [field, amount] of Object.entries({ minAvailable, maxUnavailable })) {
    if (amount === undefined) continue;
    validateNonnegativeIntOrPercent(amount, at.under(field));
    validateAtMostHundredPercent(amount, at.under(field));
  }
  validateLabelSelector(selector, at.under("selector"));
  if (policy !== undefined) mustBeOneOf(at("unhealthyPodEvictionPolicy"), policy, ["AlwaysAllow", "IfHealthyBudget"]);
}
