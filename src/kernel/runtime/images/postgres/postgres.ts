/**
 * The images of PostgreSQL.
 *
 * Models the official image of docker-library/postgres.
 */
import { psql } from "#kernel/runtime/images/postgres/psql";
import { postgres } from "#kernel/runtime/images/postgres/server";
import { createdb, createuser, dropdb, pgDump, pgIsReady } from "#kernel/runtime/images/postgres/tools";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";

/** docker-entrypoint.sh: options mean the server, another command runs as it is. */
const entrypoint: Program = {
  name: "postgres-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    const command = given[0]?.startsWith("-") === true ? ["postgres", ...given] : given;
    if (task.replace(command) === 0) return undefined;
    task.complain(`/usr/local/bin/docker-entrypoint.sh: line 380: exec: ${command[0] ?? ""}: not found\n`);
    return 127;
  },
};

export const postgresPrograms = [
  postgres,
  psql,
  pgIsReady,
  createdb,
  dropdb,
  createuser,
  pgDump,
  entrypoint,
] as readonly Program[];

/** The newest release of each line. */
const NEWEST: Readonly<Record<string, string>> = {
  9: "9.6.24",
  10: "10.23",
  11: "11.22",
  12: "12.22",
  13: "13.23",
  14: "14.20",
  15: "15.15",
  16: "16.11",
  17: "17.7",
  18: "18.1",
};

function versionOf(tag: string): string {
  const [release = "", major = ""] = /^(\d+)(?:\.\d+)*/.exec(tag) ?? [];
  return release.includes(".") ? release : (NEWEST[major] ?? "18.1");
}

const BIN = "/usr/local/bin";

const tools = {
  [`${BIN}/docker-entrypoint.sh`]: entrypoint,
  [`${BIN}/postgres`]: postgres,
  [`${BIN}/psql`]: psql,
  [`${BIN}/pg_isready`]: pgIsReady,
  [`${BIN}/createdb`]: createdb,
  [`${BIN}/dropdb`]: dropdb,
  [`${BIN}/createuser`]: createuser,
  [`${BIN}/pg_dump`]: pgDump,
};

const PASSWD =
  "root:x:0:0:root:/root:/bin/bash\npostgres:x:999:999::/var/lib/postgresql:/bin/bash\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n";

export const postgresImage = imageOf({
  repositories: ["docker.io/library/postgres", "public.ecr.aws/docker/library/postgres"],
  megabytes: 156,
  tags: {
    versions: {
      9: [0, 6],
      10: [0, 23],
      11: [0, 22],
      12: [0, 30],
      13: [0, 30],
      14: [0, 30],
      15: [0, 30],
      16: [0, 30],
      17: [0, 30],
      18: [0, 30],
    },
    variants: ["alpine", "bookworm", "bullseye", "trixie", "buster", "debian"],
  },
  flavor: "gnu",
  config: (tag) => {
    const version = versionOf(tag);
    const isOld = Number(version.split(".")[0]) < 18;
    return {
      entrypoint: ["docker-entrypoint.sh"],
      cmd: ["postgres"],
      env: {
        LANG: "en_US.utf8",
        PG_MAJOR: version.split(".")[0] ?? "",
        PG_VERSION: version,
        PGDATA: isOld ? "/var/lib/postgresql/data" : `/var/lib/postgresql/${version.split(".")[0]}/docker`,
      },
      ports: [5432],
      stopSignal: "SIGINT",
    };
  },
  programs: tools,
  files: { "/docker-entrypoint-initdb.d/": "", "/var/lib/postgresql/": "", "/etc/passwd": PASSWD },
});
