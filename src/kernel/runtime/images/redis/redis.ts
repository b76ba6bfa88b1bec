/**
 * The images of Redis: the official one, and those of the guestbook.
 */
import type { Image } from "#kernel/runtime/images/image";
import { redisCli } from "#kernel/runtime/images/redis/cli";
import { redisServer } from "#kernel/runtime/images/redis/server";
import { hasTag } from "#kernel/runtime/images/tags";
import type { Program } from "#kernel/runtime/process/program";

/** docker-entrypoint.sh: options and configuration files mean the server. */
const entrypoint: Program = {
  name: "redis-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    const isForServer = /^-|\.conf$/.test(given[0] ?? "");
    const command = isForServer ? ["redis-server", ...given] : given;
    if (task.replace(command) === 0) return undefined;
    task.complain(`/usr/local/bin/docker-entrypoint.sh: exec: ${command[0] ?? ""}: not found\n`);
    return 127;
  },
};

/** run.sh of the guestbook's followers: the name of the leader, or its address from the environment. */
const follower: Program = {
  name: "redis-follower",
  step(task) {
    const role = (task.argv[0] ?? "").includes("v1") ? "MASTER" : "LEADER";
    const byName = role === "MASTER" ? "redis-master" : "redis-leader";
    const host = task.env("GET_HOSTS_FROM") === "env" ? (task.env(`REDIS_${role}_SERVICE_HOST`) ?? byName) : byName;
    return task.replace(["redis-server", "--replicaof", host, "6379"]) === 0 ? undefined : 127;
  },
};

export const redisPrograms: readonly Program[] = [redisServer as Program, redisCli as Program, entrypoint, follower];

const PROGRAMS: Readonly<Record<string, Program>> = {
  "/usr/local/bin/redis-server": redisServer as Program,
  "/usr/local/bin/redis-cli": redisCli as Program,
  "/usr/local/bin/docker-entrypoint.sh": entrypoint,
};

const TAGS = {
  names: ["e2e"],
  versions: { 2: [6, 8], 3: [0, 2], 4: [0, 0], 5: [0, 0], 6: [0, 2], 7: [0, 4], 8: [0, 8] } as const,
  variants: ["alpine", "bookworm", "bullseye", "buster", "trixie", "stretch", "jessie"],
};

/** The newest release of a line: `7` is 7.4. */
const NEWEST: Readonly<Record<string, string>> = { 2: "2.8.23", 3: "3.2.12", 4: "4.0.14", 5: "5.0.14", 6: "6.2.14" };

function versionOf(tag: string): string {
  const [release = "", major = "", minor] = /^(\d+)(?:\.(\d+))?(?:\.\d+)?/.exec(tag) ?? [];
  if (/^\d+\.\d+\.\d+$/.test(release)) return release;
  if (minor !== undefined) return `${release}.${release === "7.4" ? 6 : 0}`;
  return NEWEST[major] ?? (major === "7" ? "7.4.6" : tag === "e2e" ? "2.8.19" : "8.2.1");
}

function content(version: string, isAlpine: boolean) {
  return {
    config: {
      entrypoint: ["docker-entrypoint.sh"],
      cmd: ["redis-server"],
      env: { REDIS_VERSION: version },
      workingDir: "/data",
      ports: [6_379],
    },
    flavor: isAlpine ? ("busybox" as const) : ("gnu" as const),
    files: { "/data/": "" },
    programs: PROGRAMS,
    use: { memoryBytes: 4 * 2 ** 20, cpuMillis: 2, requestCpuMs: 0.05 },
  };
}

export const redisImage: Image = {
  repositories: ["docker.io/library/redis", "registry.k8s.io/redis", "k8s.gcr.io/redis"],
  sizeBytes: ({ tag }) => (tag?.includes("alpine") === true ? 17_300_000 : 46_000_000),
  hasTag: (tag) => hasTag(TAGS, tag),
  content: ({ tag = "latest" }) => content(versionOf(tag), tag.includes("alpine")),
};

function followerImage(repositories: readonly string[], tag: string): Image {
  const base = content("6.0.5", false);
  const path = `/run-${tag}.sh`;
  return {
    repositories,
    sizeBytes: () => 38_000_000,
    hasTag: (given) => given === tag || given === "latest",
    content: () => ({
      ...base,
      config: { ...base.config, entrypoint: [], cmd: [path] },
      programs: { ...PROGRAMS, [path]: follower },
    }),
  };
}

export const redisFollower = followerImage(
  ["us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower", "gcr.io/google_samples/gb-redis-follower"],
  "v2",
);
export const redisSlave = followerImage(
  ["gcr.io/google_samples/gb-redisslave", "gcr.io/google-samples/gb-redisslave"],
  "v1",
);
