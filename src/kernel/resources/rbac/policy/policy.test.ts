/**
 * Goal: the default roles stay what they were compared to.
 * Method: a short digest of each role's rules, in their order. They were read rule by rule against upstream's
 * plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata: the controllers' against controller-roles-featuregates.yaml
 * of v1.36, less what needs a feature that is off; the others against cluster-roles-featuregates.yaml.
 */
import { expect, test } from "vitest";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import { CLUSTER_ROLE_POLICIES } from "#kernel/resources/rbac/policy/cluster-roles";
import { CONTROLLER_POLICIES } from "#kernel/resources/rbac/policy/controllers";

const digest = (rules: unknown): string =>
  [...sha256(new TextEncoder().encode(JSON.stringify(rules))).slice(0, 4)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

const lines = (roles: readonly (readonly [string, unknown])[]): string[] =>
  roles.map(([name, rules]) => `${name} ${digest(rules)}`).sort();

test("controllers' roles", () => {
  expect(lines(Object.entries(CONTROLLER_POLICIES))).toMatchInlineSnapshot(`
    [
      "attachdetach-controller 8077843b",
      "certificate-controller 8883d2a9",
      "clusterrole-aggregation-controller d4bdd4ea",
      "cronjob-controller 7469f9b6",
      "daemon-set-controller 85d12ef2",
      "deployment-controller e3563f5b",
      "device-taint-eviction-controller ab22209c",
      "disruption-controller 0c6f7680",
      "endpoint-controller 6b8a224f",
      "endpointslice-controller 6d7c6051",
      "endpointslicemirroring-controller dc5a41c1",
      "ephemeral-volume-controller 5db0a18e",
      "expand-controller c7e41800",
      "generic-garbage-collector bc3d46b4",
      "horizontal-pod-autoscaler fcaf6d1d",
      "job-controller bd3b1fa8",
      "legacy-service-account-token-cleaner 1a0f08cb",
      "namespace-controller e8545774",
      "node-controller 795096d7",
      "persistent-volume-binder fb1f3999",
      "pod-garbage-collector 04a61ca2",
      "pv-protection-controller 861c6ec6",
      "pvc-protection-controller 9f1dcb33",
      "replicaset-controller 692b696e",
      "replication-controller 0263ad2c",
      "resource-claim-controller f887d922",
      "resourcequota-controller 139ca5f5",
      "root-ca-cert-publisher 451bf9e4",
      "route-controller 50864e38",
      "selinux-warning-controller 68827926",
      "service-account-controller 16ca74ec",
      "service-cidrs-controller 197313dc",
      "service-controller ca53929d",
      "statefulset-controller 6e05c12e",
      "ttl-after-finished-controller 7b5c0b8f",
      "ttl-controller eeb7e55a",
      "validatingadmissionpolicy-status-controller e3a20bde",
      "volumeattributesclass-protection-controller c0177a82",
    ]
  `);
});

test("cluster roles", () => {
  expect(lines(CLUSTER_ROLE_POLICIES.map(({ name, rules }) => [name, rules]))).toMatchInlineSnapshot(`
    [
      "cluster-admin bb697b66",
      "system:aggregate-to-admin 07c99638",
      "system:aggregate-to-edit 2992c356",
      "system:aggregate-to-view 9bab9a0b",
      "system:auth-delegator 26c3e8d0",
      "system:basic-user 9b4e82c6",
      "system:certificates.k8s.io:certificatesigningrequests:nodeclient 7f0e435e",
      "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient e3f1c95c",
      "system:certificates.k8s.io:kube-apiserver-client-approver 533969bc",
      "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver 17d53492",
      "system:certificates.k8s.io:kubelet-serving-approver 91091883",
      "system:certificates.k8s.io:legacy-unknown-approver 8ca9eb19",
      "system:discovery f2ae0093",
      "system:heapster 81ca5cad",
      "system:kube-aggregator be69513b",
      "system:kube-controller-manager 877a2b1a",
      "system:kube-dns 093715b9",
      "system:kube-scheduler 4db28cb9",
      "system:kubelet-api-admin 1e65ffbb",
      "system:monitoring 30cbc5de",
      "system:node a9081f8b",
      "system:node-bootstrapper 48b1eed6",
      "system:node-problem-detector 2f32b22e",
      "system:node-proxier 8c81a019",
      "system:persistent-volume-provisioner 9f335c72",
      "system:public-info-viewer cbd7e343",
      "system:service-account-issuer-discovery 61c8fbd2",
      "system:volume-scheduler a06170e4",
    ]
  `);
});
