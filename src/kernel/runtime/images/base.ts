/**
 * The bare distributions: busybox, alpine, debian and ubuntu, whose command is a shell.
 */
import type { Image, ImageContent } from "#kernel/runtime/images/image";
import { alpineFiles, debianFiles, ubuntuFiles } from "#kernel/runtime/images/releases";
import { hasTag, type Tags } from "#kernel/runtime/images/tags";

function distribution(
  repository: string,
  sizeBytes: number,
  tags: Tags,
  content: (tag: string) => Pick<ImageContent, "config" | "flavor" | "files"> & { readonly tools?: readonly string[] },
): Image {
  return {
    repositories: [`docker.io/library/${repository}`],
    sizeBytes: () => sizeBytes,
    hasTag: (tag) => hasTag(tags, tag),
    content: ({ tag = "latest" }) => ({ programs: {}, ...content(tag) }),
  };
}

export const busybox = distribution(
  "busybox",
  2_200_000,
  {
    names: ["stable", "unstable", "glibc", "musl", "uclibc"],
    versions: { 1: [21, 38] },
    variants: ["glibc", "musl", "uclibc"],
  },
  () => ({ config: { cmd: ["sh"] }, flavor: "busybox", files: {}, tools: ["-apk"] }),
);

export const alpine = distribution(
  "alpine",
  3_800_000,
  { names: ["edge"], versions: { 2: [6, 7], 3: [1, 23] } },
  (tag) => ({ config: { cmd: ["/bin/sh"] }, flavor: "busybox", files: alpineFiles(tag) }),
);

const CODENAMES = [
  "bookworm",
  "bullseye",
  "buster",
  "trixie",
  "sid",
  "stable",
  "testing",
  "slim",
  "oldstable",
  "unstable",
];

export const debian = distribution(
  "debian",
  48_500_000,
  {
    names: CODENAMES,
    versions: { 8: [0, 11], 9: [0, 13], 10: [0, 13], 11: [0, 11], 12: [0, 13], 13: [0, 9] },
    variants: CODENAMES,
  },
  (tag) => ({ config: { cmd: ["bash"] }, flavor: "gnu", files: debianFiles(tag) }),
);

const UBUNTU = ["noble", "jammy", "focal", "bionic", "xenial", "trusty", "plucky", "rolling", "devel"];

export const ubuntu = distribution(
  "ubuntu",
  29_700_000,
  {
    names: UBUNTU,
    versions: { 14: [4, 4], 16: [4, 4], 18: [4, 4], 20: [4, 4], 22: [4, 4], 24: [4, 10], 25: [4, 10], 26: [4, 10] },
  },
  (tag) => ({ config: { cmd: ["/bin/bash"] }, flavor: "gnu", files: ubuntuFiles(tag) }),
);
