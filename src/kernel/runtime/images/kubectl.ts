/**
 * Images that bring kubectl: bare ones whose command it is, and toolboxes with a shell around it.
 */
import type { Image, ImageConfig } from "#kernel/runtime/images/image";
import { imageOf } from "#kernel/runtime/images/server";
import { kubectl } from "#kernel/runtime/shell/commands/kubectl";

interface Box {
  readonly repositories: readonly string[];
  readonly megabytes: number;
  readonly flavor: "busybox" | "gnu" | "none";
  readonly config: ImageConfig;
  /** Where its kubectl is, if not among the other tools. */
  readonly path?: string;
}

const ENTRY = { entrypoint: ["kubectl"], cmd: ["--help"] };

const BOXES: readonly Box[] = [
  {
    repositories: ["registry.k8s.io/kubectl"],
    megabytes: 20,
    flavor: "none",
    config: { entrypoint: ["/bin/kubectl"] },
    path: "/bin/kubectl",
  },
  {
    repositories: ["docker.io/rancher/kubectl", "docker.io/rancher/hyperkube"],
    megabytes: 20,
    flavor: "none",
    config: { entrypoint: ["/bin/kubectl"], user: 1000 },
    path: "/bin/kubectl",
  },
  {
    repositories: [
      "docker.io/bitnami/kubectl",
      "docker.io/bitnamilegacy/kubectl",
      "docker.io/bitnamisecure/kubectl",
      "public.ecr.aws/bitnami/kubectl",
      "quay.io/bitnami/kubectl",
    ],
    megabytes: 110,
    flavor: "gnu",
    config: { ...ENTRY, user: 1001 },
    path: "/opt/bitnami/kubectl/bin/kubectl",
  },
  {
    repositories: ["docker.io/alpine/k8s", "docker.io/dtzar/helm-kubectl", "docker.io/alpine/kubectl-bash"],
    megabytes: 180,
    flavor: "busybox",
    config: { cmd: ["bash"], workingDir: "/apps" },
  },
  {
    repositories: [
      "docker.io/alpine/kubectl",
      "docker.io/lachlanevenson/k8s-kubectl",
      "docker.io/roffe/kubectl",
      "ghcr.io/kubectl/kubectl",
    ],
    megabytes: 35,
    flavor: "busybox",
    config: ENTRY,
  },
  {
    repositories: ["docker.io/rancher/shell", "docker.io/portainer/kubectl-shell", "docker.io/rancher/kubectl-shell"],
    megabytes: 90,
    flavor: "busybox",
    config: { cmd: ["bash"] },
  },
];

export const kubectlImages: readonly Image[] = BOXES.map(({ path, ...box }) =>
  imageOf({
    ...box,
    tags: /^[\w][\w.-]*$/,
    programs: path === undefined ? {} : { [path]: kubectl },
    ...(box.flavor !== "none" && { tools: ["+kubectl", "+bash", "+curl", "+jq"] }),
  }),
);
