/**
 * Static pods: what the kubelet of a master runs on its own, and shows to the API server as mirror pods.
 *
 * Models pkg/kubelet/pod (mirror_client.go) and the manifests of kubeadm (cmd/kubeadm/app/phases/controlplane, etcd).
 * Leaves out manifests people write: nobody logs in to a machine here.
 */
import type { Container, Pod, Probe } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/time";
import { type Context, type Controller, done, watching } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { imageOf } from "#kernel/runtime/images/control-plane";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive } from "#kernel/runtime/machine.facts";
import { membersOf } from "#kernel/runtime/quorum";
import { Entropy } from "#kernel/sim/entropy";

const NAMESPACE = "kube-system";
const MIRROR = "kubernetes.io/config.mirror";

export const staticPods: Controller = {
  name: "kubelet-static-pods",
  component: "kubelet",
  watches: [
    {
      room: MACHINES,
      keys: (id: string, machine: unknown) =>
        (machine as Machine).isControlPlane === true ? [{ namespace: "", name: id }] : [],
    },
    watching(pods, ({ metadata, spec }) =>
      metadata.annotations?.[MIRROR] === undefined ? [] : [{ namespace: "", name: spec.nodeName ?? "" }],
    ),
    watching(nodes, ({ metadata }, client, previous) =>
      previous === undefined && membersOf(client.registry.cells).includes(metadata.name)
        ? [{ namespace: "", name: metadata.name }]
        : [],
    ),
  ],

  reconcile(context, { name }) {
    const { client, cells } = context;
    const machine = cells.get<Machine>(MACHINES, name);
    const node = client.get(nodes, { namespace: "", name });
    if (machine?.isControlPlane !== true || !isKubeletAlive(machine) || node === undefined) return done;
    for (const part of PARTS) {
      const key = { namespace: NAMESPACE, name: `${part}-${name}` };
      if (client.get(pods, key) === undefined) client.create(pods, mirrorOf(context, machine, part, node.metadata.uid));
    }
    return done;
  },
};

const PARTS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;

type PartName = (typeof PARTS)[number];

function mirrorOf({ cells, now }: Context, machine: Machine, part: PartName, uid: string): Draft<Pod> {
  const { name, internalIP } = machine;
  const hash = Entropy.seeded(`static ${part} ${name}`).hex(32);
  const endpoint =
    part === "etcd"
      ? { "kubeadm.kubernetes.io/etcd.advertise-client-urls": `https://${internalIP}:2379` }
      : part === "kube-apiserver"
        ? { "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": `${internalIP}:6443` }
        : {};
  return {
    metadata: {
      name: `${part}-${name}`,
      namespace: NAMESPACE,
      labels: { component: part, tier: "control-plane" },
      annotations: {
        ...endpoint,
        "kubernetes.io/config.hash": hash,
        [MIRROR]: hash,
        "kubernetes.io/config.seen": timeText(now),
        "kubernetes.io/config.source": "file",
      },
      ownerReferences: [{ apiVersion: "v1", controller: true, kind: "Node", name, uid }],
    },
    spec: {
      containers: [containerOf(part, machine, membersOf(cells))],
      enableServiceLinks: true,
      hostNetwork: true,
      nodeName: name,
      priorityClassName: "system-node-critical",
      securityContext: { seccompProfile: { type: "RuntimeDefault" } },
      tolerations: [{ effect: "NoExecute", operator: "Exists" }],
      volumes: DIRECTORIES[part].map((path) => ({
        name: path.split("/").slice(-2).join("-").replace(".", "-"),
        hostPath: { path, type: path.endsWith(".conf") ? "FileOrCreate" : "DirectoryOrCreate" },
      })),
    },
  };
}

const DIRECTORIES: Readonly<Record<PartName, readonly string[]>> = {
  etcd: ["/etc/kubernetes/pki/etcd", "/var/lib/etcd"],
  "kube-apiserver": ["/etc/ssl/certs", "/etc/kubernetes/pki"],
  "kube-controller-manager": ["/etc/ssl/certs", "/etc/kubernetes/pki", "/etc/kubernetes/controller-manager.conf"],
  "kube-scheduler": ["/etc/kubernetes/scheduler.conf"],
};

const CPU: Readonly<Record<PartName, string>> = {
  etcd: "100m",
  "kube-apiserver": "250m",
  "kube-controller-manager": "200m",
  "kube-scheduler": "100m",
};

function containerOf(part: PartName, machine: Machine, members: readonly string[]): Container {
  const { port, path, scheme, host } = HEALTH[part](machine);
  const probe = (more: Partial<Probe>): Probe => ({
    failureThreshold: 8,
    httpGet: { host, path, port, scheme },
    initialDelaySeconds: 10,
    periodSeconds: 10,
    timeoutSeconds: 15,
    ...more,
  });
  return {
    name: part,
    image: imageOf(part),
    imagePullPolicy: "IfNotPresent",
    command: [part, ...FLAGS[part](machine, members)],
    livenessProbe: probe({}),
    startupProbe: probe({ failureThreshold: 24 }),
    resources: { requests: { cpu: CPU[part], ...(part === "etcd" && { memory: "100Mi" }) } },
    volumeMounts: DIRECTORIES[part].map((mountPath) => ({
      mountPath,
      name: mountPath.split("/").slice(-2).join("-").replace(".", "-"),
      ...(part !== "etcd" && { readOnly: true }),
    })),
  };
}

const HEALTH: Readonly<
  Record<PartName, (machine: Machine) => { port: number; path: string; scheme: string; host: string }>
> = {
  etcd: () => ({ port: 2_381, path: "/livez", scheme: "HTTP", host: "127.0.0.1" }),
  "kube-apiserver": ({ internalIP }) => ({ port: 6_443, path: "/livez", scheme: "HTTPS", host: internalIP }),
  "kube-controller-manager": () => ({ port: 10_257, path: "/healthz", scheme: "HTTPS", host: "127.0.0.1" }),
  "kube-scheduler": () => ({ port: 10_259, path: "/livez", scheme: "HTTPS", host: "127.0.0.1" }),
};

const FLAGS: Readonly<Record<PartName, (machine: Machine, members: readonly string[]) => string[]>> = {
  etcd: ({ name, internalIP }, members) => [
    `--advertise-client-urls=https://${internalIP}:2379`,
    "--cert-file=/etc/kubernetes/pki/etcd/server.crt",
    "--client-cert-auth=true",
    "--data-dir=/var/lib/etcd",
    `--initial-advertise-peer-urls=https://${internalIP}:2380`,
    `--initial-cluster=${members.map((member) => `${member}=https://${member}:2380`).join(",")}`,
    "--key-file=/etc/kubernetes/pki/etcd/server.key",
    `--listen-client-urls=https://127.0.0.1:2379,https://${internalIP}:2379`,
    "--listen-metrics-urls=http://127.0.0.1:2381",
    `--listen-peer-urls=https://${internalIP}:2380`,
    `--name=${name}`,
    "--snapshot-count=10000",
    "--trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt",
  ],
  "kube-apiserver": ({ internalIP }) => [
    `--advertise-address=${internalIP}`,
    "--allow-privileged=true",
    "--authorization-mode=Node,RBAC",
    "--client-ca-file=/etc/kubernetes/pki/ca.crt",
    "--enable-admission-plugins=NodeRestriction",
    "--etcd-servers=https://127.0.0.1:2379",
    "--secure-port=6443",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    "--service-account-key-file=/etc/kubernetes/pki/sa.pub",
    "--service-cluster-ip-range=10.96.0.0/12",
  ],
  "kube-controller-manager": () => [
    "--allocate-node-cidrs=true",
    "--bind-address=127.0.0.1",
    "--cluster-cidr=10.244.0.0/16",
    "--cluster-name=kubernetes",
    "--controllers=*,bootstrapsigner,tokencleaner",
    "--kubeconfig=/etc/kubernetes/controller-manager.conf",
    "--leader-elect=true",
    "--service-cluster-ip-range=10.96.0.0/12",
    "--use-service-account-credentials=true",
  ],
  "kube-scheduler": () => [
    "--bind-address=127.0.0.1",
    "--kubeconfig=/etc/kubernetes/scheduler.conf",
    "--leader-elect=true",
  ],
};
