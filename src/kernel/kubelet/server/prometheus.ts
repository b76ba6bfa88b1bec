/**
 * The kubelet's metrics in the text format of Prometheus: its own, those of resources, and cAdvisor's.
 *
 * Models pkg/kubelet/metrics, pkg/kubelet/metrics/collectors and google/cadvisor/metrics.
 * Leaves out everything the simulator has no measure for.
 */
import { milli, value } from "#kernel/apimachinery/quantity";
import { versionInfo } from "#kernel/apimachinery/version";
import { nodeUsage, podsOn, SYSTEM_USE, type Where } from "#kernel/kubelet/usage";
import type { ContainerRecord } from "#kernel/runtime/container";
import type { Machine } from "#kernel/runtime/machine";
import { cpuMsAt, SCRAPE_MS } from "#kernel/runtime/meter";
import { memoryBytes } from "#kernel/runtime/use";

type Labels = Readonly<Record<string, string>>;

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: readonly { readonly labels?: Labels; readonly value: number }[];
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;

function textOf(families: readonly Family[]): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels = {}, value: number }) => {
        const pairs = Object.entries(labels).map(([key, text]) => `${key}=${quoted(text)}`);
        return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number}`;
      }),
    ]);
  return `${lines.join("\n")}\n`;
}

/** Every running container of a node, with what it has used. */
function measured(where: Where, { name }: Machine) {
  return podsOn(where, name).flatMap(({ pod, records }) =>
    records.map((record) => ({
      pod,
      record,
      cpuSeconds: cpuMsAt(where.cells, record, where.now) / 1_000,
      bytes: Math.round(memoryBytes(record, where)),
    })),
  );
}

const shortLabels = ({ name, namespace, pod }: ContainerRecord): Labels => ({ container: name, namespace, pod });

/** `/metrics/resource` */
export function resourceMetrics(where: Where, machine: Machine): string {
  const containers = measured(where, machine);
  const usage = nodeUsage(where, machine, Math.max(machine.bootedAt, where.now - SCRAPE_MS), where.now);
  const pods = new Map<string, { labels: Labels; cpu: number; bytes: number }>();
  for (const { record, cpuSeconds, bytes } of containers) {
    const { namespace, pod } = record;
    const sum = pods.get(record.podUid) ?? { labels: { namespace, pod }, cpu: 0, bytes: 0 };
    pods.set(record.podUid, { ...sum, cpu: sum.cpu + cpuSeconds, bytes: sum.bytes + bytes });
  }
  const all = [...pods.values()];
  const system = (Math.max(0, where.now - machine.bootedAt) * SYSTEM_USE.cpuMillis) / 1_000_000;
  const nodeSeconds = containers.reduce((sum, one) => sum + one.cpuSeconds, system);
  return textOf([
    {
      ...{ name: "container_cpu_usage_seconds_total", type: "counter" },
      help: "[STABLE] Cumulative cpu time consumed by the container in core-seconds",
      samples: containers.map(({ record, cpuSeconds }) => ({ labels: shortLabels(record), value: cpuSeconds })),
    },
    {
      ...{ name: "container_memory_working_set_bytes", type: "gauge" },
      help: "[STABLE] Current working set of the container in bytes",
      samples: containers.map(({ record, bytes }) => ({ labels: shortLabels(record), value: bytes })),
    },
    {
      ...{ name: "container_start_time_seconds", type: "gauge" },
      help: "[STABLE] Start time of the container since unix epoch in seconds",
      samples: containers.map(({ record }) => ({ labels: shortLabels(record), value: record.startedAt / 1_000 })),
    },
    {
      ...{ name: "node_cpu_usage_seconds_total", type: "counter" },
      help: "[STABLE] Cumulative cpu time consumed by the node in core-seconds",
      samples: [{ value: nodeSeconds }],
    },
    {
      ...{ name: "node_memory_working_set_bytes", type: "gauge" },
      help: "[STABLE] Current working set of the node in bytes",
      samples: [{ value: Math.round(usage.memoryBytes) }],
    },
    {
      ...{ name: "pod_cpu_usage_seconds_total", type: "counter" },
      help: "[STABLE] Cumulative cpu time consumed by the pod in core-seconds",
      samples: all.map(({ labels, cpu }) => ({ labels, value: cpu })),
    },
    {
      ...{ name: "pod_memory_working_set_bytes", type: "gauge" },
      help: "[STABLE] Current working set of the pod in bytes",
      samples: all.map(({ labels, bytes }) => ({ labels, value: bytes })),
    },
    {
      ...{ name: "resource_scrape_error", type: "gauge" },
      help: "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
      samples: [{ value: 0 }],
    },
  ]);
}

/** `/metrics/cadvisor` */
export function cadvisorMetrics(where: Where, machine: Machine): string {
  const containers = measured(where, machine).map((one) => ({ ...one, labels: longLabels(one.record) }));
  const of = (
    name: string,
    type: Family["type"],
    help: string,
    read: (one: (typeof containers)[number]) => number,
    more: Labels = {},
  ): Family => ({
    ...{ name, type, help },
    samples: containers.map((one) => ({ labels: { ...more, ...one.labels }, value: read(one) })),
  });
  return textOf([
    {
      ...{ name: "cadvisor_version_info", type: "gauge" },
      help: "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.",
      samples: [{ labels: { kernelVersion: "6.12.0", osVersion: "Debian GNU/Linux 12 (bookworm)" }, value: 1 }],
    },
    of(
      "container_cpu_usage_seconds_total",
      "counter",
      "Cumulative cpu time consumed in seconds.",
      ({ cpuSeconds }) => cpuSeconds,
      { cpu: "total" },
    ),
    of("container_last_seen", "gauge", "Last time a container was seen by the exporter", () => where.now / 1_000),
    of(
      "container_memory_usage_bytes",
      "gauge",
      "Current memory usage in bytes, including all memory",
      ({ bytes }) => bytes,
    ),
    of("container_memory_working_set_bytes", "gauge", "Current working set in bytes.", ({ bytes }) => bytes),
    of("container_memory_rss", "gauge", "Size of RSS in bytes.", ({ bytes }) => bytes),
    of(
      "container_spec_memory_limit_bytes",
      "gauge",
      "Memory limit for the container.",
      ({ record }) => record.memoryLimitBytes ?? 0,
    ),
    of("container_spec_cpu_period", "gauge", "CPU period of the container.", () => 100_000),
    of(
      "container_start_time_seconds",
      "gauge",
      "Start time of the container since unix epoch in seconds.",
      ({ record }) => record.startedAt / 1_000,
    ),
    {
      ...{ name: "machine_cpu_cores", type: "gauge", help: "Number of logical CPU cores." },
      samples: [{ value: milli(machine.cpu) / 1_000 }],
    },
    {
      ...{ name: "machine_memory_bytes", type: "gauge", help: "Amount of memory installed on the machine." },
      samples: [{ value: value(machine.memory) }],
    },
  ]);
}

const longLabels = ({ id, image, name, namespace, pod, podUid }: ContainerRecord): Labels => ({
  container: name,
  id: `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${podUid.replaceAll("-", "_")}.slice/cri-containerd-${id}.scope`,
  image,
  name: id,
  namespace,
  pod,
});

/** `/metrics` */
export function kubeletMetrics(where: Where, machine: Machine): string {
  const containers = measured(where, machine);
  const { gitVersion, gitCommit, goVersion, platform } = versionInfo;
  return textOf([
    {
      ...{ name: "kubelet_node_name", type: "gauge", help: "[ALPHA] The node's name. The count is always 1." },
      samples: [{ labels: { node: machine.name }, value: 1 }],
    },
    {
      ...{ name: "kubelet_running_containers", type: "gauge", help: "[ALPHA] Number of containers currently running" },
      samples: [{ labels: { container_state: "running" }, value: containers.length }],
    },
    {
      ...{ name: "kubelet_running_pods", type: "gauge" },
      help: "[ALPHA] Number of pods that have a running pod sandbox",
      samples: [{ value: new Set(containers.map(({ record }) => record.podUid)).size }],
    },
    {
      ...{ name: "kubernetes_build_info", type: "gauge" },
      help: "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      samples: [
        { labels: { git_version: gitVersion, git_commit: gitCommit, go_version: goVersion, platform }, value: 1 },
      ],
    },
    {
      ...{ name: "process_start_time_seconds", type: "gauge" },
      help: "[ALPHA] Start time of the process since unix epoch in seconds.",
      samples: [{ value: machine.bootedAt / 1_000 }],
    },
  ]);
}
