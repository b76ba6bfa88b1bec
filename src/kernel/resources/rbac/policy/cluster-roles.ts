/**
 * The cluster roles every cluster has: for people, for the parts of the control plane, for nodes and add-ons.
 *
 * Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
import type { PolicyRule } from "#kernel/api/types.gen";
import { ALL, EVENTS, paths, READ, rule, WRITE } from "#kernel/resources/rbac/policy/rule";

/** A role by name; `feeds` are the roles it is aggregated into. */
export interface RolePolicy {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly feeds?: "admin" | "edit" | "view";
}

/** Roles put together from those that feed them, each with what it feeds itself. */
export const AGGREGATED: readonly Omit<RolePolicy, "rules">[] = [
  { name: "admin" },
  { name: "edit", feeds: "admin" },
  { name: "view", feeds: "edit" },
];

const TOKEN_REVIEWS = rule("create", "authentication.k8s.io", "tokenreviews");
const ACCESS_REVIEWS = rule("create", "authorization.k8s.io", "subjectaccessreviews");

const PEOPLE: readonly RolePolicy[] = [
  { name: "cluster-admin", rules: [rule("*", "*", "*"), paths("*", "*")] },
  {
    name: "system:aggregate-to-admin",
    feeds: "admin",
    rules: [
      rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
      rule(ALL, "rbac.authorization.k8s.io", "rolebindings roles"),
    ],
  },
  {
    name: "system:aggregate-to-edit",
    feeds: "edit",
    rules: [
      rule(READ, "core", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
      rule("impersonate", "core", "serviceaccounts"),
      rule(WRITE, "core", "pods pods/attach pods/exec pods/portforward pods/proxy"),
      rule("create", "core", "pods/eviction"),
      rule(
        WRITE,
        "core",
        "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets " +
          "serviceaccounts services services/proxy",
      ),
      rule("create", "core", "serviceaccounts/token"),
      rule(
        WRITE,
        "apps",
        "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets " +
          "statefulsets/scale",
      ),
      rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
      rule(WRITE, "batch", "cronjobs jobs"),
      rule(
        WRITE,
        "extensions",
        "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets " +
          "replicasets/scale replicationcontrollers/scale",
      ),
      rule(WRITE, "policy", "poddisruptionbudgets"),
      rule(WRITE, "networking.k8s.io", "ingresses networkpolicies"),
      rule(ALL, "coordination.k8s.io", "leases"),
      rule(WRITE, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
    ],
  },
  {
    name: "system:aggregate-to-view",
    feeds: "view",
    rules: [
      rule(
        READ,
        "core",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers " +
          "replicationcontrollers/scale serviceaccounts services services/status",
      ),
      rule(
        READ,
        "core",
        "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status " +
          "resourcequotas resourcequotas/status",
      ),
      rule(READ, "core", "namespaces"),
      rule(READ, "discovery.k8s.io", "endpointslices"),
      rule(
        READ,
        "apps",
        "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status " +
          "replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
      ),
      rule(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
      rule(READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
      rule(
        READ,
        "extensions",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status " +
          "networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
      ),
      rule(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
      rule(READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
      rule(READ, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
    ],
  },
  {
    name: "system:basic-user",
    rules: [
      rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
      rule("create", "authentication.k8s.io", "selfsubjectreviews"),
    ],
  },
  {
    name: "system:discovery",
    rules: [paths("get", "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/")],
  },
  { name: "system:public-info-viewer", rules: [paths("get", "/healthz /livez /readyz /version /version/")] },
  {
    name: "system:monitoring",
    rules: [paths("get", "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*")],
  },
  {
    name: "system:service-account-issuer-discovery",
    rules: [
      paths(
        "get",
        "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
      ),
    ],
  },
];

const certificates = (name: string, verb: string, resource: string, signer = ""): RolePolicy => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [rule(verb, "certificates.k8s.io", resource, signer)],
});

const approver = (name: string): RolePolicy =>
  certificates(`${name}-approver`, "approve", "signers", `kubernetes.io/${name}`);

const ADD_ONS: readonly RolePolicy[] = [
  { name: "system:auth-delegator", rules: [TOKEN_REVIEWS, ACCESS_REVIEWS] },
  certificates("certificatesigningrequests:nodeclient", "create", "certificatesigningrequests/nodeclient"),
  certificates("certificatesigningrequests:selfnodeclient", "create", "certificatesigningrequests/selfnodeclient"),
  approver("kube-apiserver-client"),
  approver("kube-apiserver-client-kubelet"),
  approver("kubelet-serving"),
  approver("legacy-unknown"),
  {
    name: "system:heapster",
    rules: [rule(READ, "core", "events namespaces nodes pods"), rule(READ, "extensions", "deployments")],
  },
  { name: "system:kube-aggregator", rules: [rule(READ, "core", "endpoints services")] },
  { name: "system:kube-dns", rules: [rule("list watch", "core", "endpoints services")] },
  {
    name: "system:kubelet-api-admin",
    rules: [
      rule(READ, "core", "nodes"),
      rule("proxy", "core", "nodes"),
      rule("*", "core", "nodes/log nodes/metrics nodes/proxy nodes/stats"),
      rule("*", "core", "nodes/configz nodes/healthz nodes/pods"),
    ],
  },
  {
    name: "system:persistent-volume-provisioner",
    rules: [
      rule("create delete get list watch", "core", "persistentvolumes"),
      rule("get list update watch", "core", "persistentvolumeclaims"),
      rule(READ, "storage.k8s.io", "storageclasses"),
      rule("watch", "core", "events"),
      EVENTS,
    ],
  },
];

const NODES: readonly RolePolicy[] = [
  {
    name: "system:node",
    rules: [
      TOKEN_REVIEWS,
      rule("create", "authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews"),
      rule(READ, "core", "services"),
      rule("create get list watch", "core", "nodes"),
      rule("patch update", "core", "nodes/status"),
      rule("patch update", "core", "nodes"),
      rule("create patch update", "core", "events"),
      rule(READ, "core", "pods"),
      rule("create delete", "core", "pods"),
      rule("patch update", "core", "pods/status"),
      rule("create", "core", "pods/eviction"),
      rule(READ, "core", "configmaps secrets"),
      rule("get", "core", "persistentvolumeclaims persistentvolumes"),
      rule("get", "core", "endpoints"),
      rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
      rule("create delete get patch update", "coordination.k8s.io", "leases"),
      rule("get", "storage.k8s.io", "volumeattachments"),
      rule("create", "core", "serviceaccounts/token"),
      rule("get patch update", "core", "persistentvolumeclaims/status"),
      rule(READ, "storage.k8s.io", "csidrivers"),
      rule("create delete get patch update", "storage.k8s.io", "csinodes"),
      rule(READ, "node.k8s.io", "runtimeclasses"),
      rule("get", "resource.k8s.io", "resourceclaims"),
      rule("deletecollection", "resource.k8s.io", "resourceslices"),
      rule("get", "core", "serviceaccounts"),
    ],
  },
  {
    name: "system:node-bootstrapper",
    rules: [rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests")],
  },
  {
    name: "system:node-problem-detector",
    rules: [rule("get", "core", "nodes"), rule("patch", "core", "nodes/status"), EVENTS],
  },
  {
    name: "system:node-proxier",
    rules: [
      rule("list watch", "core", "endpoints services"),
      rule(READ, "core", "nodes"),
      EVENTS,
      rule("list watch", "networking.k8s.io", "servicecidrs"),
      rule("list watch", "discovery.k8s.io", "endpointslices"),
    ],
  },
];

const CONTROL_PLANE: readonly RolePolicy[] = [
  {
    name: "system:kube-controller-manager",
    rules: [
      EVENTS,
      rule("create", "coordination.k8s.io", "leases"),
      rule("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
      rule("create", "core", "secrets serviceaccounts"),
      rule("delete", "core", "secrets"),
      rule("get", "core", "configmaps namespaces secrets serviceaccounts"),
      rule("update", "core", "secrets serviceaccounts"),
      TOKEN_REVIEWS,
      ACCESS_REVIEWS,
      rule("list watch", "*", "*"),
      rule("create", "core", "serviceaccounts/token"),
    ],
  },
  {
    name: "system:kube-scheduler",
    rules: [
      EVENTS,
      rule("create", "coordination.k8s.io", "leases"),
      rule("get list update watch", "coordination.k8s.io", "leases", "kube-scheduler"),
      rule(READ, "core", "nodes"),
      rule("delete get list watch", "core", "pods"),
      rule("create", "core", "bindings pods/binding"),
      rule("patch update", "core", "pods/status"),
      rule(READ, "core", "replicationcontrollers services"),
      rule(READ, "apps extensions", "replicasets"),
      rule(READ, "apps", "statefulsets"),
      rule(READ, "policy", "poddisruptionbudgets"),
      rule(READ, "core", "persistentvolumeclaims persistentvolumes"),
      TOKEN_REVIEWS,
      ACCESS_REVIEWS,
      rule(READ, "storage.k8s.io", "csinodes"),
      rule(READ, "storage.k8s.io", "volumeattachments"),
      rule(READ, "core", "namespaces"),
      rule(READ, "storage.k8s.io", "csidrivers"),
      rule(READ, "storage.k8s.io", "csistoragecapacities"),
      rule(READ, "resource.k8s.io", "deviceclasses"),
      rule("get list patch update watch", "resource.k8s.io", "resourceclaims"),
      rule("get list patch update watch", "resource.k8s.io", "resourceclaims/status"),
      rule("get list patch update watch", "core", "pods/finalizers"),
      rule(READ, "resource.k8s.io", "resourceslices"),
      rule("patch update", "resource.k8s.io", "resourceclaims/binding"),
    ],
  },
  {
    name: "system:volume-scheduler",
    rules: [
      rule("get list patch update watch", "core", "persistentvolumes"),
      rule(READ, "storage.k8s.io", "storageclasses"),
      rule("get list patch update watch", "core", "persistentvolumeclaims"),
    ],
  },
];

/** All of them but the aggregated ones. */
export const CLUSTER_ROLE_POLICIES: readonly RolePolicy[] = [...PEOPLE, ...ADD_ONS, ...NODES, ...CONTROL_PLANE];
