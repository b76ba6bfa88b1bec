/**
 * ValidatingAdmissionPolicyBinding: where a policy holds, with which parameters, and what follows from a violation.
 *
 * Models pkg/registry/admissionregistration/validatingadmissionpolicybinding.
 */
import type { ValidatingAdmissionPolicyBinding } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource } from "#kernel/registry/definition";
import { paramRefText, validateBinding } from "#kernel/resources/admissionregistration/policy.validate";
import { setMatchDefaults, validateMatch } from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";

const ACTIONS = ["Audit", "Deny", "Warn"];

export const validatingadmissionpolicybindings = defineResource<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "ValidatingAdmissionPolicyBinding",
    plural: "validatingadmissionpolicybindings",
    singular: "validatingadmissionpolicybinding",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,

  setDefaults({ spec }) {
    setMatchDefaults(spec?.matchResources);
  },

  validate(binding, root) {
    const at = root.under("spec");
    const { policyName, paramRef, matchResources, validationActions = [] } = binding.spec ?? {};
    validateBinding(policyName, paramRef, at);
    // The field is spelt so by those who refuse it.
    validateMatch(matchResources, at.under("matchResouces"));
    validateActions(validationActions, at.under("validationActions"));
  },

  columns: [
    column("PolicyName", "string", ({ spec }) => spec.policyName, "The policy it binds."),
    column("ParamRef", "string", ({ spec }) => paramRefText(spec.paramRef), "The parameters it gives."),
  ],
});

function validateActions(actions: readonly string[], at: At): void {
  const seen = new Set<string>();
  for (const [action, ownAt] of eachAt(actions, at)) {
    mustBeOneOf(ownAt(""), action, ACTIONS);
    if (seen.has(action)) ownAt("").duplicate(action);
    seen.add(action);
  }
  if (seen.has("Deny") && seen.has("Warn")) {
    const why = "(repeating the same validation failure information in the API response and headers serves no purpose)";
    at("").invalid(actions, `must not contain both Deny and Warn ${why}`);
  }
  if (seen.size === 0) at("").required("at least one validation action is required");
}
