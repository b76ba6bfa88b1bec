/**
 * Bootstrap: what a cluster holds in its first moment: namespaces, the kubernetes Service, its machines,
 * the default roles and bindings.
 */
import { bootstrapControlPlane } from "#kernel/cluster/control-plane";
import { type ClusterOptions, OPTIONS_CELL } from "#kernel/cluster/options";
import { ensureFlowControl } from "#kernel/controllers/flowcontrol";
import { ensureDefaultCidr } from "#kernel/controllers/servicecidr";
import type { Client } from "#kernel/registry/client";
import type { Registry } from "#kernel/registry/registry";
import { component } from "#kernel/registry/user";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { apiServiceName, localApiService } from "#kernel/resources/apiregistration/apiservice.facts";
import { comparePriorities } from "#kernel/resources/apiregistration/priorities";
import { namespaces } from "#kernel/resources/core/namespace";
import { services } from "#kernel/resources/core/service";
import { INGRESS_CLASS, INGRESS_CONTROLLER } from "#kernel/resources/networking/ingress.facts";
import { ingressclasses } from "#kernel/resources/networking/ingressclass";
import { bootstrapPolicy } from "#kernel/resources/rbac/policy/bootstrap";
import { priorityclasses, SYSTEM_PRIORITY_CLASSES } from "#kernel/resources/scheduling/priorityclass";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { STANDARD_CLASS } from "#kernel/resources/storage/storageclass.facts";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Cells } from "#kernel/store/cells";

/** As ingress-nginx's own instructions have Helm make it: who follows them finds a class that is theirs. */
const INGRESS_CLASS_META = {
  name: INGRESS_CLASS,
  labels: { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": "ingress-nginx" },
  annotations: {
    "meta.helm.sh/release-name": "ingress-nginx",
    "meta.helm.sh/release-namespace": "ingress-nginx",
  },
};

/** The namespaces every cluster has. */
const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Size of a machine nobody described: a small cloud node. */
const USUAL = { cpu: "4", memory: "8Gi", ephemeralStorage: "100Gi", pods: 110 };

/** Fills an empty cluster. The machines' kubelets register their nodes by themselves. */
export function bootstrap(registry: Registry, cells: Cells, options: ClusterOptions): void {
  cells.put(...OPTIONS_CELL, options);
  const client = registry.as(component("apiserver"), "kube-apiserver");
  for (const name of NAMESPACES) client.create(namespaces, { metadata: { name }, spec: {} });
  for (const draft of SYSTEM_PRIORITY_CLASSES) client.create(priorityclasses, draft);
  // A bare control plane has nothing an ingress controller or a provisioner could run on.
  if (options.machines.length > 0) {
    client.create(storageclasses, STANDARD_CLASS);
    client.create(ingressclasses, { metadata: INGRESS_CLASS_META, spec: { controller: INGRESS_CONTROLLER } });
  }
  ensureDefaultCidr(client, registry.now);
  ensureFlowControl(client);
  client.create(services, {
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { component: "apiserver", provider: "kubernetes" },
    },
    spec: {
      clusterIP: "10.96.0.1",
      ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }],
      type: "ClusterIP",
    },
  });
  options.machines.forEach((machine, index) => {
    cells.put(MACHINES, machine.name, machineFrom(machine, index, registry.now));
  });
  bootstrapPolicy(registry, options.seed);
  bootstrapControlPlane(registry, cells);
  registerGroups(client);
}

/**
 * Every group version this server has of its own is registered once; who deletes a registration keeps it so. The group
 * of registrations is served by whoever reads them, and so is not among them.
 */
function registerGroups(client: Client): void {
  const names = new Set<string>();
  for (const { group, version } of [...client.registry.resources].sort(comparePriorities)) {
    const name = apiServiceName({ group, version });
    if (!names.has(name) && group !== apiservices.group)
      client.create(apiservices, localApiService({ group, version }, "onstart"));
    names.add(name);
  }
}

/** The machine behind the n-th node: addresses follow from its place, 10.244.N.0/24 for its pods. */
export function machineFrom(options: ClusterOptions["machines"][number], index: number, now: number): Machine {
  const { name, cpu = USUAL.cpu, memory = USUAL.memory, pods = USUAL.pods, labels = {}, taints = [] } = options;
  return {
    name,
    cpu,
    memory,
    ephemeralStorage: USUAL.ephemeralStorage,
    pods,
    labels,
    taints,
    internalIP: `172.18.${Math.floor((index + 2) / 256)}.${(index + 2) % 256}`,
    podCIDR: `10.${244 + Math.floor(index / 256)}.${index % 256}.0/24`,
    bootedAt: now,
    isPowered: true,
    ...(options.pool !== undefined && { pool: options.pool }),
    ...(options.isControlPlane === true && { isControlPlane: true as const }),
  };
}
