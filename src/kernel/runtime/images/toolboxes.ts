/**
 * Toolboxes: images that bring a shell and tools and little else.
 */
import type { Image, ImageConfig } from "#kernel/runtime/images/image";
import { pauseProgram } from "#kernel/runtime/images/pause";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";

interface Box {
  readonly repositories: readonly string[];
  readonly megabytes: number;
  readonly flavor: "busybox" | "gnu";
  readonly config: ImageConfig;
  readonly tools?: readonly string[];
  readonly programs?: Readonly<Record<string, Program>>;
}

const FOREVER: ImageConfig = { cmd: ["sleep", "infinity"] };
const NET = ["+curl", "+dig", "+host", "+nslookup", "+nc", "+ping", "+ip", "+netstat", "+wget"];

const BOXES: readonly Box[] = [
  {
    repositories: ["docker.io/curlimages/curl", "quay.io/curl/curl"],
    megabytes: 9,
    flavor: "busybox",
    config: { entrypoint: ["/entrypoint.sh"], cmd: ["curl"], user: 100 },
    tools: ["+curl"],
  },
  {
    repositories: [
      "registry.k8s.io/e2e-test-images/jessie-dnsutils",
      "registry.k8s.io/jessie-dnsutils",
      "gcr.io/kubernetes-e2e-test-images/jessie-dnsutils",
      "registry.k8s.io/e2e-test-images/dnsutils",
      "gcr.io/kubernetes-e2e-test-images/dnsutils",
      "docker.io/tutum/dnsutils",
    ],
    megabytes: 70,
    flavor: "gnu",
    config: FOREVER,
    tools: NET,
  },
  {
    repositories: ["docker.io/nicolaka/netshoot", "ghcr.io/nicolaka/netshoot"],
    megabytes: 190,
    flavor: "busybox",
    config: { cmd: ["zsh"] },
    tools: ["+bash", ...NET],
  },
  {
    repositories: ["docker.io/radial/busyboxplus", "docker.io/yauritux/busybox-curl", "docker.io/odise/busybox-curl"],
    megabytes: 5,
    flavor: "busybox",
    config: { cmd: ["/bin/sh"] },
    tools: ["+curl"],
  },
  {
    repositories: ["docker.io/library/bash"],
    megabytes: 6,
    flavor: "busybox",
    config: { cmd: ["bash"] },
    tools: ["+bash"],
  },
  {
    repositories: [
      "docker.io/library/fedora",
      "docker.io/library/centos",
      "docker.io/library/rockylinux",
      "docker.io/library/almalinux",
      "quay.io/centos/centos",
      "docker.io/library/amazonlinux",
      "registry.access.redhat.com/ubi8/ubi",
      "registry.access.redhat.com/ubi9/ubi",
      "docker.io/library/oraclelinux",
    ],
    megabytes: 75,
    flavor: "gnu",
    config: { cmd: ["/bin/bash"] },
    tools: ["+curl"],
  },
  {
    repositories: [
      "registry.k8s.io/busybox",
      "k8s.gcr.io/busybox",
      "registry.k8s.io/e2e-test-images/busybox",
      "gcr.io/google-containers/busybox",
      "gcr.io/google_containers/busybox",
      "public.ecr.aws/docker/library/busybox",
      "quay.io/quay/busybox",
      "mirror.gcr.io/library/busybox",
    ],
    megabytes: 2,
    flavor: "busybox",
    config: { cmd: ["sh"] },
  },
  {
    repositories: ["public.ecr.aws/docker/library/alpine", "mirror.gcr.io/library/alpine"],
    megabytes: 4,
    flavor: "busybox",
    config: { cmd: ["/bin/sh"] },
  },
  {
    repositories: ["docker.io/library/docker", "docker.io/alpine/git", "docker.io/alpine/curl"],
    megabytes: 30,
    flavor: "busybox",
    config: { cmd: ["sh"] },
    tools: ["+curl"],
  },
  {
    repositories: ["registry.k8s.io/e2e-test-images/nonroot", "gcr.io/kubernetes-e2e-test-images/nonroot"],
    megabytes: 18,
    flavor: "busybox",
    config: { cmd: ["sleep", "infinity"], user: 1234 },
  },
  {
    repositories: [
      "registry.k8s.io/e2e-test-images/ipc-utils",
      "registry.k8s.io/e2e-test-images/volume/nfs",
      "registry.k8s.io/build-image/debian-base",
      "registry.k8s.io/e2e-test-images/sample-device-plugin",
    ],
    megabytes: 60,
    flavor: "gnu",
    config: { cmd: ["bash"] },
    tools: ["+curl"],
  },
];

/** `/entrypoint.sh` of curl's image: options and addresses are curl's, any other command runs as it is. */
const curlEntrypoint: Program = {
  name: "curl-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    const isOption = given[0] === undefined || given[0].startsWith("-") || /:\/\//.test(given[0]);
    const command = isOption ? ["curl", ...given] : given;
    if (task.replace(command) === 0) return undefined;
    return task.replace(["curl", ...given]) === 0 ? undefined : 127;
  },
};

/** Says whom it runs as: its file belongs to root and has the setuid bit, so root, unless it may gain nothing. */
const nonewprivs: Program = {
  name: "nonewprivs",
  step(task) {
    task.print(`Effective uid: ${task.record.hasNoNewPrivileges === true ? task.uid : 0}\n`);
    return 0;
  },
};

export const toolboxPrograms = [curlEntrypoint, nonewprivs] as readonly Program[];

export const toolboxImages: readonly Image[] = [
  ...BOXES.map(({ tools, programs, ...box }) =>
    imageOf({
      ...box,
      tags: /^[\w][\w.-]*$/,
      programs:
        box.repositories[0]?.includes("curlimages") === true ? { "/entrypoint.sh": curlEntrypoint } : (programs ?? {}),
      ...(tools === undefined ? {} : { tools }),
    }),
  ),
  imageOf({
    repositories: ["registry.k8s.io/e2e-test-images/nonewprivs", "gcr.io/kubernetes-e2e-test-images/nonewprivs"],
    megabytes: 3,
    config: { entrypoint: ["/nnp"] },
    programs: { "/nnp": nonewprivs },
  }),
  imageOf({
    repositories: ["registry.k8s.io/e2e-test-images/pause", "registry.k8s.io/pause-amd64"],
    megabytes: 1,
    flavor: "none",
    config: { entrypoint: ["/pause"], user: 65_535 },
    programs: { "/pause": pauseProgram },
  }),
];
