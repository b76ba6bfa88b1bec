/**
 * The programs kubeadm runs in kube-system besides etcd (ensembles.ts): the API server, the controller manager, the
 * scheduler and kube-proxy; CoreDNS is a program of its own. What they do is done by the simulator itself; here they
 * start, say so, answer their health checks and stop.
 *
 * Models the images registry.k8s.io/kube-* and coredns/coredns.
 */
import { gitVersion } from "#kernel/apimachinery/version";
import { COREDNS_VERSION, coredns } from "#kernel/runtime/images/coredns/coredns";
import { goSignal } from "#kernel/runtime/images/go";
import { respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Image } from "#kernel/runtime/images/image";
import { klogDate } from "#kernel/runtime/images/klog";
import type { Program, Use } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

const ETCD_TAG = "3.6.6-0";
const REGISTRY = "registry.k8s.io";

interface Part {
  readonly name: string;
  readonly image: string;
  readonly sizeBytes: number;
  readonly use: Use;
  /** The TCP ports it listens on; a flag may say another. */
  readonly ports: readonly { readonly port: number; readonly flag?: string }[];
  /** What it says when it starts. */
  readonly says: (task: Task) => string;
}

const klog = (task: Task, file: string, text: string): string => `I${klogDate(task.now)}       1 ${file}] ${text}\n`;
const secure = (task: Task, port: number): string =>
  klog(task, "secure_serving.go:211", `"Serving securely" address="[::]:${port}"`);

const MIB = 2 ** 20;

const PARTS: readonly Part[] = [
  {
    name: "kube-apiserver",
    image: `${REGISTRY}/kube-apiserver:${gitVersion}`,
    sizeBytes: 27_000_000,
    use: { memoryBytes: 260 * MIB, cpuMillis: 45, requestCpuMs: 2 },
    ports: [{ port: 6_443, flag: "secure-port" }],
    says: (task) => klog(task, "server.go:143", `Version: ${gitVersion}`) + secure(task, 6_443),
  },
  {
    name: "kube-controller-manager",
    image: `${REGISTRY}/kube-controller-manager:${gitVersion}`,
    sizeBytes: 23_000_000,
    use: { memoryBytes: 55 * MIB, cpuMillis: 15 },
    ports: [{ port: 10_257 }],
    says: (task) =>
      klog(task, "controllermanager.go:191", `"Starting" version="${gitVersion}"`) +
      secure(task, 10_257) +
      klog(task, "leaderelection.go:258", "Attempting to acquire leader lease... kube-system/kube-controller-manager"),
  },
  {
    name: "kube-scheduler",
    image: `${REGISTRY}/kube-scheduler:${gitVersion}`,
    sizeBytes: 17_000_000,
    use: { memoryBytes: 22 * MIB, cpuMillis: 3 },
    ports: [{ port: 10_259 }],
    says: (task) =>
      klog(task, "server.go:175", `"Starting Kubernetes Scheduler" version="${gitVersion}"`) +
      secure(task, 10_259) +
      klog(task, "leaderelection.go:258", "Attempting to acquire leader lease... kube-system/kube-scheduler"),
  },
  {
    name: "kube-proxy",
    image: `${REGISTRY}/kube-proxy:${gitVersion}`,
    sizeBytes: 26_000_000,
    use: { memoryBytes: 14 * MIB, cpuMillis: 1 },
    ports: [{ port: 10_256 }, { port: 10_249 }],
    says: (task) =>
      klog(task, "server_linux.go:53", `"Using ${proxyMode(task)} Proxier"`) +
      klog(task, "server.go:710", `"Version info" version="${gitVersion}"`) +
      klog(task, "config.go:329", '"Starting service config controller"'),
  },
];

const PROXY_METRICS_PORT = 10_249;
const PROXY_MODES: readonly string[] = ["iptables", "ipvs", "nftables"];

/** How kube-proxy works, by the file it is started with: what its Services do is the same in all modes. */
function proxyMode(task: Task): string {
  const text = task.readFile(goFlag(task.argv, "config") ?? "");
  const mode = goFlag(task.argv, "proxy-mode") ?? /^mode:\s*"?(\w+)/m.exec(String(text))?.[1] ?? "iptables";
  return PROXY_MODES.includes(mode) ? mode : "iptables";
}

/** What kube-proxy tells its own node. */
export function proxyStatus(request: HttpRequest, path: string, mode: string): HttpResponse {
  const type = { "content-type": "text/plain; charset=utf-8" };
  const [route = ""] = path.split("?");
  if (route === "/proxyMode") return respond(request.method, 200, mode, type);
  if (route === "/healthz") return respond(request.method, 200, "ok", type);
  if (route !== "/metrics") return respond(request.method, 404, "404 page not found\n", type);
  const info = `kubernetes_build_info{git_version="${gitVersion}",go_version="go1.25.5",platform="linux/amd64"} 1`;
  return respond(request.method, 200, `# TYPE kubernetes_build_info gauge\n${info}\n`, type);
}

function programOf({ name, ports, says, use }: Part): Program {
  return {
    name,
    use,
    step(task) {
      if (task.state !== undefined) return {};
      if (task.argv.includes("--version")) {
        task.print(`Kubernetes ${gitVersion}\n`);
        return 0;
      }
      task.state = { isReady: true };
      for (const { port, flag } of ports) {
        const wanted = Number((flag && goFlag(task.argv, flag)) ?? port);
        if (task.listen(wanted)) continue;
        const why = `failed to listen on 0.0.0.0:${wanted}: listen tcp 0.0.0.0:${wanted}: bind: address already in use`;
        task.complain(
          `E${klogDate(task.now)}       1 run.go:72] "command failed" err="failed to create listener: ${why}"\n`,
        );
        return 1;
      }
      task.complain(says(task));
      return {};
    },
    http: (task, port, request) => {
      const { method, path } = request;
      if (name === "kube-proxy" && port === PROXY_METRICS_PORT) return proxyStatus(request, path, proxyMode(task));
      const isHealth = /^\/(healthz|livez|readyz|health|ready)(\?|$)/.test(path);
      const headers = { "content-type": "text/plain; charset=utf-8", date: new Date(task.now).toUTCString() };
      return isHealth ? respond(method, 200, "ok", headers) : respond(method, 404, "404 page not found\n", headers);
    },
    signal: goSignal,
  };
}

const partPrograms: readonly Program[] = PARTS.map(programOf);

export const controlPlanePrograms: readonly Program[] = [...partPrograms, coredns as Program];

const partImages: readonly Image[] = PARTS.map((part, n) => ({
  repositories: [part.image.slice(0, part.image.lastIndexOf(":"))],
  sizeBytes: () => part.sizeBytes,
  hasTag: (tag) => /^v?\d+\.\d+\.\d+(-\d+|-(alpha|beta|rc)\.\d+)?$/.test(tag),
  content: () => ({
    config: { cmd: [part.name] },
    flavor: "none",
    files: {},
    programs: { [`/usr/local/bin/${part.name}`]: partPrograms[n] as Program },
  }),
}));

const COREDNS_IMAGE = `${REGISTRY}/coredns/coredns`;

const corednsImage: Image = {
  repositories: [COREDNS_IMAGE, "docker.io/coredns/coredns"],
  sizeBytes: () => 23_000_000,
  hasTag: (tag) => /^v?\d+\.\d+\.\d+$|^latest$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/coredns"] },
    flavor: "none",
    files: {},
    programs: { "/coredns": coredns as Program },
  }),
};

export const controlPlaneImages: readonly Image[] = [...partImages, corednsImage];

/** The image of a part by its name. */
export const imageOf = (name: string): string =>
  name === "etcd"
    ? `${REGISTRY}/etcd:${ETCD_TAG}`
    : name === "coredns"
      ? `${COREDNS_IMAGE}:v${COREDNS_VERSION}`
      : (PARTS.find((part) => part.name === name)?.image ?? "");

/** What every machine of kubeadm has, and what those of the control plane have besides. */
export const NODE_ADDON_IMAGES: readonly string[] = ["kube-proxy", "coredns"].map(imageOf);
export const CONTROL_PLANE_IMAGES: readonly string[] = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
].map(imageOf);
