/**
 * stress: takes the memory it is told to, and is killed for it where there is less.
 *
 * Models the image polinux/stress, an alpine with the tool.
 */
import type { Image } from "#kernel/runtime/images/image";

export const stressImage: Image = {
  repositories: ["docker.io/polinux/stress"],
  sizeBytes: () => 4_041_495,
  hasTag: (tag) => /^(latest|1\.0\.\d)$/.test(tag),
  content: () => ({
    config: { cmd: ["/bin/sh"] },
    flavor: "busybox",
    files: {},
    programs: {},
    tools: ["+bash", "+stress"],
  }),
};
