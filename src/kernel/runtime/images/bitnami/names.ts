/**
 * The names under which Bitnami's images are published: what has no longer a place of its own is kept as legacy.
 */

/** The repositories of an image of Bitnami's. */
export const bitnamiNames = (...names: readonly string[]): string[] =>
  names.flatMap((name) => [
    `docker.io/bitnami/${name}`,
    `docker.io/bitnamilegacy/${name}`,
    `public.ecr.aws/bitnami/${name}`,
  ]);
