/**
 * Stores and brokers as they come up and say they are well: Kafka, NATS, Consul, Vault, MinIO, a registry and others.
 *
 * Leaves out what they would keep: nothing is.
 */

import { type Single, single } from "#kernel/runtime/images/stock/single";
import { asJson, front, goMetrics, isoDate, releaseOf, sendsTo, stocked } from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** `2026/11/23 20:00:00` */
const slashed = (task: Task): string => isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ");

/** What every distribution of Kafka does once it is started. */
const kafka = (nodeId: number) =>
  ({
    megabytes: 390,
    ports: [9092],
    isDeclared: true,
    takes: [380, 10, 1],
    startMs: 4_000,
    isPrinting: true,
    says: (task: Task) =>
      `[${isoDate(task).slice(0, 19).replace("T", " ")},000] INFO [KafkaRaftServer nodeId=${nodeId}] Kafka Server started (kafka.server.KafkaRaftServer)\n`,
    answers: {},
    endsWith: 143,
  }) as const;

const SERVERS: readonly Single[] = [
  {
    repositories: ["docker.io/library/kafka", "docker.io/apache/kafka", "docker.io/apache/kafka-native"],
    path: "/etc/kafka/docker/run",
    links: ["/opt/kafka/bin/kafka-server-start.sh"],
    entrypoint: ["/__cacert_entrypoint.sh"],
    cmd: ["/etc/kafka/docker/run"],
    user: 1000,
    ...kafka(1),
  },
  {
    repositories: [
      "docker.io/bitnami/kafka",
      "docker.io/wurstmeister/kafka",
      "docker.io/confluentinc/cp-kafka",
      "docker.io/confluentinc/cp-server",
      "quay.io/strimzi/kafka",
    ],
    path: "/opt/kafka/bin/kafka-server-start.sh",
    links: [
      "/opt/bitnami/scripts/kafka/run.sh",
      "/etc/confluent/docker/run",
      "/usr/bin/start-kafka.sh",
      "/opt/kafka/kafka_run.sh",
      "/opt/bitnami/kafka/bin/kafka-server-start.sh",
    ],
    entrypoint: ["/opt/bitnami/scripts/kafka/entrypoint.sh"],
    cmd: ["/opt/bitnami/scripts/kafka/run.sh"],
    user: 1001,
    ...kafka(0),
  },
  {
    repositories: ["docker.io/library/nats", "docker.io/bitnami/nats"],
    megabytes: 7,
    path: "/nats-server",
    links: ["/usr/local/bin/nats-server"],
    flavor: "none",
    entrypoint: ["/nats-server"],
    cmd: ["--config", "nats-server.conf"],
    ports: [4222, 8222, 6222],
    isDeclared: true,
    takes: [12, 1, 0.1],
    says: (task) =>
      `[1] ${slashed(task)}.000000 [INF] Starting nats-server\n[1] ${slashed(task)}.000000 [INF]   Version:  ${releaseOf(task, "2.12.2")}\n[1] ${slashed(task)}.000000 [INF] Listening for client connections on 0.0.0.0:4222\n[1] ${slashed(task)}.000000 [INF] Server is ready\n`,
    answers: {
      "/": front("NATS"),
      "/healthz": asJson({ status: "ok" }),
      "/varz": asJson({ version: "2.12.2" }),
      "/connz": asJson({ num_connections: 0 }),
    },
    endsWith: 1,
  },
  {
    repositories: ["docker.io/library/consul", "docker.io/hashicorp/consul", "docker.io/bitnami/consul"],
    megabytes: 60,
    verbs: ["agent"],
    path: "/bin/consul",
    links: ["/usr/local/bin/consul"],
    flavor: "busybox",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["agent", "-dev", "-client", "0.0.0.0"],
    ports: [8500, 8600, 8300, 8301, 8302],
    takes: [45, 4, 0.5],
    isPrinting: true,
    says: (task) =>
      `==> Starting Consul agent...\n               Version: '${releaseOf(task, "1.22.0")}'\n==> Log data will now stream in as it occurs:\n\n${isoDate(task)} [INFO]  agent: Consul agent running!\n`,
    answers: {
      "/": sendsTo("/ui/"),
      "/ui/": front("Consul by HashiCorp"),
      "/v1/status/leader": '"127.0.0.1:8300"',
      "/v1/agent/self": asJson({ Config: { Datacenter: "dc1" } }),
      "/v1/catalog/services": asJson({ consul: [] }),
      "/v1/health/state/any": asJson([]),
    },
  },
  {
    repositories: ["docker.io/library/vault", "docker.io/hashicorp/vault", "docker.io/bitnami/vault"],
    megabytes: 180,
    verbs: ["server"],
    path: "/bin/vault",
    links: ["/usr/local/bin/vault"],
    flavor: "busybox",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["server", "-dev"],
    ports: [8200],
    isDeclared: true,
    takes: [70, 2, 0.5],
    isPrinting: true,
    says: (task) =>
      `==> Vault server configuration:\n\n                 Version: Vault v${releaseOf(task, "1.21.1")}\n\n==> Vault server started! Log data will stream in below:\n\n`,
    answers: {
      "/": sendsTo("/ui/", 307),
      "/ui/": front("Vault"),
      "/v1/sys/health": asJson({ initialized: true, sealed: false, standby: false, version: "1.21.1" }),
      "/v1/sys/seal-status": asJson({ type: "shamir", initialized: true, sealed: false, t: 1, n: 1, progress: 0 }),
    },
    otherwise: asJson({ errors: ["permission denied"] }, 403),
  },
  {
    repositories: ["docker.io/minio/minio", "quay.io/minio/minio"],
    megabytes: 60,
    verbs: ["server"],
    path: "/usr/bin/minio",
    links: ["/opt/bin/minio"],
    entrypoint: ["/usr/bin/docker-entrypoint.sh"],
    cmd: ["minio"],
    ports: [
      { port: 9000, flag: "address" },
      { port: 9001, flag: "console-address" },
    ],
    takes: [110, 2, 1],
    needs: (task) =>
      task.argv.includes("server")
        ? undefined
        : "NAME:\n  minio - High Performance Object Storage\n\nUSAGE:\n  minio [FLAGS] COMMAND [ARGS...]\n",
    says: (task, [api = 9000, ui = 9001]) =>
      `MinIO Object Storage Server\nCopyright: 2015-2025 MinIO, Inc.\nLicense: GNU AGPLv3 - https://www.gnu.org/licenses/agpl-3.0.html\nVersion: RELEASE.2025-09-07T16-13-09Z\n\nAPI: http://${task.record.podIP}:${api}  http://127.0.0.1:${api} \nWebUI: http://${task.record.podIP}:${ui} http://127.0.0.1:${ui} \n\nDocs: https://docs.min.io\n`,
    answers: {
      "/minio/health/live": "",
      "/minio/health/ready": "",
      "/minio/health/cluster": "",
      "/login": front("MinIO Console"),
    },
    otherwise: (task, visit) => ({
      status: visit.port === 9001 ? 200 : 403,
      headers: { "content-type": visit.port === 9001 ? "text/html" : "application/xml" },
      body:
        visit.port === 9001
          ? `<html><head><title>MinIO Console</title></head><body>${task.record.hostname}</body></html>`
          : '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>',
    }),
    isPrinting: true,
  },
  {
    repositories: ["docker.io/library/registry", "ghcr.io/distribution/distribution"],
    megabytes: 10,
    verbs: ["/etc/distribution/config.yml", "/etc/docker/registry/config.yml", "serve"],
    path: "/bin/registry",
    links: ["/usr/local/bin/registry"],
    flavor: "busybox",
    entrypoint: ["/entrypoint.sh"],
    cmd: ["/etc/distribution/config.yml"],
    ports: [{ port: 5000, variable: "REGISTRY_HTTP_ADDR" }],
    takes: [14, 1, 1],
    says: (task) =>
      `time="${isoDate(task)}" level=info msg="listening on [::]:5000" go.version=go1.25.3 instance.id=00000000-0000-4000-8000-000000000000 service=registry version=${releaseOf(task, "3.0.0")}\n`,
    answers: { "/": "", "/v2/": asJson({}), "/v2": sendsTo("/v2/", 301), "/v2/_catalog": asJson({ repositories: [] }) },
    endsWith: 2,
  },
  {
    repositories: ["docker.io/library/influxdb", "docker.io/bitnami/influxdb"],
    megabytes: 130,
    path: "/usr/local/bin/influxd",
    entrypoint: ["/entrypoint.sh"],
    cmd: ["influxd"],
    ports: [8086],
    takes: [70, 2, 1],
    isPrinting: true,
    says: (task) =>
      `ts=${isoDate(task)} lvl=info msg="Listening" log_id=0 service=tcp-listener transport=http addr=:8086 port=8086\n`,
    answers: {
      "/": front("InfluxDB"),
      "/ping": { status: 204, body: "" },
      "/health": asJson({ name: "influxdb", message: "ready for queries and writes", status: "pass", checks: [] }),
      "/ready": asJson({ status: "ready" }),
      "/metrics": goMetrics("influxdb"),
    },
  },
  {
    repositories: ["docker.io/library/couchdb"],
    megabytes: 100,
    path: "/opt/couchdb/bin/couchdb",
    entrypoint: ["tini", "--", "/docker-entrypoint.sh"],
    cmd: ["/opt/couchdb/bin/couchdb"],
    ports: [5984, 4369, 9100],
    takes: [60, 4, 2],
    needs: (task) =>
      task.env("COUCHDB_USER") !== undefined && task.env("COUCHDB_PASSWORD") !== undefined
        ? undefined
        : '*************************************************************\nERROR: CouchDB 3.0+ will no longer run in "Admin Party"\n       mode. You *MUST* specify an admin user and\n       password, either via your own .ini file mapped\n       into the container at /opt/couchdb/etc/local.ini\n       or inside /opt/couchdb/etc/local.d, or with\n       "-e COUCHDB_USER=admin -e COUCHDB_PASSWORD=password"\n       to set it via "docker run".\n*************************************************************\n',
    says: (task) =>
      `[info] ${isoDate(task)} nonode@nohost <0.254.0> -------- Apache CouchDB has started. Time to relax.\n`,
    answers: {
      "/": asJson({ couchdb: "Welcome", version: "3.5.1", vendor: { name: "The Apache Software Foundation" } }),
      "/_up": asJson({ status: "ok", seeds: {} }),
      "/_utils/": front("Project Fauxton"),
    },
    otherwise: asJson({ error: "unauthorized", reason: "You are not authorized to access this db." }, 401),
  },
  {
    repositories: ["docker.io/library/neo4j", "docker.io/bitnami/neo4j"],
    megabytes: 290,
    path: "/startup/docker-entrypoint.sh",
    entrypoint: ["tini", "-g", "--", "/startup/docker-entrypoint.sh"],
    cmd: ["neo4j"],
    ports: [7474, 7687, 7473],
    takes: [520, 6, 3],
    startMs: 6_000,
    isPrinting: true,
    says: (task) =>
      `${isoDate(task).slice(0, 23).replace("T", " ")}+0000 INFO  Bolt enabled on 0.0.0.0:7687.\n${isoDate(task).slice(0, 23).replace("T", " ")}+0000 INFO  Started.\n`,
    answers: {
      "/": asJson({ neo4j_version: "2025.10.1", neo4j_edition: "community" }),
      "/browser/": front("Neo4j Browser"),
    },
  },
  {
    repositories: [
      "docker.io/clickhouse/clickhouse-server",
      "docker.io/library/clickhouse",
      "docker.io/yandex/clickhouse-server",
    ],
    megabytes: 210,
    path: "/usr/bin/clickhouse-server",
    entrypoint: ["/entrypoint.sh"],
    ports: [8123, 9000, 9009],
    takes: [320, 8, 2],
    says: (task) =>
      `${isoDate(task).slice(0, 23).replaceAll("-", ".").replace("T", " ")}000 [ 1 ] {} <Information> Application: Ready for connections.\n`,
    answers: { "/": "Ok.\n", "/ping": "Ok.\n", "/replicas_status": "Ok.\n" },
    otherwise: { status: 501, body: "Drydock runs no queries of ClickHouse\n" },
  },
  {
    repositories: ["docker.io/cockroachdb/cockroach", "docker.io/cockroachdb/cockroach-unstable"],
    megabytes: 180,
    verbs: ["start", "start-single-node"],
    path: "/cockroach/cockroach",
    links: ["/cockroach/cockroach.sh", "/usr/local/bin/cockroach"],
    entrypoint: ["/cockroach/cockroach.sh"],
    ports: [26_257, 8080],
    isDeclared: true,
    takes: [320, 20, 2],
    says: () => "CockroachDB node starting\nstatus:              initialized new cluster\n",
    answers: { "/": front("CockroachDB Console"), "/health": asJson({}), "/_status/vars": goMetrics("cockroach") },
    isPrinting: true,
  },
  {
    repositories: ["docker.io/library/solr", "docker.io/bitnami/solr"],
    megabytes: 300,
    path: "/opt/solr/docker/scripts/solr-foreground",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["solr-foreground"],
    user: 8983,
    ports: [8983],
    takes: [520, 4, 3],
    startMs: 5_000,
    isPrinting: true,
    says: (task) => `${isoDate(task).slice(0, 23).replace("T", " ")} INFO  (main) [] o.e.j.s.Server Started Server\n`,
    answers: {
      "/": sendsTo("/solr/"),
      "/solr/": front("Solr Admin"),
      "/solr/admin/info/system": asJson({ responseHeader: { status: 0 } }),
    },
  },
  {
    repositories: ["docker.io/library/eclipse-mosquitto"],
    megabytes: 6,
    path: "/usr/sbin/mosquitto",
    flavor: "busybox",
    entrypoint: ["/docker-entrypoint.sh"],
    cmd: ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"],
    ports: [1883],
    isDeclared: true,
    takes: [3, 0, 0.1],
    files: { "/mosquitto/config/mosquitto.conf": "", "/mosquitto/data/": "", "/mosquitto/log/": "" },
    says: (task) =>
      `${Math.floor(task.now / 1_000)}: mosquitto version ${releaseOf(task, "2.0.22")} starting\n${Math.floor(task.now / 1_000)}: mosquitto version ${releaseOf(task, "2.0.22")} running\n`,
    answers: {},
  },
  {
    repositories: [
      "docker.io/apache/activemq-classic",
      "docker.io/apache/activemq-artemis",
      "docker.io/rmohr/activemq",
    ],
    megabytes: 260,
    path: "/opt/apache-activemq/bin/activemq",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["console"],
    ports: [61_616, 8161, 5672, 61_613, 1883, 61_614],
    takes: [270, 4, 2],
    startMs: 3_000,
    isPrinting: true,
    says: () =>
      " INFO | Apache ActiveMQ 6.2.0 (localhost) started\n INFO | ActiveMQ WebConsole available at http://0.0.0.0:8161/\n",
    answers: { "/": front("Apache ActiveMQ"), "/admin": { status: 401, body: "Unauthorized" } },
  },
];

export const stores = stocked(SERVERS.map(single));
