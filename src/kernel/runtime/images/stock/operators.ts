/**
 * Operators, autoscalers and policy engines.
 *
 * Leaves out their work, as addon.ts says.
 */
import { type Addon, addon, klogLine } from "#kernel/runtime/images/stock/addon";
import { front, isoDate, sendsTo, stocked } from "#kernel/runtime/images/stock/stock";

const OPERATORS: readonly Addon[] = [
  {
    repositories: [
      "registry.k8s.io/autoscaling/cluster-autoscaler",
      "registry.k8s.io/autoscaling/vpa-recommender",
      "registry.k8s.io/autoscaling/vpa-updater",
      "registry.k8s.io/autoscaling/vpa-admission-controller",
    ],
    programs: {
      "/cluster-autoscaler": [8085],
      "/recommender": [8942],
      "/updater": [8943],
      "/admission-controller": [8000, 8944],
    },
    answers: { "/health-check": "ok" },
    hasWebhook: true,
  },
  {
    repositories: [
      "ghcr.io/kedacore/keda",
      "ghcr.io/kedacore/keda-metrics-apiserver",
      "ghcr.io/kedacore/keda-admission-webhooks",
    ],
    programs: { "/keda": [8080, 8081, 9666], "/keda-adapter": [6443, 8080], "/keda-admission-webhooks": [9443, 8081] },
    style: "zap",
    hasWebhook: true,
  },
  {
    repositories: [
      "registry.k8s.io/cpa/cluster-proportional-autoscaler",
      "registry.k8s.io/cluster-proportional-autoscaler-amd64",
      "k8s.gcr.io/cpa/cluster-proportional-autoscaler",
    ],
    programs: { "/cluster-proportional-autoscaler": [] },
    user: 65_534,
    style: (task) => klogLine(task, "autoscaler.go:49", "Scaling Namespace: kube-system"),
  },
  {
    repositories: ["registry.k8s.io/kas-network-proxy/proxy-agent", "registry.k8s.io/kas-network-proxy/proxy-server"],
    programs: { "/proxy-agent": [8093, 8094], "/proxy-server": [8090, 8091, 8092] },
    user: 65_532,
  },
  {
    repositories: [
      "registry.k8s.io/node-problem-detector/node-problem-detector",
      "registry.k8s.io/node-problem-detector",
      "k8s.gcr.io/node-problem-detector/node-problem-detector",
    ],
    programs: { "/node-problem-detector": [20_256, 20_257] },
    flavor: "gnu",
  },
  {
    repositories: ["registry.k8s.io/event-exporter", "registry.k8s.io/prometheus-to-sd"],
    programs: { "/event-exporter": [] },
  },
  { repositories: ["registry.k8s.io/descheduler/descheduler"], programs: { "/bin/descheduler": [10_258] }, user: 1000 },
  {
    repositories: [
      "registry.k8s.io/sig-storage/volume-data-source-validator",
      "registry.k8s.io/nfd/node-feature-discovery",
    ],
    programs: { "/volume-data-source-validator": [], "/nfd-master": [8080, 8081], "/nfd-worker": [8080, 8082] },
  },
  {
    repositories: [
      "docker.io/bitnami/sealed-secrets-controller",
      "ghcr.io/bitnami-labs/sealed-secrets-controller",
      "quay.io/bitnami/sealed-secrets-controller",
    ],
    programs: { "/usr/local/bin/controller": [8080, 8081] },
    user: 1001,
  },
  {
    repositories: [
      "ghcr.io/external-secrets/external-secrets",
      "oci.external-secrets.io/external-secrets/external-secrets",
    ],
    programs: { "/bin/external-secrets": [8080, 8081, 8082, 10_250] },
    style: "zap",
    hasWebhook: true,
  },
  {
    repositories: ["docker.io/openpolicyagent/gatekeeper", "docker.io/openpolicyagent/opa"],
    programs: { "/manager": [8443, 8888, 9090], "/opa": [8181] },
    style: "zap",
    hasWebhook: true,
  },
  {
    repositories: [
      "ghcr.io/kyverno/kyverno",
      "reg.kyverno.io/kyverno/kyverno",
      "reg.kyverno.io/kyverno/background-controller",
      "reg.kyverno.io/kyverno/cleanup-controller",
      "reg.kyverno.io/kyverno/reports-controller",
      "ghcr.io/kyverno/background-controller",
    ],
    programs: { "/ko-app/kyverno": [9443, 8000] },
    style: "zap",
    hasWebhook: true,
    answers: { "/health/liveness": "", "/health/readiness": "" },
  },
  {
    repositories: ["ghcr.io/kyverno/kyvernopre", "reg.kyverno.io/kyverno/kyvernopre"],
    programs: { "/ko-app/kyverno-init": [] },
    isTask: true,
  },
  {
    repositories: [
      "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/controller",
      "ghcr.io/tektoncd/pipeline/controller",
      "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/events",
      "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/resolvers",
    ],
    programs: { "/ko-app/controller": [9090, 8080, 8008] },
    style: "zap",
    user: 65_532,
    answers: { "/health": "", "/readiness": "" },
  },
  {
    repositories: [
      "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/webhook",
      "ghcr.io/tektoncd/pipeline/webhook",
    ],
    programs: { "/ko-app/webhook": [9090, 8080, 8443, 8008] },
    style: "zap",
    user: 65_532,
    hasWebhook: true,
  },
  {
    repositories: [
      "gcr.io/knative-releases/knative.dev/serving/cmd/controller",
      "gcr.io/knative-releases/knative.dev/serving/cmd/autoscaler",
      "gcr.io/knative-releases/knative.dev/serving/cmd/activator",
      "gcr.io/knative-releases/knative.dev/serving/cmd/webhook",
      "gcr.io/knative-releases/knative.dev/eventing/cmd/controller",
    ],
    programs: { "/ko-app/controller": [9090, 8008, 8080, 8443] },
    style: "zap",
    user: 65_532,
    hasWebhook: true,
    answers: { "/": "", "/health": "", "/readiness": "" },
  },
  {
    repositories: ["quay.io/strimzi/operator"],
    programs: { "/opt/strimzi/bin/cluster_operator_run.sh": [8080] },
    flavor: "gnu",
    megabytes: 250,
    takes: [210, 4, 1],
    user: 1001,
    answers: { "/healthy": "", "/ready": "" },
  },
  {
    repositories: ["registry.opensource.zalan.do/acid/postgres-operator", "ghcr.io/zalando/postgres-operator"],
    programs: { "/postgres-operator": [8080] },
    flavor: "busybox",
    style: (task) => `time="${isoDate(task)}" level=info msg="Spilo operator"\n`,
  },
  {
    repositories: ["ghcr.io/cloudnative-pg/cloudnative-pg"],
    programs: { "/manager": [8080, 9443] },
    style: "zap",
    user: 10_001,
    hasWebhook: true,
  },
  {
    repositories: [
      "docker.io/rabbitmqoperator/cluster-operator",
      "docker.io/bitnami/rabbitmq-cluster-operator",
      "docker.io/rabbitmqoperator/messaging-topology-operator",
    ],
    programs: { "/manager": [9782, 9443] },
    style: "zap",
    user: 1000,
    hasWebhook: true,
  },
  {
    repositories: ["docker.elastic.co/eck/eck-operator"],
    programs: { "/elastic-operator": [9443, 8080] },
    entrypoint: ["/elastic-operator"],
    cmd: ["manager"],
    user: 101,
    hasWebhook: true,
  },
  {
    repositories: [
      "docker.io/percona/percona-server-mongodb-operator",
      "docker.io/percona/percona-xtradb-cluster-operator",
      "docker.io/percona/percona-postgresql-operator",
      "quay.io/mongodb/mongodb-kubernetes-operator",
      "quay.io/opstree/redis-operator",
      "docker.io/altinity/clickhouse-operator",
      "docker.io/mysql/mysql-operator",
      "quay.io/operator-framework/olm",
      "quay.io/minio/operator",
    ],
    programs: { "/manager": [8080, 8081, 9443] },
    style: "zap",
    hasWebhook: true,
  },
  {
    repositories: [
      "docker.io/stakater/reloader",
      "ghcr.io/stakater/reloader",
      "ghcr.io/emberstack/kubernetes-reflector",
      "docker.io/emberstack/kubernetes-reflector",
    ],
    programs: { "/manager": [9090] },
    answers: { "/live": "Health is good" },
  },
  {
    repositories: [
      "docker.io/weaveworks/scope",
      "docker.io/weaveworks/weave-kube",
      "docker.io/weaveworks/weave-npc",
      "docker.io/rancher/klipper-lb",
      "docker.io/rancher/klipper-helm",
      "docker.io/cloudnativelabs/kube-router",
    ],
    programs: { "/home/weave/launch.sh": [] },
    flavor: "busybox",
    tools: ["+bash"],
  },
  {
    repositories: [
      "registry.k8s.io/git-sync/git-sync",
      "k8s.gcr.io/git-sync/git-sync",
      "registry.k8s.io/git-sync",
      "k8s.gcr.io/git-sync",
    ],
    programs: { "/git-sync": [] },
    user: 65_533,
    flavor: "busybox",
  },
  {
    repositories: ["quay.io/k8tz/k8tz", "ghcr.io/headlamp-k8s/headlamp"],
    programs: { "/headlamp/headlamp-server": [4466] },
    answers: { "/": front("Headlamp"), "/index.html": sendsTo("/") },
  },
];

export const operators = stocked(OPERATORS.map(addon));
