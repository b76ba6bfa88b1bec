/**
 * Search engines as they come up and say they are well: Elasticsearch, OpenSearch, Kibana, Logstash and the Beats.
 *
 * Leaves out documents: none is kept.
 */

import { type Single, single } from "#kernel/runtime/images/stock/single";
import { type Answer, asJson, front, isoDate, releaseOf, sendsTo, stocked } from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

const esJson = (task: Task, level: string, message: string): string =>
  `${JSON.stringify({ "@timestamp": isoDate(task), "log.level": level, message, "ecs.version": "1.2.0", "service.name": "ES_ECS", "elasticsearch.node.name": task.record.hostname })}\n`;

const esRoot: Answer = (task, visit) => {
  const body = `${JSON.stringify({ name: task.env("node.name") ?? task.record.hostname, cluster_name: task.env("cluster.name") ?? "docker-cluster", cluster_uuid: "drydock000000000000000", version: { number: releaseOf(task, "9.2.1"), build_flavor: "default", build_type: "docker", lucene_version: "10.3.1" }, tagline: "You Know, for Search" }, null, 2)}\n`;
  return {
    status: 200,
    headers: {
      "X-elastic-product": "Elasticsearch",
      "content-type": "application/json",
      "content-length": String(body.length),
    },
    body: visit.method === "HEAD" ? "" : body,
  };
};

const HEALTH = {
  cluster_name: "docker-cluster",
  status: "green",
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 0,
  active_shards: 0,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  active_shards_percent_as_number: 100,
};

const engine = (repositories: readonly string[], path: string, label: string): Single => ({
  repositories,
  megabytes: 640,
  path,
  links: [path.replace(/\/bin\/.*$/, `/bin/${label}`), `/usr/local/bin/${label}`],
  entrypoint: ["/bin/tini", "--", path],
  cmd: ["eswrapper"],
  ports: [{ port: 9200, variable: "http.port" }, 9300],
  user: 1000,
  env: {
    ELASTIC_CONTAINER: "true",
    PATH: `/usr/share/${label}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  },
  files: {
    [`/usr/share/${label}/data/`]: { mode: 0o777 },
    [`/usr/share/${label}/config/${label}.yml`]: "cluster.name: docker-cluster\nnetwork.host: 0.0.0.0\n",
    [`/usr/share/${label}/logs/`]: { mode: 0o777 },
  },
  takes: [1250, 20, 5],
  startMs: 12_000,
  isPrinting: true,
  says: (task) =>
    esJson(task, "INFO", "initialized") + esJson(task, "INFO", "starting ...") + esJson(task, "INFO", "started"),
  answers: {
    "/": esRoot,
    "/_cluster/health": asJson(HEALTH),
    "/_cat/health": "1763928000 20:00:00 docker-cluster green 1 1 0 0 0 0 0 0 - 100.0%\n",
    "/_cat/nodes": "127.0.0.1 40 90 1 0.1 0.1 0.1 cdfhilmrstw * node\n",
    "/_cat/indices": "",
    "/_nodes/_local": asJson({}),
  },
  otherwise: asJson(
    { error: { type: "drydock_exception", reason: "this server is simulated: it keeps no documents" }, status: 501 },
    501,
  ),
  endsWith: 143,
});

const SERVERS: readonly Single[] = [
  engine(
    [
      "docker.io/library/elasticsearch",
      "docker.elastic.co/elasticsearch/elasticsearch",
      "docker.io/bitnami/elasticsearch",
    ],
    "/usr/local/bin/docker-entrypoint.sh",
    "elasticsearch",
  ),
  engine(
    ["docker.io/opensearchproject/opensearch"],
    "/usr/share/opensearch/opensearch-docker-entrypoint.sh",
    "opensearch",
  ),
  {
    repositories: [
      "docker.io/library/kibana",
      "docker.elastic.co/kibana/kibana",
      "docker.io/opensearchproject/opensearch-dashboards",
      "docker.io/bitnami/kibana",
    ],
    megabytes: 400,
    path: "/usr/local/bin/kibana-docker",
    links: ["/usr/share/kibana/bin/kibana"],
    entrypoint: ["/bin/tini", "--"],
    cmd: ["/usr/local/bin/kibana-docker"],
    user: 1000,
    ports: [{ port: 5601, variable: "SERVER_PORT" }],
    takes: [520, 6, 8],
    startMs: 10_000,
    says: (task) =>
      `[${isoDate(task)}][INFO ][http.server.Kibana] http server running at http://0.0.0.0:5601\n[${isoDate(task)}][INFO ][status] Kibana is now available\n`,
    answers: {
      "/": sendsTo("/app/home"),
      "/app/home": front("Elastic"),
      "/app/kibana": front("Elastic"),
      "/login": front("Elastic"),
      "/api/status": asJson({ status: { overall: { level: "available" } } }),
    },
    isPrinting: true,
  },
  {
    repositories: ["docker.io/library/logstash", "docker.elastic.co/logstash/logstash", "docker.io/bitnami/logstash"],
    megabytes: 420,
    path: "/usr/local/bin/docker-entrypoint",
    entrypoint: ["/usr/local/bin/docker-entrypoint"],
    user: 1000,
    ports: [5044, 9600],
    takes: [700, 10, 2],
    startMs: 8_000,
    says: (task) =>
      `[${isoDate(task).slice(0, 19)},000][INFO ][logstash.agent] Successfully started Logstash API endpoint {:port=>9600, :ssl_enabled=>false}\n`,
    answers: { "/": asJson({ status: "green", version: "9.2.1" }), "/_node/stats": asJson({ status: "green" }) },
    isPrinting: true,
  },
  {
    repositories: [
      "docker.elastic.co/beats/filebeat",
      "docker.elastic.co/beats/metricbeat",
      "docker.elastic.co/beats/heartbeat",
      "docker.io/elastic/filebeat",
      "docker.elastic.co/elastic-agent/elastic-agent",
    ],
    megabytes: 140,
    path: "/usr/bin/filebeat",
    links: [
      "/usr/share/filebeat/filebeat",
      "/usr/share/metricbeat/metricbeat",
      "/usr/local/bin/metricbeat",
      "/usr/local/bin/elastic-agent",
    ],
    entrypoint: ["/usr/bin/tini", "--", "/usr/local/bin/docker-entrypoint"],
    cmd: ["-environment", "container"],
    ports: [],
    isDeclared: true,
    takes: [90, 5, 1],
    says: (task) =>
      `${JSON.stringify({ "log.level": "info", "@timestamp": isoDate(task), message: "filebeat start running.", "service.name": "filebeat" })}\n`,
    answers: {},
  },
];

export const search = stocked(SERVERS.map(single));
