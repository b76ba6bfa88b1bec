/**
 * Exporters: a landing page, and metrics of themselves.
 *
 * Leaves out the metrics of what they watch.
 */
import { klogDate } from "#kernel/runtime/images/klog";
import { prometheusLine } from "#kernel/runtime/images/stock/monitoring";
import { front, goMetrics, type Port, type Stock, stocked } from "#kernel/runtime/images/stock/stock";

const NOBODY = 65_534;

/** An exporter: a landing page and metrics. */
interface Exporter {
  readonly repositories: readonly string[];
  readonly path: string;
  readonly port: Port;
  readonly title: string;
  readonly metric: string;
  readonly megabytes?: number;
  readonly user?: number;
}

const exporter = ({ repositories, path, port, title, metric, megabytes = 12, user = NOBODY }: Exporter): Stock => ({
  repositories,
  megabytes,
  flavor: "busybox",
  config: { entrypoint: [path], ports: [port.port], user },
  tools: ["+bash"],
  programs: [
    {
      path,
      links: [path.replace(/^.*\//, "/usr/local/bin/")],
      ports: [port],
      takes: [14, 1, 2],
      says: (task, [listening = port.port]) =>
        prometheusLine(task, "tls_config.go:347", "Listening on", `address=[::]:${listening}`) +
        prometheusLine(task, "tls_config.go:350", "TLS is disabled.", `http2=false address=[::]:${listening}`),
      answers: {
        "/": front(title, '<a href="/metrics">Metrics</a>'),
        "/metrics": goMetrics(metric),
        "/scrape": goMetrics(metric),
        "/probe": goMetrics(metric),
        "/health": "ok",
        "/healthz": "ok",
        "/-/healthy": "Healthy",
        "/-/ready": "OK",
      },
    },
  ],
});

const listen = (port: number): Port => ({ port, flag: "web.listen-address" });

const EXPORTERS: readonly Exporter[] = [
  {
    repositories: [
      "docker.io/prom/node-exporter",
      "quay.io/prometheus/node-exporter",
      "docker.io/bitnami/node-exporter",
    ],
    path: "/bin/node_exporter",
    port: listen(9100),
    title: "Node Exporter",
    metric: "node_exporter",
  },
  {
    repositories: ["docker.io/prom/pushgateway", "quay.io/prometheus/pushgateway", "docker.io/bitnami/pushgateway"],
    path: "/bin/pushgateway",
    port: listen(9091),
    title: "Prometheus Pushgateway",
    metric: "pushgateway",
  },
  {
    repositories: ["docker.io/prom/blackbox-exporter", "quay.io/prometheus/blackbox-exporter"],
    path: "/bin/blackbox_exporter",
    port: listen(9115),
    title: "Blackbox Exporter",
    metric: "blackbox_exporter",
  },
  {
    repositories: [
      "docker.io/prom/mysqld-exporter",
      "quay.io/prometheus/mysqld-exporter",
      "docker.io/bitnami/mysqld-exporter",
    ],
    path: "/bin/mysqld_exporter",
    port: listen(9104),
    title: "MySQLd Exporter",
    metric: "mysqld_exporter",
  },
  {
    repositories: [
      "docker.io/prom/memcached-exporter",
      "quay.io/prometheus/memcached-exporter",
      "docker.io/bitnami/memcached-exporter",
    ],
    path: "/bin/memcached_exporter",
    port: listen(9150),
    title: "Memcached Exporter",
    metric: "memcached_exporter",
  },
  {
    repositories: ["docker.io/prom/statsd-exporter", "quay.io/prometheus/statsd-exporter"],
    path: "/bin/statsd_exporter",
    port: listen(9102),
    title: "StatsD Exporter",
    metric: "statsd_exporter",
  },
  {
    repositories: [
      "docker.io/prometheuscommunity/postgres-exporter",
      "quay.io/prometheuscommunity/postgres-exporter",
      "docker.io/bitnami/postgres-exporter",
    ],
    path: "/bin/postgres_exporter",
    port: listen(9187),
    title: "Postgres Exporter",
    metric: "postgres_exporter",
  },
  {
    repositories: [
      "docker.io/prometheuscommunity/elasticsearch-exporter",
      "quay.io/prometheuscommunity/elasticsearch-exporter",
    ],
    path: "/bin/elasticsearch_exporter",
    port: listen(9114),
    title: "Elasticsearch Exporter",
    metric: "elasticsearch_exporter",
  },
  {
    repositories: [
      "docker.io/oliver006/redis_exporter",
      "quay.io/oliver006/redis_exporter",
      "docker.io/bitnami/redis-exporter",
    ],
    path: "/redis_exporter",
    port: { port: 9121, flag: "web.listen-address", variable: "REDIS_EXPORTER_WEB_LISTEN_ADDRESS" },
    title: "Redis Exporter",
    metric: "redis_exporter",
    user: 59_000,
  },
  {
    repositories: ["docker.io/nginx/nginx-prometheus-exporter", "docker.io/bitnami/nginx-exporter"],
    path: "/usr/bin/nginx-prometheus-exporter",
    port: listen(9113),
    title: "NGINX Prometheus Exporter",
    metric: "nginx_exporter",
  },
  {
    repositories: ["docker.io/percona/mongodb_exporter", "docker.io/bitnami/mongodb-exporter"],
    path: "/mongodb_exporter",
    port: listen(9216),
    title: "MongoDB Exporter",
    metric: "mongodb_exporter",
  },
  {
    repositories: ["docker.io/danielqsj/kafka-exporter", "docker.io/bitnami/kafka-exporter"],
    path: "/bin/kafka_exporter",
    port: { port: 9308, flag: "web.listen-address" },
    title: "Kafka Exporter",
    metric: "kafka_exporter",
  },
];

const kubeStateMetrics: Stock = {
  repositories: [
    "registry.k8s.io/kube-state-metrics/kube-state-metrics",
    "k8s.gcr.io/kube-state-metrics/kube-state-metrics",
    "quay.io/coreos/kube-state-metrics",
    "docker.io/bitnami/kube-state-metrics",
  ],
  megabytes: 15,
  config: {
    entrypoint: ["/kube-state-metrics", "--port=8080", "--telemetry-port=8081"],
    ports: [8080, 8081],
    user: NOBODY,
  },
  programs: [
    {
      path: "/kube-state-metrics",
      ports: [
        { port: 8080, flag: "port" },
        { port: 8081, flag: "telemetry-port" },
      ],
      takes: [28, 2, 4],
      says: (task, [main = 8080, own = 8081]) =>
        `I${klogDate(task.now)}       1 wrapper.go:120] "Starting kube-state-metrics"\n` +
        `I${klogDate(task.now)}       1 server.go:420] "Started metrics server" metricsServerAddress="[::]:${main}"\n` +
        `I${klogDate(task.now)}       1 server.go:409] "Started kube-state-metrics self metrics server" telemetryAddress="[::]:${own}"\n`,
      answers: {
        "/": front("Kube Metrics Server", '<a href="/metrics">metrics</a> <a href="/healthz">healthz</a>'),
        "/healthz": "OK",
        "/livez": "OK",
        "/readyz": "OK",
        "/metrics": goMetrics("kube_state_metrics"),
      },
    },
  ],
};

export const exporters = stocked([...EXPORTERS.map(exporter), kubeStateMetrics]);
