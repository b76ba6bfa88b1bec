/**
 * The image behind every well-formed name nobody described: a long-running server that says what it is.
 */
import type { Image } from "#kernel/runtime/images/image";
import { Entropy } from "#kernel/sim/entropy";

export const defaultImage: Image = {
  repositories: [],
  sizeBytes: ({ repository }) => 20_000_000 + Math.floor(Entropy.seeded(repository).fraction() * 130_000_000),
  hasTag: () => true,
  content: () => ({ config: {}, flavor: "busybox", files: {}, programs: {} }),
};
