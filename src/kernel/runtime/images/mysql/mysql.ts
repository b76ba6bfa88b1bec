/**
 * The images of MySQL and MariaDB, and of the backup tool that the StatefulSet lesson uses.
 *
 * Models the official images of docker-library.
 */
import { mysql } from "#kernel/runtime/images/mysql/mysql-client";
import { mysqld } from "#kernel/runtime/images/mysql/server";
import { mysqladmin, mysqldump, ncat, xbstream, xtrabackup } from "#kernel/runtime/images/mysql/tools";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";

/** docker-entrypoint.sh: options mean the server, another command runs as it is. */
const entrypoint: Program = {
  name: "mysql-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    const command = given[0]?.startsWith("-") === true ? ["mysqld", ...given] : given;
    if (task.replace(command) === 0) return undefined;
    task.complain(`/usr/local/bin/docker-entrypoint.sh: line 411: exec: ${command[0] ?? ""}: not found\n`);
    return 127;
  },
};

export const mysqlPrograms = [
  mysqld,
  mysql,
  mysqladmin,
  mysqldump,
  xtrabackup,
  xbstream,
  ncat,
  entrypoint,
] as readonly Program[];

const MYSQL_NEWEST: Readonly<Record<string, string>> = {
  5: "5.7.44",
  "5.5": "5.5.62",
  "5.6": "5.6.51",
  "5.7": "5.7.44",
  8: "8.4.7",
  "8.0": "8.0.44",
  "8.4": "8.4.7",
  9: "9.5.0",
};
const MARIADB_NEWEST: Readonly<Record<string, string>> = {
  10: "10.11.15",
  "10.3": "10.3.39",
  "10.4": "10.4.34",
  "10.5": "10.5.29",
  "10.6": "10.6.24",
  "10.11": "10.11.15",
  11: "11.8.5",
  "11.4": "11.4.9",
  "11.8": "11.8.5",
  12: "12.1.2",
};

function versionOf(tag: string, newest: Readonly<Record<string, string>>, otherwise: string): string {
  const release = /^\d+(\.\d+)*/.exec(tag)?.[0] ?? "";
  return /^\d+\.\d+\.\d+$/.test(release)
    ? release
    : (newest[release] ?? newest[release.split(".")[0] ?? ""] ?? otherwise);
}

const PROGRAMS = {
  "/usr/local/bin/docker-entrypoint.sh": entrypoint,
  "/usr/sbin/mysqld": mysqld,
  "/usr/bin/mysql": mysql,
  "/usr/bin/mysqladmin": mysqladmin,
  "/usr/bin/mysqldump": mysqldump,
};

const PASSWD =
  "root:x:0:0:root:/root:/bin/bash\nmysql:x:999:999::/var/lib/mysql:/bin/bash\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n";
const FILES = {
  "/docker-entrypoint-initdb.d/": "",
  "/var/lib/mysql/": "",
  "/etc/mysql/conf.d/": "",
  "/etc/passwd": PASSWD,
  "/etc/my.cnf": "[mysqld]\nskip-name-resolve\n",
};

export const mysqlImage = imageOf({
  repositories: [
    "docker.io/library/mysql",
    "public.ecr.aws/docker/library/mysql",
    "docker.io/mysql/mysql-server",
    "container-registry.oracle.com/mysql/community-server",
  ],
  megabytes: 172,
  tags: {
    names: ["lts", "innovation", "oracle"],
    versions: { 5: [5, 7], 8: [0, 4], 9: [0, 7] },
    patches: 70,
    variants: ["oracle", "debian", "oraclelinux", "bookworm"],
  },
  flavor: "gnu",
  config: (tag) => ({
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["mysqld"],
    env: { MYSQL_VERSION: versionOf(tag, MYSQL_NEWEST, tag === "lts" ? "8.4.7" : "9.5.0") },
    ports: [3306],
  }),
  programs: PROGRAMS,
  files: FILES,
});

export const mariadbImage = imageOf({
  repositories: ["docker.io/library/mariadb", "public.ecr.aws/docker/library/mariadb"],
  megabytes: 118,
  tags: {
    names: ["lts"],
    versions: { 10: [0, 11], 11: [0, 8], 12: [0, 4] },
    patches: 60,
    variants: ["jammy", "noble", "focal", "ubi", "ubi9", "bionic"],
  },
  flavor: "gnu",
  config: (tag) => ({
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["mariadbd"],
    env: { MARIADB_VERSION: `1:${versionOf(tag, MARIADB_NEWEST, "11.8.5")}+maria~ubu2404` },
    ports: [3306],
  }),
  programs: {
    ...PROGRAMS,
    "/usr/sbin/mariadbd": mysqld,
    "/usr/bin/mariadb": mysql,
    "/usr/bin/mariadb-admin": mysqladmin,
    "/usr/bin/mariadb-dump": mysqldump,
  },
  files: FILES,
});

export const xtrabackupImage = imageOf({
  repositories: ["gcr.io/google-samples/xtrabackup", "gcr.io/google_samples/xtrabackup"],
  megabytes: 110,
  tags: /^(latest|1\.0)$/,
  flavor: "gnu",
  config: { cmd: ["bash"] },
  programs: {
    "/usr/bin/mysql": mysql,
    "/usr/bin/mysqladmin": mysqladmin,
    "/usr/bin/xtrabackup": xtrabackup,
    "/usr/bin/xbstream": xbstream,
    "/usr/bin/ncat": ncat,
  },
  files: { "/var/lib/mysql/": "" },
});
