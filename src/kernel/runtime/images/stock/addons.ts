/**
 * What people install into a cluster: certificates, delivery from Git, meshes, networks, storage, monitoring.
 *
 * Leaves out their work, as addon.ts says.
 */
import { type Addon, addon, klogLine } from "#kernel/runtime/images/stock/addon";
import { ARGO, argo } from "#kernel/runtime/images/stock/argocd";
import { isoDate, type StockProgram, stocked } from "#kernel/runtime/images/stock/stock";
import { injectAuthorities, keepAuthority } from "#kernel/runtime/images/stock/webhook-certificates";
import type { Task } from "#kernel/runtime/process/task";

const secure: StockProgram["ports"] = [{ port: 10_250, flag: "secure-port" }];

const certManager = (part: string, ports: StockProgram["ports"], more: Partial<Addon> = {}): Addon => ({
  repositories: [`quay.io/jetstack/cert-manager-${part}`],
  programs: { [`/app/cmd/${part}/${part}`]: ports },
  user: 1000,
  megabytes: 20,
  ...more,
});

const csi = (name: string): Addon => ({
  repositories: [`registry.k8s.io/sig-storage/${name}`, `quay.io/k8scsi/${name}`, `k8s.gcr.io/sig-storage/${name}`],
  programs: { [`/${name}`]: [] },
  user: 65_532,
});

const flux = (name: string): Addon => ({
  repositories: [`ghcr.io/fluxcd/${name}`, `docker.io/fluxcd/${name}`],
  programs: { [`/usr/local/bin/${name}`]: [8080, 9440] },
  user: 65_534,
  flavor: "busybox",
  entrypoint: ["/sbin/tini", "--", name],
  style: (task) =>
    `${JSON.stringify({ level: "info", ts: isoDate(task), logger: "setup", msg: "starting manager" })}\n`,
});

const istioReady = (task: Task): string =>
  `${isoDate(task)}\tinfo\tStarting Istio\n${isoDate(task)}\tinfo\tEnvoy proxy is ready\n`;

const ADDONS: readonly Addon[] = [
  certManager("controller", [9402, 9403], { answers: { "/livez": "ok" } }),
  certManager("webhook", [...secure, { port: 6080, flag: "healthz-port" }, 9402], {
    hasWebhook: true,
    acts: keepAuthority,
  }),
  certManager("cainjector", [9402], { acts: injectAuthorities }),
  certManager("acmesolver", [8089]),
  certManager("startupapicheck", [], { isTask: true, style: () => "The cert-manager API is ready\n" }),
  {
    repositories: ["registry.k8s.io/external-dns/external-dns", "docker.io/bitnami/external-dns"],
    programs: { "/external-dns": [{ port: 7979, flag: "metrics-address" }] },
    user: 65_532,
    style: (task) => `time="${isoDate(task)}" level=info msg="Instantiating new Kubernetes client"\n`,
  },
  ARGO,
  {
    repositories: [
      "quay.io/argoproj/workflow-controller",
      "quay.io/argoproj/argocli",
      "quay.io/argoproj/argo-rollouts",
      "quay.io/argoproj/argo-events",
      "quay.io/argoproj/argocd-image-updater",
    ],
    programs: {
      "/usr/local/bin/workflow-controller": [9090, 6060],
      "/bin/argo": [2746],
      "/bin/rollouts-controller": [8090, 8080],
    },
    entrypoint: ["/usr/local/bin/workflow-controller"],
    style: argo,
  },
  {
    repositories: ["ghcr.io/dexidp/dex", "quay.io/dexidp/dex"],
    programs: { "/usr/local/bin/dex": [5556, 5557, 5558] },
    flavor: "busybox",
    user: 1001,
    entrypoint: ["/usr/local/bin/docker-entrypoint"],
    cmd: ["dex", "serve", "/etc/dex/config.docker.yaml"],
    answers: { "/healthz/live": "ok", "/healthz/ready": "ok" },
  },
  ...[
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
  ].map(flux),
  {
    repositories: ["docker.io/istio/pilot", "gcr.io/istio-release/pilot", "registry.istio.io/release/pilot"],
    programs: { "/usr/local/bin/pilot-discovery": [8080, 15_010, 15_012, 15_014, 15_017] },
    user: 1337,
    cmd: ["discovery"],
    takes: [90, 5, 2],
    style: (task) => `${isoDate(task)}\tinfo\tistiod is ready\n`,
    hasWebhook: true,
  },
  {
    repositories: ["docker.io/istio/proxyv2", "gcr.io/istio-release/proxyv2", "registry.istio.io/release/proxyv2"],
    programs: { "/usr/local/bin/pilot-agent": [15_021, 15_090, 15_020] },
    user: 1337,
    takes: [45, 3, 0.3],
    style: istioReady,
  },
  {
    repositories: ["docker.io/istio/install-cni", "docker.io/istio/ztunnel"],
    programs: { "/usr/local/bin/install-cni": [8000, 15_014], "/usr/local/bin/ztunnel": [15_021, 15_020] },
    style: istioReady,
  },
  {
    repositories: [
      "cr.l5d.io/linkerd/controller",
      "ghcr.io/linkerd/controller",
      "cr.l5d.io/linkerd/policy-controller",
      "cr.l5d.io/linkerd/proxy",
      "cr.l5d.io/linkerd/web",
      "cr.l5d.io/linkerd/metrics-api",
    ],
    programs: { "/controller": [8080, 9990, 9995, 9996, 9997, 8443, 4191, 4143] },
    style: (task) => `time="${isoDate(task)}" level=info msg="running version stable"\n`,
    hasWebhook: true,
  },
  {
    repositories: ["quay.io/calico/node", "docker.io/calico/node"],
    programs: { "/usr/sbin/start_runit": [9099] },
    flavor: "gnu",
    entrypoint: ["/usr/sbin/start_runit"],
    megabytes: 90,
    takes: [60, 20, 0],
    style: (task) =>
      `${isoDate(task).slice(0, 23).replace("T", " ")} [INFO][9] startup/startup.go 431: Early log level set to info\n`,
  },
  {
    repositories: ["quay.io/calico/kube-controllers", "docker.io/calico/kube-controllers"],
    programs: { "/usr/bin/kube-controllers": [9094] },
    user: 999,
  },
  {
    repositories: [
      "quay.io/calico/typha",
      "docker.io/calico/typha",
      "quay.io/calico/apiserver",
      "quay.io/calico/csi",
      "quay.io/calico/node-driver-registrar",
    ],
    programs: { "/sbin/calico-typha": [5473, 9098] },
  },
  { repositories: ["quay.io/tigera/operator"], programs: { "/usr/local/bin/operator": [8383] }, style: "zap" },
  {
    repositories: ["docker.io/flannel/flannel", "quay.io/coreos/flannel", "ghcr.io/flannel-io/flannel"],
    programs: { "/opt/bin/flanneld": [{ port: 0, flag: "healthz-port" }] },
    flavor: "busybox",
    tools: ["+bash"],
    takes: [14, 2, 0],
  },
  {
    repositories: [
      "quay.io/cilium/cilium",
      "quay.io/cilium/operator-generic",
      "quay.io/cilium/operator",
      "quay.io/cilium/cilium-envoy",
      "quay.io/cilium/hubble-relay",
      "quay.io/cilium/hubble-ui",
      "quay.io/cilium/hubble-ui-backend",
    ],
    programs: {
      "/usr/bin/cilium-agent": [9879, 9962, 4244],
      "/usr/bin/cilium-operator-generic": [9234, 9963],
      "/usr/bin/hubble-relay": [4245, 4222],
    },
    flavor: "gnu",
    tools: ["+bash"],
    megabytes: 190,
    takes: [140, 15, 0],
    style: (task) => `time="${isoDate(task)}" level=info msg="Cilium ready"\n`,
  },
  ...[
    "csi-provisioner",
    "csi-attacher",
    "csi-resizer",
    "csi-snapshotter",
    "snapshot-controller",
    "csi-node-driver-registrar",
    "livenessprobe",
    "csi-external-health-monitor-controller",
    "hostpathplugin",
  ].map(csi),
  {
    repositories: [
      "docker.io/longhornio/longhorn-manager",
      "docker.io/longhornio/longhorn-ui",
      "docker.io/longhornio/longhorn-engine",
      "docker.io/longhornio/longhorn-instance-manager",
      "docker.io/longhornio/longhorn-share-manager",
    ],
    programs: { "/usr/local/sbin/longhorn-manager": [9500, 9501, 9502, 9503] },
    flavor: "gnu",
    megabytes: 110,
    takes: [90, 20, 1],
    hasWebhook: true,
  },
  {
    repositories: ["docker.io/rook/ceph", "quay.io/ceph/ceph", "quay.io/cephcsi/cephcsi"],
    programs: { "/usr/local/bin/rook": [], "/usr/local/bin/cephcsi": [] },
    flavor: "gnu",
    megabytes: 450,
    takes: [60, 4, 0],
  },
  {
    repositories: ["docker.io/velero/velero", "docker.io/velero/velero-plugin-for-aws"],
    programs: { "/velero": [8085] },
    user: 65_532,
    style: (task) =>
      `time="${isoDate(task)}" level=info msg="setting log-level to INFO" logSource="pkg/cmd/server/server.go:162"\n`,
  },
  {
    repositories: ["quay.io/metallb/controller", "docker.io/metallb/controller"],
    programs: { "/controller": [7472, 9443] },
    style: "zap",
    hasWebhook: true,
  },
  {
    repositories: ["quay.io/metallb/speaker", "docker.io/metallb/speaker", "quay.io/frrouting/frr"],
    programs: { "/speaker": [7472, 7946] },
    style: "zap",
  },
  {
    repositories: ["docker.io/rancher/local-path-provisioner"],
    programs: { "/usr/bin/local-path-provisioner": [] },
    flavor: "busybox",
    style: (task) => `time="${isoDate(task)}" level=info msg="Applied config: {\\"nodePathMap\\":[]}"\n`,
  },
  {
    repositories: [
      "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner",
      "quay.io/external_storage/nfs-client-provisioner",
      "registry.k8s.io/sig-storage/nfsplugin",
    ],
    programs: { "/nfs-subdir-external-provisioner": [] },
  },
  {
    repositories: ["quay.io/prometheus-operator/prometheus-operator"],
    programs: { "/bin/operator": [{ port: 8080, flag: "web.listen-address" }, 10_250] },
    flavor: "busybox",
    user: 65_534,
    hasWebhook: true,
    style: (task) => `ts=${isoDate(task)} level=info caller=main.go:186 msg="Starting Prometheus Operator"\n`,
  },
  {
    repositories: ["quay.io/prometheus-operator/prometheus-config-reloader", "docker.io/jimmidyson/configmap-reload"],
    programs: { "/bin/prometheus-config-reloader": [8080], "/configmap-reload": [9533] },
    flavor: "busybox",
    user: 65_534,
  },
  {
    repositories: ["quay.io/prometheus-operator/admission-webhook"],
    programs: { "/bin/admission-webhook": [8443, 8080] },
    hasWebhook: true,
  },
  {
    repositories: ["quay.io/kiwigrid/k8s-sidecar", "docker.io/kiwigrid/k8s-sidecar"],
    programs: { "/app/sidecar": [8080] },
    flavor: "busybox",
    user: 65_534,
    entrypoint: ["python", "-u", "/app/sidecar.py"],
    style: (task) => `${JSON.stringify({ time: isoDate(task), level: "INFO", msg: "Starting collector" })}\n`,
  },
  {
    repositories: [
      "gcr.io/kubebuilder/kube-rbac-proxy",
      "quay.io/brancz/kube-rbac-proxy",
      "registry.k8s.io/kubebuilder/kube-rbac-proxy",
    ],
    programs: { "/usr/local/bin/kube-rbac-proxy": [{ port: 8443, flag: "secure-listen-address" }] },
    user: 65_532,
    style: (task) => klogLine(task, "kube-rbac-proxy.go:395", "Starting TCP socket on 0.0.0.0:8443"),
  },
  {
    repositories: [
      "registry.k8s.io/addon-resizer",
      "k8s.gcr.io/addon-resizer",
      "registry.k8s.io/autoscaling/addon-resizer",
    ],
    programs: { "/pod_nanny": [8443] },
  },
];

export const addons = stocked(ADDONS.map(addon));
