/**
 * The images of MongoDB.
 *
 * Models the mongo image of docker-library.
 */
import { mongod } from "#kernel/runtime/images/mongo/server";
import { mongosh } from "#kernel/runtime/images/mongo/shell";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";

const entrypoint: Program = {
  name: "mongo-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    return task.replace(given[0]?.startsWith("-") === true ? ["mongod", ...given] : given) === 0 ? undefined : 127;
  },
};

export const mongoPrograms = [mongod, mongosh, entrypoint] as readonly Program[];

const NEWEST: Readonly<Record<string, string>> = {
  3: "3.6.23",
  4: "4.4.29",
  "4.2": "4.2.24",
  5: "5.0.31",
  6: "6.0.26",
  7: "7.0.25",
  8: "8.2.1",
};

export const mongoImage = imageOf({
  repositories: ["docker.io/library/mongo", "public.ecr.aws/docker/library/mongo"],
  megabytes: 262,
  tags: {
    versions: { 3: [0, 6], 4: [0, 4], 5: [0, 0], 6: [0, 0], 7: [0, 0], 8: [0, 2] },
    variants: ["jammy", "noble", "focal", "bionic", "xenial"],
    patches: 60,
  },
  flavor: "gnu",
  config: (tag) => {
    const release = /^\d+(\.\d+)*/.exec(tag)?.[0] ?? "8";
    const version =
      release.split(".").length === 3 ? release : (NEWEST[release] ?? NEWEST[release.split(".")[0] ?? ""] ?? "8.2.1");
    return { entrypoint: ["docker-entrypoint.sh"], cmd: ["mongod"], env: { MONGO_VERSION: version }, ports: [27_017] };
  },
  programs: {
    "/usr/local/bin/docker-entrypoint.sh": entrypoint,
    "/usr/bin/mongod": mongod,
    "/usr/bin/mongosh": mongosh,
    "/usr/bin/mongo": mongosh,
  },
  files: { "/data/db/": "", "/docker-entrypoint-initdb.d/": "" },
});
