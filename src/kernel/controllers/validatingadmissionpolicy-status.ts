/**
 * ValidatingAdmissionPolicy status controller: checks the expressions of policies against the kinds they are about, and
 * tells in the status what will not work.
 *
 * Models pkg/controller/validatingadmissionpolicystatus and
 * apiserver/pkg/admission/plugin/policy/validating/typechecking.go.
 */
import type { ExpressionWarning, ValidatingAdmissionPolicy } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { parseApiVersion } from "#kernel/apimachinery/meta";
import { typeOfShape } from "#kernel/cel/declarations";
import type { CelType } from "#kernel/cel/types";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself } from "#kernel/registry/controller";
import type { AnyResource } from "#kernel/registry/definition";
import {
  compileExpression,
  type Surroundings,
  variablesOf,
} from "#kernel/resources/admissionregistration/expression.facts";
import { validatingadmissionpolicies } from "#kernel/resources/admissionregistration/validatingadmissionpolicy";

/** Kinds one policy is checked against; it may name more. */
const KINDS_MAX = 10;

export const validatingAdmissionPolicyStatusController: Controller = {
  name: "validatingadmissionpolicy-status-controller",
  component: "controllerManager",
  watches: [itself(validatingadmissionpolicies)],

  reconcile({ client }, key) {
    const policy = client.get(validatingadmissionpolicies, key);
    if (policy === undefined || policy.metadata.deletionTimestamp !== undefined) return done;
    const { generation = 1 } = policy.metadata;
    if (policy.status?.observedGeneration === generation) return done;
    const expressionWarnings = warningsOf(client, policy);
    const typeChecking = expressionWarnings.length === 0 ? {} : { expressionWarnings };
    client.updateStatus(validatingadmissionpolicies, policy, {
      ...policy.status,
      observedGeneration: generation,
      typeChecking,
    });
    return done;
  },
};

function warningsOf(client: Client, policy: ValidatingAdmissionPolicy): ExpressionWarning[] {
  const kinds = kindsOf(client, policy);
  const warnings: ExpressionWarning[] = [];
  for (const [n, { expression, messageExpression = "" }] of (policy.spec.validations ?? []).entries()) {
    const checked = [
      { field: "expression", text: expression, hasAuthorizer: true },
      { field: "messageExpression", text: messageExpression, hasAuthorizer: false },
    ];
    for (const { field, text, hasAuthorizer } of checked) {
      if (text.trim() === "") continue;
      const warning = kinds.flatMap((kind) => problemsWith(client, policy, kind, { text, hasAuthorizer })).join("\n");
      if (warning !== "") warnings.push({ fieldRef: `spec.validations[${n}].${field}`, warning });
    }
  }
  return warnings;
}

/** The kinds a policy names outright: a wildcard stands for none. */
function kindsOf({ registry }: Client, { spec }: ValidatingAdmissionPolicy): readonly AnyResource[] {
  const found = new Map<string, AnyResource>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of spec.matchConstraints?.resourceRules ?? []) {
    for (const group of apiGroups) {
      for (const version of apiVersions) {
        for (const plural of resources) {
          const resource = registry.resource({ group, version, plural });
          if (resource !== undefined) found.set(gvkText(resource), resource);
        }
      }
    }
  }
  const sorted = [...found].sort(([a], [b]) => compareText(a, b));
  return sorted.slice(0, KINDS_MAX).map(([, resource]) => resource);
}

const gvkText = ({ group, version, names }: AnyResource): string => `${group}/${version}, Kind=${names.kind}`;

function problemsWith(
  { registry }: Client,
  { spec }: ValidatingAdmissionPolicy,
  kind: AnyResource,
  { text, hasAuthorizer }: { readonly text: string; readonly hasAuthorizer: boolean },
): string[] {
  const { paramKind, variables } = spec;
  const gv = parseApiVersion(paramKind?.apiVersion ?? "");
  const params = gv === undefined ? undefined : registry.resourceOfKind({ ...gv, kind: paramKind?.kind ?? "" });
  const types: { object: CelType; params?: CelType } = {
    object: typeOfShape(kind.shape),
    ...(params !== undefined && { params: typeOfShape(params.shape) }),
  };
  const around: Surroundings = { hasParams: paramKind !== undefined, hasAuthorizer, types };
  const compiled = compileExpression(text, { ...around, variables: variablesOf(variables, around) });
  if (!("problem" in compiled)) return [];
  return [`${gvkText(kind)}: ${compiled.problem.replace(/^compilation failed: /, "")}`];
}
