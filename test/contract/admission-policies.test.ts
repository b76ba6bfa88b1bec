/**
 * Goal: admission policies work with kubectl as the documentation and upstream's tests use them.
 * Method: kubectl 1.35 against a bare control plane: policies with bindings, parameters and custom resources.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { applied, apply, REGISTRATION, rule } from "#test/support/admission";
import { newCluster, type TestCluster } from "#test/support/cluster";

describe("policies", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await newCluster({ nodes: 0 });
  });

  const policy = (name: string, spec: object) => ({
    ...{ apiVersion: REGISTRATION, kind: "ValidatingAdmissionPolicy", metadata: { name }, spec },
  });
  const binding = (name: string, spec: object = {}) => ({
    ...{ apiVersion: REGISTRATION, kind: "ValidatingAdmissionPolicyBinding", metadata: { name } },
    spec: { policyName: name, validationActions: ["Deny"], ...spec },
  });

  test("a policy refuses a deployment, and its row says what it is", async () => {
    await applied(
      cluster,
      policy("demo-policy.example.com", {
        matchConstraints: { resourceRules: [rule(["deployments"], ["CREATE", "UPDATE"], ["apps"])] },
        validations: [{ expression: "object.spec.replicas <= 5" }],
      }),
      binding("demo-policy.example.com"),
    );
    const { stderr } = await cluster.kubectl(["create", "deployment", "web", "--image=nginx", "--replicas=6"]);
    const why =
      "ValidatingAdmissionPolicy 'demo-policy.example.com' with binding 'demo-policy.example.com' denied request: " +
      "failed expression: object.spec.replicas <= 5";
    expect(stderr).toBe(`error: failed to create deployment: deployments.apps "web" is forbidden: ${why}\n`);
    expect(await cluster.kubectlOk(["get", "validatingadmissionpolicies"])).toMatch(
      /NAME +VALIDATIONS +PARAMKIND +AGE\ndemo-policy.example.com +1 +<unset> /,
    );
    expect(await cluster.kubectlOk(["get", "validatingadmissionpolicybindings"])).toMatch(
      /NAME +POLICYNAME +PARAMREF +AGE\ndemo-policy.example.com +demo-policy.example.com +<unset> /,
    );
  });

  test("expressions are checked against the kinds they are about", async () => {
    await applied(
      cluster,
      policy("replica-policy.example.com", {
        matchConstraints: { resourceRules: [rule(["deployments", "replicasets"], ["CREATE", "UPDATE"], ["apps"])] },
        validations: [{ expression: "object.replicas > 1", message: "must be replicated", reason: "Invalid" }],
      }),
    );
    const path = "jsonpath={.status.typeChecking.expressionWarnings[0]}";
    const warning = await cluster.kubectlOk([
      "get",
      "validatingadmissionpolicy",
      "replica-policy.example.com",
      "-o",
      path,
    ]);
    const said = "ERROR: <input>:1:7: undefined field 'replicas'\n | object.replicas > 1\n | ......^";
    expect(JSON.parse(warning)).toEqual({
      fieldRef: "spec.validations[0].expression",
      warning: `apps/v1, Kind=Deployment: ${said}\napps/v1, Kind=ReplicaSet: ${said}`,
    });
  });

  test("a binding may warn, and a policy mutate", async () => {
    await applied(
      cluster,
      policy("warn.example.com", {
        matchConstraints: { resourceRules: [rule(["configmaps"])] },
        validations: [{ expression: "has(object.data)", message: "no data" }],
      }),
      binding("warn.example.com", { validationActions: ["Warn", "Audit"] }),
      {
        ...{ apiVersion: REGISTRATION, kind: "MutatingAdmissionPolicy", metadata: { name: "label.example.com" } },
        spec: {
          matchConstraints: { resourceRules: [rule(["configmaps"], ["CREATE"])] },
          reinvocationPolicy: "Never",
          mutations: [
            {
              patchType: "ApplyConfiguration",
              applyConfiguration: {
                expression: "Object{metadata: Object.metadata{labels: {'by': request.userInfo.username}}}",
              },
            },
          ],
        },
      },
      {
        ...{
          apiVersion: REGISTRATION,
          kind: "MutatingAdmissionPolicyBinding",
          metadata: { name: "label.example.com" },
        },
        spec: { policyName: "label.example.com" },
      },
    );
    const { stdout, stderr } = await cluster.kubectl(["create", "configmap", "empty"]);
    expect(stdout).toBe("configmap/empty created\n");
    expect(stderr).toBe(
      "Warning: Validation failed for ValidatingAdmissionPolicy 'warn.example.com' with binding 'warn.example.com': no data\n",
    );
    expect(await cluster.kubectlOk(["get", "configmap", "empty", "--show-labels"])).toContain("by=kubernetes-admin");
  });

  test("parameters may be custom resources, and custom resources are policed too", async () => {
    const replicas = { type: "object", properties: { maxReplicas: { type: "integer" } } };
    await applied(cluster, {
      ...{ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
      metadata: { name: "replicalimits.rules.example.com" },
      spec: {
        ...{ group: "rules.example.com", scope: "Namespaced" },
        names: { kind: "ReplicaLimit", plural: "replicalimits", singular: "replicalimit" },
        versions: [
          {
            ...{ name: "v1", served: true, storage: true },
            schema: {
              openAPIV3Schema: { type: "object", properties: { maxReplicas: { type: "integer" }, spec: replicas } },
            },
          },
        ],
      },
    });
    await applied(
      cluster,
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "limited", labels: { environment: "test" } } },
      {
        ...{ apiVersion: "rules.example.com/v1", kind: "ReplicaLimit" },
        ...{ metadata: { name: "replica-limit-test.example.com", namespace: "default" }, maxReplicas: 3 },
      },
      policy("replicalimit-policy.example.com", {
        paramKind: { apiVersion: "rules.example.com/v1", kind: "ReplicaLimit" },
        matchConstraints: { resourceRules: [rule(["deployments"], ["CREATE", "UPDATE"], ["apps"])] },
        validations: [{ expression: "object.spec.replicas <= params.maxReplicas", reason: "Invalid" }],
      }),
      binding("replicalimit-policy.example.com", {
        paramRef: { name: "replica-limit-test.example.com", namespace: "default", parameterNotFoundAction: "Deny" },
        matchResources: { namespaceSelector: { matchLabels: { environment: "test" } } },
      }),
      policy("limits-of-limits.example.com", {
        matchConstraints: { resourceRules: [rule(["replicalimits"], ["*"], ["rules.example.com"])] },
        validations: [
          { expression: "request.operation != 'DELETE' || oldObject.maxReplicas < 5", message: "too high to go" },
          { expression: "request.operation == 'DELETE' || object.maxReplicas < 9", message: "too high" },
        ],
      }),
      binding("limits-of-limits.example.com"),
    );
    const create = (...more: string[]) => cluster.kubectl(["create", "deployment", "x", "--image=nginx", ...more]);
    expect((await create("-n", "limited", "--replicas=4")).stderr).toContain(
      "object.spec.replicas <= params.maxReplicas",
    );
    expect((await create("-n", "limited", "--replicas=3")).code).toBe(0);
    const patch = (max: number) =>
      cluster.kubectl([
        "patch",
        "replicalimit",
        "replica-limit-test.example.com",
        "--type=merge",
        "-p",
        `{"maxReplicas":${max}}`,
      ]);
    expect((await patch(9)).stderr).toContain("denied request: too high");
    expect((await patch(6)).code).toBe(0);
    expect((await cluster.kubectl(["delete", "replicalimit", "--all"])).stderr).toContain(
      "denied request: too high to go",
    );
  });

  test("an expression that cannot be compiled is refused with its place", async () => {
    const wrong = policy("wrong.example.com", {
      matchConstraints: { resourceRules: [rule(["configmaps"])] },
      validations: [{ expression: "object.data.x = 1" }],
    });
    const { stderr } = await apply(cluster, wrong);
    expect(stderr).toContain(
      'spec.validations[0].expression: Invalid value: "object.data.x = 1": compilation failed: ERROR: <input>:1:15: Syntax error:',
    );
  });
});
