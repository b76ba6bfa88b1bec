/**
 * The same images under other names: the copies that test suites and clouds keep.
 */
import { httpdImage } from "#kernel/runtime/images/httpd";
import type { Image } from "#kernel/runtime/images/image";
import { mysqlImage } from "#kernel/runtime/images/mysql/mysql";
import { nginxImage } from "#kernel/runtime/images/nginx/nginx";
import { perlImage } from "#kernel/runtime/images/perl/perl";
import { redisImage } from "#kernel/runtime/images/redis/redis";

/** An image under other names; `1.14-4` there is the fourth build of what is 1.14 here. */
function mirror(image: Image, repositories: readonly string[]): Image {
  const own = (tag: string): string => tag.replace(/-\d+$/, "");
  return {
    ...image,
    repositories,
    hasTag: (tag) => image.hasTag(tag) || image.hasTag(own(tag)) || tag === "0.8" || tag === "e2e",
    content: (reference) =>
      image.content(reference.tag === undefined ? reference : { ...reference, tag: own(reference.tag) }),
  };
}

const under = (name: string, ...more: readonly string[]): string[] => [
  `registry.k8s.io/e2e-test-images/${name}`,
  `k8s.gcr.io/e2e-test-images/${name}`,
  `gcr.io/kubernetes-e2e-test-images/${name}`,
  `public.ecr.aws/docker/library/${name}`,
  `mirror.gcr.io/library/${name}`,
  ...more,
];

export const mirrors: readonly Image[] = [
  mirror(
    nginxImage,
    under("nginx", "registry.k8s.io/nginx-slim", "k8s.gcr.io/nginx-slim", "gcr.io/google_containers/nginx-slim"),
  ),
  mirror(httpdImage, under("httpd")),
  mirror(redisImage, under("redis")),
  mirror(perlImage, under("perl")),
  mirror(mysqlImage, ["mirror.gcr.io/library/mysql", "registry.k8s.io/e2e-test-images/mysql"]),
];
