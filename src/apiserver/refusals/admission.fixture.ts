/**
 * Refused webhooks, admission policies and their bindings.
 */
import { manifest, type Row } from "#apiserver/refusals/rows.fixture";

const kindOf = (kind: string, body: object) =>
  manifest("admissionregistration.k8s.io/v1", kind, body as Record<string, unknown>);

const sound = {
  name: "a.example.com",
  clientConfig: { url: "https://example.com" },
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
};
const webhook = (more: object) => kindOf("ValidatingWebhookConfiguration", { webhooks: [{ ...sound, ...more }] });

const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] };
const policy = (spec: object) =>
  kindOf("ValidatingAdmissionPolicy", {
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "true" }], ...spec },
  });
const mutation = (spec: object) =>
  kindOf("MutatingAdmissionPolicy", {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      mutations: [{ patchType: "ApplyConfiguration", applyConfiguration: { expression: "Object{}" } }],
      reinvocationPolicy: "Never",
      ...spec,
    },
  });
const binding = (spec: object) => kindOf("ValidatingAdmissionPolicyBinding", { spec });

// ValidateValidatingWebhookConfiguration, ValidateValidatingAdmissionPolicy, its binding's and
// ValidateMutatingAdmissionPolicy of pkg/apis/admissionregistration/validation.
// That reinvocationPolicy has no default: a server of v1.36.4.
export const ADMISSION: readonly Row[] = [
  [webhook({}), "accepted"],
  [policy({}), "accepted"],
  [mutation({}), "accepted"],
  [
    webhook({ name: "a" }),
    'webhooks[0].name: Invalid value: "a": should be a domain with at least three segments separated by dots',
  ],
  [
    webhook({ sideEffects: "Some" }),
    'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
  ],
  [
    webhook({ sideEffects: undefined }),
    "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
  ],
  [
    webhook({ admissionReviewVersions: [] }),
    "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1",
  ],
  [
    webhook({ admissionReviewVersions: ["v9"] }),
    'webhooks[0].admissionReviewVersions: Invalid value: ["v9"]: must include at least one of v1, v1beta1',
  ],
  [
    webhook({ clientConfig: {} }),
    "webhooks[0].clientConfig: Required value: exactly one of url or service is required",
  ],
  [
    webhook({ clientConfig: { url: "http://example.com" } }),
    `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
  ],
  [
    webhook({ timeoutSeconds: 31 }),
    "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
  ],
  [
    webhook({ failurePolicy: "Odd" }),
    'webhooks[0].failurePolicy: Unsupported value: "Odd": supported values: "Fail", "Ignore"',
  ],
  [
    webhook({ matchPolicy: "Odd" }),
    'webhooks[0].matchPolicy: Unsupported value: "Odd": supported values: "Equivalent", "Exact"',
  ],
  [webhook({ rules: [{ ...rule, operations: [] }] }), "webhooks[0].rules[0].operations: Required value"],
  [
    webhook({ rules: [{ ...rule, operations: ["GET"] }] }),
    'webhooks[0].rules[0].operations[0]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
  ],
  [
    webhook({ rules: [{ ...rule, apiGroups: ["*", "apps"] }] }),
    `webhooks[0].rules[0].apiGroups: Invalid value: ["*","apps"]: if '*' is present, must not specify other API groups`,
  ],
  [
    webhook({ matchConditions: [{ name: "", expression: "true" }] }),
    "webhooks[0].matchConditions[0].name: Required value",
  ],
  [
    policy({ validations: [] }),
    "[spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]",
  ],
  [
    policy({ validations: [{ expression: "" }] }),
    "spec.validations[0].expression: Required value: expression is not specified",
  ],
  [
    policy({ validations: [{ expression: "true", reason: "Odd" }] }),
    'spec.validations[0].reason: Unsupported value: "Odd": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
  ],
  [
    policy({ failurePolicy: "Odd" }),
    'spec.failurePolicy: Unsupported value: "Odd": supported values: "Fail", "Ignore"',
  ],
  [policy({ matchConstraints: undefined }), "spec.matchConstraints: Required value"],
  [policy({ matchConstraints: { resourceRules: [] } }), "spec.matchConstraints.resourceRules: Required value"],
  [policy({ paramKind: { apiVersion: "v1" } }), "spec.paramKind.kind: Required value"],
  [
    policy({ variables: [{ name: "1", expression: "1" }] }),
    'spec.variables[0].name: Invalid value: "1": name is not a valid CEL identifier',
  ],
  [binding({ policyName: "", validationActions: ["Deny"] }), "spec.policyName: Required value"],
  [
    binding({ policyName: "a", validationActions: [] }),
    "spec.validationActions: Required value: at least one validation action is required",
  ],
  [
    binding({ policyName: "a", validationActions: ["Odd"] }),
    'spec.validationActions[0]: Unsupported value: "Odd": supported values: "Audit", "Deny", "Warn"',
  ],
  [
    binding({ policyName: "a", validationActions: ["Deny", "Warn"] }),
    'spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ],
  [
    binding({ policyName: "a", validationActions: ["Deny", "Deny"] }),
    'spec.validationActions[1]: Duplicate value: "Deny"',
  ],
  [
    binding({ policyName: "a", validationActions: ["Deny"], paramRef: { parameterNotFoundAction: "Allow" } }),
    "spec.paramRef: Required value: one of name or selector must be specified",
  ],
  [
    binding({ policyName: "a", validationActions: ["Deny"], paramRef: { name: "p" } }),
    "spec.paramRef.parameterNotFoundAction: Required value",
  ],
  [mutation({ reinvocationPolicy: undefined }), "spec.reinvocationPolicy: Required value"],
  [
    mutation({ reinvocationPolicy: "Odd" }),
    'spec.reinvocationPolicy: Unsupported value: "Odd": supported values: "IfNeeded", "Never"',
  ],
  [mutation({ mutations: [] }), "spec.mutations: Required value: mutations must contain at least one item"],
  [
    mutation({ mutations: [{ patchType: "Odd" }] }),
    'spec.mutations[0].patchType: Unsupported value: "Odd": supported values: "ApplyConfiguration", "JSONPatch"',
  ],
  [
    mutation({ mutations: [{ patchType: "JSONPatch" }] }),
    "spec.mutations[0].jsonPatch.expression: Required value: must be specified when patchType is JSONPatch",
  ],
];
