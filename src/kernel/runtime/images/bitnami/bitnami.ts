/**
 * Bitnami's images: the same servers as the official ones under other paths, as a user that is not root, with variables
 * of their own and scripts that run them.
 *
 * Models the containers of bitnami/containers that charts run.
 * Leaves out what is not said below of their variables: clustering is what the server's own options make of it.
 */
import { libraries } from "#kernel/runtime/images/bitnami/libraries";
import { bitnamiNames } from "#kernel/runtime/images/bitnami/names";
import type { FileSeed, Image, ImageConfig } from "#kernel/runtime/images/image";
import { memcachedImage } from "#kernel/runtime/images/memcached";
import { mongoImage } from "#kernel/runtime/images/mongo/mongo";
import { mariadbImage, mysqlImage } from "#kernel/runtime/images/mysql/mysql";
import { nginxImage } from "#kernel/runtime/images/nginx/nginx";
import { postgresImage } from "#kernel/runtime/images/postgres/postgres";
import { secretOf } from "#kernel/runtime/images/postgres/server";
import { rabbitmqImage } from "#kernel/runtime/images/rabbitmq";
import { redisImage } from "#kernel/runtime/images/redis/redis";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

type Env = Readonly<Record<string, string>>;

/** How a server is run: its command line and what is added to the environment, or why it cannot be. */
type Plan = { readonly argv: readonly string[]; readonly env?: Env } | string;

interface Parts {
  /** As in `bitnami/NAME`, the folder below /opt/bitnami and the name in its log. */
  readonly name: string;
  /** Further names of it. */
  readonly others?: readonly string[];
  readonly official: Image;
  readonly config: Pick<ImageConfig, "env" | "ports">;
  readonly files?: Readonly<Record<string, FileSeed>>;
  plan(task: Task): Plan;
}

function say(task: Task, name: string, level: string, text: string): void {
  const time = `${new Date(task.now).toISOString().slice(11, 22)}`;
  for (const line of text.split("\n")) task.complain(`${name} ${time} ${level.padEnd(5)} ==> ${line}\n`);
}

const isYes = (text: string | undefined): boolean => /^(1|y(es)?|true)$/i.test(text ?? "");

/** What is said where a password is missing. */
function noPassword(variable: string): string {
  return (
    `The ${variable} environment variable is empty or not set. Set the environment variable ALLOW_EMPTY_PASSWORD=yes ` +
    "to allow the container to be started with blank passwords. This is recommended only for development."
  );
}

/** The value of the first of some variables that is set, itself or by a file. */
const first = (task: Task, ...names: readonly string[]): string | undefined =>
  names.map((name) => secretOf(task, name)).find((value) => value !== undefined && value !== "");

function planRedis(task: Task): Plan {
  const password = first(task, "REDIS_PASSWORD");
  if (password === undefined && !isYes(task.env("ALLOW_EMPTY_PASSWORD"))) return noPassword("REDIS_PASSWORD");
  const secrets = password === undefined ? [] : ["--requirepass", password, "--masterauth", password];
  const isReplica = /^(slave|replica)$/.test(task.env("REDIS_REPLICATION_MODE") ?? "");
  const primary = isReplica
    ? ["--replicaof", task.env("REDIS_MASTER_HOST") ?? "", task.env("REDIS_MASTER_PORT_NUMBER") ?? "6379"]
    : [];
  const port = first(task, "REDIS_PORT_NUMBER", "REDIS_PORT") ?? "6379";
  const number = /^\d+$/.test(port) ? port : "6379";
  return {
    argv: ["redis-server", "--port", number, ...secrets, ...primary, "--protected-mode", "no", ...task.argv.slice(1)],
  };
}

function planPostgres(task: Task): Plan {
  const user = first(task, "POSTGRESQL_USERNAME", "POSTGRES_USER") ?? "postgres";
  const password = first(task, "POSTGRESQL_PASSWORD", "POSTGRES_PASSWORD");
  const root = first(task, "POSTGRESQL_POSTGRES_PASSWORD", "POSTGRES_POSTGRES_PASSWORD");
  const isOpen = isYes(task.env("ALLOW_EMPTY_PASSWORD"));
  if (password === undefined && !isOpen) return noPassword("POSTGRESQL_PASSWORD");
  const database = first(task, "POSTGRESQL_DATABASE", "POSTGRES_DATABASE", "POSTGRES_DB");
  return {
    argv: ["postgres", "-p", first(task, "POSTGRESQL_PORT_NUMBER") ?? "5432"],
    env: {
      POSTGRES_USER: user,
      PGDATA: first(task, "POSTGRESQL_DATA_DIR", "PGDATA") ?? "/bitnami/postgresql/data",
      ...(password === undefined ? { POSTGRES_HOST_AUTH_METHOD: "trust" } : { POSTGRES_PASSWORD: password }),
      ...(root === undefined ? {} : { POSTGRES_POSTGRES_PASSWORD: root }),
      ...(database === undefined ? {} : { POSTGRES_DB: database }),
    },
  };
}

/** MySQL's and MariaDB's: the variables have the names of the official images. */
const planMysql =
  (prefix: "MYSQL" | "MARIADB") =>
  (task: Task): Plan => {
    const folder = prefix.toLowerCase();
    const isOpen = isYes(task.env("ALLOW_EMPTY_PASSWORD"));
    const isReplica = task.env(`${prefix}_REPLICATION_MODE`) === "slave";
    const root = first(task, `${prefix}_ROOT_PASSWORD`, `${prefix}_MASTER_ROOT_PASSWORD`);
    if (root === undefined && !isOpen) return noPassword(`${prefix}_ROOT_PASSWORD`);
    const flags = task.argv.slice(1).filter((arg) => arg.startsWith("--") && !arg.startsWith("--defaults"));
    const server = isReplica ? ["--server-id=2", "--super-read-only"] : [];
    return {
      argv: [
        "mysqld",
        `--datadir=/bitnami/${folder}/data`,
        `--port=${first(task, `${prefix}_PORT_NUMBER`) ?? "3306"}`,
        ...server,
        ...flags,
      ],
      env:
        root === undefined
          ? { [`${prefix}_ALLOW_EMPTY_PASSWORD`]: "yes", [`${prefix}_ALLOW_EMPTY_ROOT_PASSWORD`]: "yes" }
          : { [`${prefix}_ROOT_PASSWORD`]: root },
    };
  };

function planMongo(task: Task): Plan {
  const password = first(task, "MONGODB_ROOT_PASSWORD");
  const port = first(task, "MONGODB_PORT_NUMBER") ?? "27017";
  for (const path of ["/bitnami/mongodb/data", "/bitnami/mongodb/data/db"])
    if (!task.files.exists(path)) task.files.makeDirectory(path, task.uid);
  return {
    argv: ["mongod", "--dbpath", "/bitnami/mongodb/data/db", "--port", port, "--bind_ip_all"],
    env:
      password === undefined
        ? {}
        : {
            MONGO_INITDB_ROOT_USERNAME: first(task, "MONGODB_ROOT_USER") ?? "root",
            MONGO_INITDB_ROOT_PASSWORD: password,
          },
  };
}

const NGINX_CONF = "/opt/bitnami/nginx/conf/nginx.conf";
const NGINX_CONF_TEXT = `worker_processes auto;
error_log "/opt/bitnami/nginx/logs/error.log";
pid "/opt/bitnami/nginx/tmp/nginx.pid";
events {
    worker_connections 1024;
}
http {
    include mime.types;
    default_type application/octet-stream;
    client_body_temp_path "/opt/bitnami/nginx/tmp/client_body" 1 2;
    access_log "/opt/bitnami/nginx/logs/access.log";
    include "/opt/bitnami/nginx/conf/server_blocks/*.conf";
    server {
        listen 8080;
        server_name _;
        root /app;
        location /status {
            return 200 "Active connections: 1\\n";
        }
        location / {
            index index.html;
        }
    }
}
`;

/** What stands beside the configuration is written where a volume has hidden it. */
function planNginx(task: Task): Plan {
  for (const [path, text] of [
    [NGINX_CONF, NGINX_CONF_TEXT],
    ["/opt/bitnami/nginx/conf/mime.types", MIME],
  ] as const) {
    if (!task.files.exists(path)) task.files.write(path, text, { uid: task.uid });
  }
  return { argv: ["nginx", "-c", NGINX_CONF, "-g", "daemon off;"] };
}

const MIME = "types {\n    text/html  html htm;\n    text/css  css;\n    application/javascript  js;\n}\n";

function planRabbit(task: Task): Plan {
  return {
    argv: ["rabbitmq-server"],
    env: {
      RABBITMQ_DEFAULT_USER: first(task, "RABBITMQ_USERNAME") ?? "user",
      RABBITMQ_MANAGEMENT: "yes",
      RABBITMQ_DEFAULT_PASS: first(task, "RABBITMQ_PASSWORD") ?? "bitnami",
    },
  };
}

const SERVERS: readonly Parts[] = [
  {
    name: "redis",
    others: ["redis-cluster", "valkey"],
    official: redisImage,
    config: { ports: [6379] },
    files: {
      "/opt/bitnami/redis/etc/redis.conf": "",
      "/opt/bitnami/redis/mounted-etc/": "",
      "/data/": { mode: 0o777 },
    },
    plan: planRedis,
  },
  {
    name: "postgresql",
    others: ["postgresql-repmgr"],
    official: postgresImage,
    config: { ports: [5432] },
    plan: planPostgres,
  },
  { name: "mysql", official: mysqlImage, config: { ports: [3306] }, plan: planMysql("MYSQL") },
  {
    name: "mariadb",
    others: ["mariadb-galera"],
    official: mariadbImage,
    config: { ports: [3306] },
    plan: planMysql("MARIADB"),
  },
  { name: "mongodb", official: mongoImage, config: { ports: [27_017] }, plan: planMongo },
  {
    name: "nginx",
    official: nginxImage,
    config: { ports: [8080, 8443] },
    files: {
      [NGINX_CONF]: NGINX_CONF_TEXT,
      "/opt/bitnami/nginx/conf/mime.types": MIME,
      "/opt/bitnami/nginx/conf/server_blocks/": { mode: 0o777 },
      "/app/": { mode: 0o777 },
      "/var/cache/nginx/": { mode: 0o777 },
      "/opt/bitnami/nginx/logs/access.log": { link: "/dev/stdout" },
      "/opt/bitnami/nginx/logs/error.log": { link: "/dev/stderr" },
    },
    plan: planNginx,
  },
  { name: "rabbitmq", official: rabbitmqImage, config: { ports: [5672, 15_672, 4369, 25_672] }, plan: planRabbit },
  {
    name: "memcached",
    official: memcachedImage,
    config: { ports: [11_211] },
    plan: (task) => ({ argv: ["memcached", ...task.argv.slice(1)] }),
  },
];

/** Whoever starts it with its own run.sh is greeted; any other command runs as it is. */
const entrypoint: Program = {
  name: "bitnami-entrypoint",
  step(task) {
    const given = task.argv.slice(1);
    const [, name] = /^\/opt\/bitnami\/scripts\/([\w-]+)\/run\.sh$/.exec(given[0] ?? "") ?? [];
    if (name !== undefined) {
      say(task, name, "INFO", "");
      say(task, name, "INFO", `Welcome to the Bitnami ${name} container`);
      say(task, name, "INFO", "Subscribe to project updates by watching https://github.com/bitnami/containers");
      say(task, name, "INFO", "");
      say(task, name, "INFO", `** Starting ${name} setup **`);
    }
    if (task.replace(given) === 0) return undefined;
    task.complain(`exec: ${given[0] ?? ""}: not found\n`);
    return 127;
  },
};

function runnerOf({ name, plan }: Parts): Program {
  return {
    name: `bitnami-${name}`,
    step(task) {
      const planned = plan(task);
      if (typeof planned === "string") {
        say(task, name, "ERROR", planned);
        return 1;
      }
      say(task, name, "INFO", `** ${name} setup finished! **`);
      say(task, name, "INFO", `** Starting ${name} **`);
      return task.replace(planned.argv, { ...task.environ(), ...planned.env }) === 0 ? undefined : 127;
    },
  };
}

const runners = new Map(SERVERS.map((parts) => [parts.name, runnerOf(parts)]));

export const bitnamiPrograms: readonly Program[] = [entrypoint, ...runners.values()];

const SCRIPTS = "/opt/bitnami/scripts";

function imageFor({ name, others = [], official, config, files = {}, plan: _ }: Parts): Image {
  const home = `/opt/bitnami/${name}`;
  return {
    repositories: bitnamiNames(name, ...others),
    sizeBytes: () => 110_000_000,
    hasTag: (tag) => /^(latest|\d[\w.-]*)$/.test(tag),
    content(reference) {
      const tag = /^\d+(\.\d+){0,2}/.exec(reference.tag ?? "")?.[0];
      const base = official.content(tag === undefined ? { ...reference, tag: "latest" } : { ...reference, tag });
      const programs: Record<string, Program> = {
        [`${SCRIPTS}/${name}/entrypoint.sh`]: entrypoint,
        [`${SCRIPTS}/${name}/run.sh`]: runners.get(name) as Program,
      };
      for (const [path, program] of Object.entries(base.programs)) {
        if (!path.includes("entrypoint")) programs[`${home}/bin/${path.slice(path.lastIndexOf("/") + 1)}`] = program;
      }
      return {
        ...base,
        flavor: "gnu",
        config: {
          ...config,
          entrypoint: [`${SCRIPTS}/${name}/entrypoint.sh`],
          cmd: [`${SCRIPTS}/${name}/run.sh`],
          user: 1001,
          env: {
            ...base.config.env,
            APP_VERSION: tag ?? "",
            BITNAMI_APP_NAME: name,
            PATH: `${home}/sbin:${home}/bin:/opt/bitnami/common/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
          },
          ...(base.config.stopSignal === undefined ? {} : { stopSignal: base.config.stopSignal }),
        },
        files: {
          ...base.files,
          ...libraries,
          [`/bitnami/${name}/`]: { mode: 0o777 },
          [`${home}/tmp/`]: { mode: 0o777 },
          [`${home}/logs/`]: { mode: 0o777 },
          [`${home}/conf/`]: { mode: 0o777 },
          "/docker-entrypoint-initdb.d/": { mode: 0o777 },
          ...files,
        },
        programs,
        tools: [...(base.tools ?? []), "+curl"],
      };
    },
  };
}

/** Shells that charts prepare volumes with. */
const shells = imageOf({
  repositories: bitnamiNames("os-shell", "bitnami-shell", "minideb", "minideb-extras", "git"),
  megabytes: 45,
  tags: /^[\w][\w.-]*$/,
  flavor: "gnu",
  config: { cmd: ["/bin/bash"], user: 1001 },
  programs: {},
  files: libraries,
  tools: ["+curl"],
});

export const bitnamiImages: readonly Image[] = [...SERVERS.map(imageFor), shells];
