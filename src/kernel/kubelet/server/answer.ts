/**
 * The kubelet's own server on port 10250, as far as it is asked through the proxy of its node.
 *
 * Models pkg/kubelet/server. Leaves out debug pages and what changes anything: they are not found there either.
 */
import { pageNotFoundText } from "#kernel/apimachinery/errors";
import { cadvisorMetrics, kubeletMetrics, resourceMetrics } from "#kernel/kubelet/server/prometheus";
import { summary } from "#kernel/kubelet/server/summary";
import { podsOn, type Where } from "#kernel/kubelet/usage";
import { isTrue, type Query } from "#kernel/requests/query";
import { pods } from "#kernel/resources/core/pod";
import { readLog } from "#kernel/runtime/logs";
import type { Machine } from "#kernel/runtime/machine";

export interface KubeletAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

const text = (body: string, status = 200): KubeletAnswer => ({ status, type: "text/plain; charset=utf-8", body });
const json = (value: object): KubeletAnswer => ({ status: 200, type: "application/json", body: JSON.stringify(value) });
const metrics = (body: string): KubeletAnswer => ({ status: 200, type: PROMETHEUS, body });

type Page = (where: Where, machine: Machine, query: Query) => KubeletAnswer;

const PAGES: Readonly<Record<string, Page>> = {
  "/healthz": () => text("ok"),
  "/healthz/ping": () => text("ok"),
  "/healthz/log": () => text("ok"),
  "/healthz/syncloop": () => text("ok"),
  "/pods": ({ client }, { name }) => json({ ...POD_LIST, items: client.by(pods, "node", name) }),
  "/runningpods": (where, { name }) => json({ ...POD_LIST, items: podsOn(where, name).map(({ pod }) => pod) }),
  "/stats/summary": (where, machine, query) => json(summary(where, machine, isTrue(query.get("only_cpu_and_memory")))),
  "/metrics": (where, machine) => metrics(kubeletMetrics(where, machine)),
  "/metrics/resource": (where, machine) => metrics(resourceMetrics(where, machine)),
  "/metrics/cadvisor": (where, machine) => metrics(cadvisorMetrics(where, machine)),
  "/metrics/probes": () => metrics("\n"),
  "/configz": (_where, machine) => json({ kubeletconfig: configuration(machine) }),
  "/logs": () => ({ status: 200, type: "text/html; charset=utf-8", body: LOG_INDEX }),
};

const POD_LIST = { kind: "PodList", apiVersion: "v1", metadata: {} };

/** What lies in a node's /var/log. */
const LOG_INDEX = `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${[
  "containers/",
  "journal/",
  "pods/",
]
  .map((name) => `<a href="${name}">${name}</a>\n`)
  .join("")}</pre>\n`;

/** What the kubelet of a machine answers. */
export function kubeletAnswer(where: Where, machine: Machine, path: string, query: Query): KubeletAnswer {
  const page = PAGES[path.replace(/(.)\/$/, "$1")];
  if (page !== undefined) return page(where, machine, query);
  const [, first, namespace = "", name = "", container = ""] = path.split("/");
  if (first !== "containerLogs" || container === "") return text(pageNotFoundText, 404);
  const pod = where.client.get(pods, { namespace, name });
  if (pod === undefined || pod.spec.nodeName !== machine.name) {
    return text(`pod ${JSON.stringify(name)} does not exist\n`, 404);
  }
  const found = pod.status?.containerStatuses?.find((status) => status.name === container)?.containerID;
  if (found === undefined) {
    return text(`container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}\n`, 404);
  }
  const tail = query.get("tailLines");
  const options = tail === null ? {} : { tailLines: Number(tail) || 0 };
  return text(readLog(where.cells, found.replace(/^\w+:\/\//, ""), options).text);
}

/** The configuration a kubelet says it runs with: kubeadm's, with the kubelet's defaults. */
function configuration({ podCIDR, pods: maxPods }: Machine): object {
  return {
    enableServer: true,
    staticPodPath: "/etc/kubernetes/manifests",
    syncFrequency: "1m0s",
    fileCheckFrequency: "20s",
    httpCheckFrequency: "20s",
    address: "0.0.0.0",
    port: 10250,
    tlsCertFile: "/var/lib/kubelet/pki/kubelet.crt",
    tlsPrivateKeyFile: "/var/lib/kubelet/pki/kubelet.key",
    rotateCertificates: true,
    authentication: {
      x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" },
      webhook: { enabled: true, cacheTTL: "2m0s" },
      anonymous: { enabled: false },
    },
    authorization: { mode: "Webhook", webhook: { cacheAuthorizedTTL: "5m0s", cacheUnauthorizedTTL: "30s" } },
    healthzPort: 10248,
    healthzBindAddress: "127.0.0.1",
    clusterDomain: "cluster.local",
    clusterDNS: ["10.96.0.10"],
    nodeStatusUpdateFrequency: "10s",
    nodeStatusReportFrequency: "5m0s",
    nodeLeaseDurationSeconds: 40,
    imageGCHighThresholdPercent: 85,
    imageGCLowThresholdPercent: 80,
    cgroupDriver: "systemd",
    cgroupsPerQOS: true,
    cpuManagerPolicy: "none",
    memoryManagerPolicy: "None",
    topologyManagerPolicy: "none",
    maxPods,
    podCIDR,
    podPidsLimit: -1,
    resolvConf: "/etc/resolv.conf",
    maxOpenFiles: 1_000_000,
    contentType: "application/vnd.kubernetes.protobuf",
    serializeImagePulls: true,
    evictionHard: {
      "imagefs.available": "15%",
      "imagefs.inodesFree": "5%",
      "memory.available": "100Mi",
      "nodefs.available": "10%",
      "nodefs.inodesFree": "5%",
    },
    evictionPressureTransitionPeriod: "5m0s",
    failSwapOn: true,
    containerLogMaxSize: "10Mi",
    containerLogMaxFiles: 5,
    enforceNodeAllocatable: ["pods"],
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    shutdownGracePeriod: "0s",
    shutdownGracePeriodCriticalPods: "0s",
    enableControllerAttachDetach: true,
    enableDebuggingHandlers: true,
  };
}
