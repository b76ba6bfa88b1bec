/**
 * Goal: policies in CEL refuse, warn of and change what is written, as a v1.36 API server does and says.
 * Method: policies and bindings through a registry with the whole chain; tables of refusals and their texts.
 */
import { expect, test } from "vitest";
import { ADMISSION } from "#kernel/admission/index";
import type {
  Deployment,
  MutatingAdmissionPolicySpec,
  ValidatingAdmissionPolicyBindingSpec,
  ValidatingAdmissionPolicySpec,
} from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { mutatingadmissionpolicies } from "#kernel/resources/admissionregistration/mutatingadmissionpolicy";
import { mutatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/mutatingadmissionpolicybinding";
import { validatingadmissionpolicies } from "#kernel/resources/admissionregistration/validatingadmissionpolicy";
import { validatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/validatingadmissionpolicybinding";
import { deployments } from "#kernel/resources/apps/deployment";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { RESOURCES } from "#kernel/resources/index";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

function newClient(): Client {
  const parts = { store: new Store(), entropy: Entropy.seeded(3), resources: RESOURCES, admission: ADMISSION };
  const client = new Registry({ ...parts, now: () => 0 }).as(CLUSTER_ADMIN, "test");
  for (const [name, labels] of [
    ["default", {}],
    ["staging", { environment: "staging" }],
  ] as const) {
    client.create(namespaces, { metadata: { name, labels }, spec: {} });
  }
  return client;
}

const deployment = (replicas: number, namespace = "default", image = "nginx"): Draft<Deployment> => ({
  metadata: { name: "web", namespace, labels: { app: "web" } },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } } as never, spec: { containers: [{ name: "c", image }] } },
  },
});

const constraints = (over: object = {}) => ({
  resourceRules: [
    { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["deployments"], ...over },
  ],
});

function policy(client: Client, spec: ValidatingAdmissionPolicySpec, name = "limit"): void {
  client.create(validatingadmissionpolicies, {
    metadata: { name },
    spec: { matchConstraints: constraints(), ...spec },
  });
}

function bind(client: Client, spec: Partial<ValidatingAdmissionPolicyBindingSpec> = {}, policyName = "limit"): void {
  const metadata = { name: `${policyName}-binding` };
  client.create(validatingadmissionpolicybindings, {
    metadata,
    spec: { policyName, validationActions: ["Deny"], ...spec },
  });
}

function mutate(client: Client, spec: MutatingAdmissionPolicySpec, name = "change"): void {
  const whole = { matchConstraints: constraints(), reinvocationPolicy: "Never", ...spec };
  client.create(mutatingadmissionpolicies, { metadata: { name }, spec: whole });
  client.create(mutatingadmissionpolicybindings, { metadata: { name }, spec: { policyName: name } });
}

function refused(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
  throw new Error("it was admitted");
}

test("a violated expression refuses with upstream's Status", () => {
  const client = newClient();
  policy(client, { validations: [{ expression: "object.spec.replicas <= 5" }] });
  bind(client);
  client.create(deployments, deployment(5));
  const { status } = refused(() => client.create(deployments, deployment(6, "staging")));
  const message =
    "ValidatingAdmissionPolicy 'limit' with binding 'limit-binding' denied request: failed expression: object.spec.replicas <= 5";
  expect(status).toMatchObject({
    code: 422,
    reason: "Invalid",
    message: `deployments.apps "web" is forbidden: ${message}`,
  });
  expect(status.details?.causes).toEqual([{ message }]);
});

test.each<readonly [string, ValidatingAdmissionPolicySpec, string | undefined]>([
  [
    "a message that is computed",
    {
      variables: [{ name: "max", expression: "3" }],
      validations: [
        {
          expression: "object.spec.replicas <= variables.max",
          messageExpression: "'at most ' + string(variables.max)",
        },
      ],
    },
    "at most 3",
  ],
  [
    "a message that stands, and a reason",
    { validations: [{ expression: "object.spec.replicas <= 3", message: "too many", reason: "Forbidden" }] },
    "too many",
  ],
  [
    "an error",
    { validations: [{ expression: "object.spec.nothing == 1" }] },
    "expression 'object.spec.nothing == 1' resulted in error: no such key: nothing",
  ],
  [
    "an error that is ignored",
    { failurePolicy: "Ignore", validations: [{ expression: "object.nothing == 1" }] },
    undefined,
  ],
  [
    "a condition that does not hold",
    {
      matchConditions: [{ name: "not-mine", expression: "request.userInfo.username != 'kubernetes-admin'" }],
      validations: [{ expression: "false" }],
    },
    undefined,
  ],
  [
    "what the authorizer says",
    {
      validations: [
        { expression: "!authorizer.group('').resource('pods').namespace('default').check('create').allowed()" },
      ],
    },
    "failed expression: !authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
  ],
  [
    "another version of the rule",
    { matchConstraints: constraints({ apiVersions: ["v1beta1"] }), validations: [{ expression: "false" }] },
    undefined,
  ],
  [
    "an excluded resource",
    {
      matchConstraints: { ...constraints({ resources: ["*"] }), excludeResourceRules: constraints().resourceRules },
      validations: [{ expression: "false" }],
    },
    undefined,
  ],
])("a policy sees %s", (_what, spec, message) => {
  const client = newClient();
  policy(client, spec);
  bind(client);
  const act = (): unknown => client.create(deployments, deployment(6));
  if (message === undefined) act();
  else expect(refused(act).message).toContain(`denied request: ${message}`);
});

test("a binding narrows a policy to namespaces and may only warn", () => {
  const client = newClient();
  policy(client, { validations: [{ expression: "object.spec.replicas < 3", message: "no" }] });
  const matchResources = { namespaceSelector: { matchLabels: { environment: "staging" } } };
  bind(client, { matchResources, validationActions: ["Warn", "Audit"] });
  client.create(deployments, deployment(6));
  expect(client.takeWarnings()).toEqual([]);
  client.create(deployments, deployment(6, "staging"));
  expect(client.takeWarnings()).toEqual([
    "Validation failed for ValidatingAdmissionPolicy 'limit' with binding 'limit-binding': no",
  ]);
});

test("parameters come by name or by label, and their absence is decided by the binding", () => {
  const client = newClient();
  policy(client, {
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    validations: [{ expression: "object.spec.replicas <= int(params.data.max)" }],
  });
  bind(client, { paramRef: { name: "limits", parameterNotFoundAction: "Deny" } });
  expect(refused(() => client.create(deployments, deployment(1))).message).toContain(
    "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
  );
  client.create(configmaps, { metadata: { name: "limits", namespace: "default" }, data: { max: "2" } });
  client.create(deployments, deployment(2));
  client.create(validatingadmissionpolicybindings, {
    metadata: { name: "by-label" },
    spec: {
      policyName: "limit",
      validationActions: ["Deny"],
      paramRef: { namespace: "default", selector: { matchLabels: { a: "b" } }, parameterNotFoundAction: "Allow" },
    },
  });
  const labelled = { name: "more", namespace: "default", labels: { a: "b" } };
  client.create(configmaps, { metadata: labelled, data: { max: "1" } });
  const metadata = { ...deployment(2).metadata, name: "other" };
  expect(refused(() => client.create(deployments, { ...deployment(2), metadata })).message).toContain("'by-label'");
});

test("a namespace's labels decide over images, as the documentation's example has it", () => {
  const client = newClient();
  policy(client, {
    variables: [
      {
        name: "environment",
        expression:
          "'environment' in namespaceObject.metadata.labels ? namespaceObject.metadata.labels['environment'] : 'prod'",
      },
      { name: "containers", expression: "object.spec.template.spec.containers" },
      { name: "checked", expression: "variables.containers.filter(c, c.image.contains('example.com/'))" },
    ],
    validations: [
      {
        expression: "variables.checked.all(c, c.image.startsWith(variables.environment + '.'))",
        messageExpression:
          "'only ' + variables.environment + ' images are allowed in namespace ' + namespaceObject.metadata.name",
      },
    ],
  });
  bind(client);
  client.create(deployments, deployment(1, "staging", "staging.example.com/x"));
  expect(
    refused(() => client.create(deployments, deployment(1, "default", "staging.example.com/x"))).message,
  ).toContain("denied request: only prod images are allowed in namespace default");
});

test("a mutation merges a configuration, or applies a patch, and is defaulted", () => {
  const client = newClient();
  mutate(client, {
    mutations: [
      {
        patchType: "ApplyConfiguration",
        applyConfiguration: {
          expression:
            "Object{metadata: Object.metadata{labels: {'added': 'yes'}}, spec: Object.spec{template: Object.spec.template{" +
            "spec: Object.spec.template.spec{initContainers: [Object.spec.template.spec.initContainers{name: 'mesh', image: 'proxy'}]}}}}",
        },
      },
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression:
            "[JSONPatch{op: 'test', path: '/spec/replicas', value: 1}, " +
            "JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('example.com/x'), value: object.metadata.labels.added}]",
        },
      },
    ],
  });
  const made = client.create(deployments, deployment(1));
  expect(made.metadata.labels).toEqual({ app: "web", added: "yes", "example.com/x": "yes" });
  expect(made.spec.template.spec?.initContainers?.[0]).toMatchObject({ name: "mesh", imagePullPolicy: "Always" });
  expect(made.spec.template.spec?.containers[0]?.name).toBe("c");
  expect(refused(() => client.create(deployments, deployment(2, "staging"))).message).toContain(
    "policy 'change' with binding 'change' denied request: ",
  );
});

test.each<readonly [string, ValidatingAdmissionPolicySpec, string]>([
  [
    "an expression that does not compile",
    { validations: [{ expression: "object.spec.replicas <= nothing" }] },
    'spec.validations[0].expression: Invalid value: "object.spec.replicas <= nothing": compilation failed: ERROR: ' +
      "<input>:1:25: undeclared reference to 'nothing' (in container '')\n | object.spec.replicas <= nothing\n | ........................^",
  ],
  [
    "an expression that is no condition",
    { validations: [{ expression: "1 + 1" }] },
    'spec.validations[0].expression: Invalid value: "1 + 1": must evaluate to bool',
  ],
  [
    "no rule",
    { matchConstraints: {}, validations: [{ expression: "true" }] },
    "spec.matchConstraints.resourceRules: Required value",
  ],
  ["params without a kind", { validations: [{ expression: "params == null" }] }, "undeclared reference to 'params'"],
])("a policy with %s is refused", (_what, spec, message) => {
  expect(refused(() => policy(newClient(), spec)).message).toContain(message);
});
