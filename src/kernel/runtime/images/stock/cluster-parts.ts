/**
 * Add-ons whose work the cluster does by itself already: the metrics server, ingress-nginx, and what makes the
 * certificates of webhooks. Installed once more, they say what the cluster says.
 *
 * Models sigs.k8s.io/metrics-server and kubernetes/ingress-nginx as their manifests and charts run them.
 */
import { parse } from "#kernel/apimachinery/labels";
import { nodemetrics, podmetrics } from "#kernel/resources/metrics/usage";
import { utf8Length } from "#kernel/runtime/files/bytes";
import { logDate } from "#kernel/runtime/images/http";
import { klogDate } from "#kernel/runtime/images/klog";
import { json, type Reply, type Visit } from "#kernel/runtime/images/server";
import { allows, klogLine } from "#kernel/runtime/images/stock/addon";
import { goMetrics, type Stock, stocked } from "#kernel/runtime/images/stock/stock";
import { certgen } from "#kernel/runtime/images/stock/webhook-certificates";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

const GROUP = "metrics.k8s.io";
const ROOT = `/apis/${GROUP}/v1beta1`;

const notThere = (visit: Visit, what: string, name: string): Reply =>
  json(
    visit,
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: `${what}.${GROUP} "${name}" not found`,
      reason: "NotFound",
      details: { name, group: GROUP, kind: what },
      code: 404,
    },
    404,
  );

/** What nodes and pods use, as the aggregator asks for it. */
function usage(task: Task, visit: Visit): Reply {
  const { client } = task.world;
  const own = /^(?:\/namespaces\/([^/]+))?\/(nodes|pods)(?:\/([^/]+))?$/.exec(visit.route.slice(ROOT.length));
  if (own === null) return { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
  const [, namespace, what = "", name] = own;
  if (name !== undefined) {
    const key = { namespace: namespace ?? "", name };
    const found = what === "nodes" ? client.get(nodemetrics, key) : client.get(podmetrics, key);
    return found === undefined ? notThere(visit, what, name) : json(visit, found);
  }
  const options = { namespace: namespace ?? "", labels: parse(visit.query["labelSelector"] ?? "") };
  const { items } = what === "nodes" ? client.page(nodemetrics, options) : client.page(podmetrics, options);
  const kind = what === "nodes" ? "NodeMetricsList" : "PodMetricsList";
  return json(visit, { kind, apiVersion: `${GROUP}/v1beta1`, metadata: {}, items });
}

const RESOURCES = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: `${GROUP}/v1beta1`,
  resources: [
    { name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics", verbs: ["get", "list"] },
    { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
  ],
};

const metricsServer: Stock = {
  repositories: [
    "registry.k8s.io/metrics-server/metrics-server",
    "k8s.gcr.io/metrics-server/metrics-server",
    "docker.io/bitnami/metrics-server",
    "docker.io/rancher/mirrored-metrics-server",
  ],
  megabytes: 20,
  config: { entrypoint: ["/metrics-server"], user: 65_534 },
  programs: [
    {
      path: "/metrics-server",
      ports: [{ port: 10_250, flag: "secure-port" }],
      takes: [22, 3, 2],
      isWhole: true,
      says: (task, [port = 10_250]) =>
        klogLine(task, "serving.go:374", "Generated self-signed cert (/tmp/apiserver.crt, /tmp/apiserver.key)") +
        klogLine(task, "secure_serving.go:213", `"Serving securely" address="[::]:${port}"`),
      answers: {
        "/livez": "ok",
        "/readyz": "ok",
        "/healthz": "ok",
        "/metrics": goMetrics("metrics_server"),
        [ROOT]: (_task, visit) => json(visit, RESOURCES),
      },
      otherwise: (task, visit) => usage(task, visit),
    },
  ],
};

/** What comes to the controller's own ports goes where the cluster's Ingresses lead, and is logged. */
function passOn(task: Task, visit: Visit): Reply {
  const isSecure = visit.port === 443 || visit.port === 8443;
  const { method, path, headers, body, remoteAddress = "127.0.0.1" } = visit;
  const request = { method, path, headers, body, remoteAddress };
  const { answer, upstream = "", server = "-" } = task.world.net.ingress(isSecure ? 443 : 80, request);
  const took = ((answer.delayMs ?? 0) / 1_000 + 0.001).toFixed(3);
  const length = utf8Length(answer.body);
  const ofServer = server === "-" ? "- - - -" : `${server} ${length} ${took} ${answer.status}`;
  task.print(
    `${remoteAddress} - - [${logDate(task.now)}] "${method} ${path} HTTP/1.1" ${answer.status} ${length} ` +
      `"${headers["referer"] ?? "-"}" "${headers["user-agent"] ?? "-"}" ${path.length + 80} ${took} ` +
      `[${upstream}] [] ${ofServer} ${task.world.entropy.hex(32)}\n`,
  );
  return answer;
}

/** What a hook runs before the controller ends: it waits for nginx, which ends at once here. */
const waitShutdown: Program = { name: "wait-shutdown", step: () => 0 };

const ingressNginx: Stock = {
  repositories: [
    "registry.k8s.io/ingress-nginx/controller",
    "registry.k8s.io/ingress-nginx/controller-chroot",
    "k8s.gcr.io/ingress-nginx/controller",
    "quay.io/kubernetes-ingress-controller/nginx-ingress-controller",
    "docker.io/bitnami/nginx-ingress-controller",
  ],
  megabytes: 105,
  flavor: "busybox",
  config: {
    entrypoint: ["/usr/bin/dumb-init", "--"],
    cmd: ["/nginx-ingress-controller"],
    user: 101,
    ports: [80, 443],
    workingDir: "/etc/nginx",
  },
  tools: ["+bash", "+curl"],
  files: { "/etc/nginx/nginx.conf": "# The cluster's Ingresses are served as its own controller serves them.\n" },
  more: { "/wait-shutdown": waitShutdown },
  programs: [
    {
      path: "/nginx-ingress-controller",
      ports: [
        { port: 80, flag: "http-port" },
        { port: 443, flag: "https-port" },
        { port: 8443, flag: "validating-webhook" },
        { port: 10_254, flag: "healthz-port" },
      ],
      takes: [90, 3, 0.3],
      isWhole: true,
      says: (task) =>
        "-------------------------------------------------------------------------------\nNGINX Ingress controller\n" +
        "  Repository:    https://github.com/kubernetes/ingress-nginx\n" +
        "-------------------------------------------------------------------------------\n\n" +
        klogLine(task, "main.go:205", '"Creating API client" host="https://10.96.0.1:443"') +
        `I${klogDate(task.now)}       7 nginx.go:271] "Starting NGINX Ingress controller"\n`,
      answers: { "/healthz": (_task, visit) => ({ ...HEALTHY, body: visit.method === "HEAD" ? "" : HEALTHY.body }) },
      otherwise(task, visit) {
        if (visit.headers["content-type"]?.includes("json") === true && /^\/networking\/v1/.test(visit.route))
          return allowed(task, visit);
        return visit.port === 10_254 ? goMetricsPage(task, visit) : passOn(task, visit);
      },
    },
  ],
};

const HEALTHY = { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: "ok" };

const allowed = (task: Task, visit: Visit): Reply => (typeof allows === "function" ? allows(task, visit) : undefined);
const goMetricsPage = (task: Task, visit: Visit): Reply => {
  const page = goMetrics("nginx_ingress_controller");
  return typeof page === "function" ? page(task, visit) : undefined;
};

const certificateMaker: Stock = {
  repositories: [
    "registry.k8s.io/ingress-nginx/kube-webhook-certgen",
    "k8s.gcr.io/ingress-nginx/kube-webhook-certgen",
    "docker.io/jettech/kube-webhook-certgen",
    "ghcr.io/jkroepke/kube-webhook-certgen",
  ],
  megabytes: 19,
  config: { entrypoint: ["/kube-webhook-certgen"], user: 65_532 },
  more: { "/kube-webhook-certgen": certgen },
  programs: [],
};

const made = stocked([metricsServer, ingressNginx, certificateMaker]);

export const clusterParts: typeof made = {
  ...made,
  programs: [...made.programs, certgen as Program, waitShutdown],
};
