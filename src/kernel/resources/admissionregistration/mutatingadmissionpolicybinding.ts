/**
 * MutatingAdmissionPolicyBinding: where a policy holds and with which parameters.
 *
 * Models pkg/registry/admissionregistration/mutatingadmissionpolicybinding.
 */
import type { MutatingAdmissionPolicyBinding } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { paramRefText, validateBinding } from "#kernel/resources/admissionregistration/policy.validate";
import { setMatchDefaults, validateMatch } from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";

export const mutatingadmissionpolicybindings = defineResource<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "MutatingAdmissionPolicyBinding",
    plural: "mutatingadmissionpolicybindings",
    singular: "mutatingadmissionpolicybinding",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,

  setDefaults({ spec }) {
    setMatchDefaults(spec?.matchResources);
  },

  validate(binding, root) {
    const at = root.under("spec");
    const { policyName, paramRef, matchResources } = binding.spec ?? {};
    validateBinding(policyName, paramRef, at);
    validateMatch(matchResources, at.under("matchResources"));
    for (const [rule, ownAt] of eachAt(matchResources?.resourceRules, at.under("matchResources.resourceRules"))) {
      for (const [operation, itsAt] of eachAt(rule.operations, ownAt.under("operations"))) {
        if (operation !== "*") mustBeOneOf(itsAt(""), operation, ["CREATE", "UPDATE"]);
      }
    }
  },

  columns: [
    column("PolicyName", "string", ({ spec }) => spec.policyName ?? "", "The policy it binds."),
    column("ParamRef", "string", ({ spec }) => paramRefText(spec.paramRef), "The parameters it gives."),
  ],
});
