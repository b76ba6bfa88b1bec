/**
 * Paths of the node that pods mount: what is there before any pod wrote to it, and what a hostPath's type asks for.
 *
 * Models pkg/volume/hostpath (checkType).
 * Leaves out most of a node's own files: what a lesson looks at is there, the rest is empty.
 */
import type { HostPathVolumeSource } from "#kernel/api/types.gen";
import type { PodWork } from "#kernel/kubelet/pod-work";
import { nodeHosts } from "#kernel/kubelet/sandbox-files";
import { clusterAuthority } from "#kernel/resources/certificates/authority";
import { FILES } from "#kernel/runtime/files/content";
import { hostTree } from "#kernel/runtime/files/host-tree";
import { putNode, putText, treeOf } from "#kernel/runtime/files/volume";
import { debianFiles } from "#kernel/runtime/images/releases";

const DIRECTORIES = (
  "/ /bin /boot /dev /dev/shm /etc /etc/cni/net.d /etc/containerd /etc/kubernetes /etc/kubernetes/manifests " +
  "/etc/kubernetes/pki /etc/ssl/certs /home /lib /lib/modules /mnt /opt /opt/cni/bin /proc /root /run /run/containerd " +
  "/run/systemd /srv /sys /sys/fs/bpf /sys/fs/cgroup /tmp /usr /usr/local/bin /usr/share /usr/src /var /var/lib " +
  "/var/lib/containerd /var/lib/kubelet /var/lib/kubelet/plugins /var/lib/kubelet/plugins_registry " +
  "/var/lib/kubelet/pods /var/log /var/log/containers /var/log/pods /var/run /var/tmp"
).split(" ");
const SOCKETS = ["/run/containerd/containerd.sock", "/var/run/containerd/containerd.sock"];
const DEVICES = ["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/kmsg", "/dev/fuse"];

/** The system every machine runs, as nodeInfo.osImage says. */
const NODE_RELEASE = debianFiles("trixie") as Readonly<Record<string, string>>;

const PKI = "/etc/kubernetes/pki";
const CERTIFIED = ["ca", "apiserver", "apiserver-kubelet-client", "apiserver-etcd-client", "front-proxy-ca"];
const CERTIFIED_BY_ETCD = ["ca", "server", "peer", "healthcheck-client"];

/** What kubeadm lays down for a control plane: its certificates, and keys that are none. */
function pkiFiles(certificate: string): Readonly<Record<string, string>> {
  const key = "-----BEGIN RSA PRIVATE KEY-----\nnot shown\n-----END RSA PRIVATE KEY-----\n";
  const paths = [
    ...CERTIFIED.map((name) => `${PKI}/${name}`),
    ...CERTIFIED_BY_ETCD.map((name) => `${PKI}/etcd/${name}`),
  ];
  return Object.fromEntries(
    paths.flatMap((path) => [
      [`${path}.crt`, certificate],
      [`${path}.key`, key],
    ]),
  );
}

/** The node's own files, by path. */
function hostFiles({ machine, context }: PodWork): Readonly<Record<string, string>> {
  return {
    ...(machine.isControlPlane === true && pkiFiles(clusterAuthority(context.cells)?.certificate ?? "")),
    "/etc/hosts": nodeHosts(machine),
    "/etc/hostname": `${machine.name}\n`,
    "/etc/resolv.conf": "nameserver 172.18.0.1\n",
    ...NODE_RELEASE,
    "/etc/machine-id": `${machine.name.padEnd(32, "0").slice(0, 32)}\n`,
    "/etc/localtime": "TZif2",
    "/etc/timezone": "Etc/UTC\n",
  };
}

const trimmed = (path: string): string => (path === "/" ? path : path.replace(/\/+$/, ""));

/** Makes a path ready to be mounted; gives why it cannot be. */
export function prepareHostPath(work: PodWork, { path: written, type = "" }: HostPathVolumeSource): string | undefined {
  const path = trimmed(written);
  const { cells, now } = work.context;
  const tree = hostTree(work.machine.name, written);
  const root = treeOf(cells, tree).nodes[""];
  const text = hostFiles(work)[path];
  const isFile = root?.kind === "file" || text !== undefined;
  const isDirectory = !isFile && (DIRECTORIES.includes(path) || cells.get(FILES, tree) !== undefined);
  const isThere = isFile || isDirectory || SOCKETS.includes(path) || DEVICES.includes(path);
  const refuse = (what: string): string => `hostPath type check failed: ${path} is not ${what}`;
  if (type === "Directory" && !isDirectory) return refuse("a directory");
  if (type === "File" && !isFile) return refuse("a file");
  if (type === "Socket" && !SOCKETS.includes(path)) return refuse("a socket file");
  if (type === "CharDevice" && !DEVICES.includes(path)) return refuse("a character device");
  if (type === "BlockDevice") return refuse("a block device");
  if (type === "DirectoryOrCreate" && isThere && !isDirectory) return refuse("a directory");
  if (type === "FileOrCreate" && isThere && !isFile) return refuse("a file");
  if (root !== undefined) return undefined;
  if (text !== undefined || type === "FileOrCreate" || SOCKETS.includes(path) || DEVICES.includes(path)) {
    putText(cells, tree, "", { text: text ?? "", mode: 0o644, uid: 0, at: now });
  } else if (type === "DirectoryOrCreate" || !isDirectory) {
    putNode(cells, tree, "", { kind: "dir", mode: 0o755, uid: 0, at: now });
  }
  fill(work, tree, path === "/" ? "" : path);
  return undefined;
}

/** Lays the node's own files below a directory that holds them. */
function fill(work: PodWork, tree: string, above: string): void {
  const { cells, now } = work.context;
  const { nodes } = treeOf(cells, tree);
  for (const [path, text] of Object.entries(hostFiles(work))) {
    if (!path.startsWith(`${above}/`)) continue;
    const inside = path.slice(above.length + 1);
    if (nodes[inside] === undefined) putText(cells, tree, inside, { text, mode: 0o644, uid: 0, at: now });
  }
  if (above !== "") return;
  for (const path of DIRECTORIES) {
    const inside = path.slice(1);
    if (inside !== "" && nodes[inside] === undefined && !inside.includes("/")) {
      putNode(cells, tree, inside, { kind: "dir", mode: 0o755, uid: 0, at: now });
    }
  }
}
