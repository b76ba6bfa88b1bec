/**
 * What watches a cluster: Prometheus, Alertmanager, Grafana and its stores of logs and traces.
 *
 * Leaves out time series: a query is refused.
 */
import {
  type Answer,
  asJson,
  front,
  goMetrics,
  isoDate,
  releaseOf,
  type Stock,
  type StockProgram,
  sendsTo,
  stocked,
} from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

const NOBODY = 65_534;

/** A line as Prometheus and its exporters log since they use log/slog; before in logfmt with `ts`. */
export function prometheusLine(task: Task, source: string, msg: string, more = ""): string {
  const rest = more === "" ? "" : ` ${more}`;
  return `time=${isoDate(task)} level=INFO source=${source} msg=${JSON.stringify(msg)}${rest}\n`;
}

const logfmt = (task: Task, caller: string, msg: string, more = ""): string =>
  `ts=${isoDate(task)} caller=${caller} level=info msg=${JSON.stringify(msg)}${more === "" ? "" : ` ${more}`}\n`;

/** Why its configuration cannot be read. */
function missing(task: Task, flag: string, usual: string): string | undefined {
  const arg = task.argv.find((one) => new RegExp(`^--?${flag}=`).test(one));
  const path = arg?.slice(arg.indexOf("=") + 1) ?? usual;
  if (typeof task.readFile(task.path(path)) === "string") return undefined;
  return `time=${isoDate(task)} level=ERROR source=main.go:627 msg="Error loading config (--config.file=${path})" file=${path} err="open ${path}: no such file or directory"`;
}

const refusesQueries = asJson(
  { status: "error", errorType: "unavailable", error: "Drydock keeps no time series: this Prometheus is simulated" },
  503,
);

const prometheus: StockProgram = {
  path: "/bin/prometheus",
  links: ["/opt/bitnami/prometheus/bin/prometheus"],
  ports: [{ port: 9090, flag: "web.listen-address" }],
  takes: [65, 6, 3],
  needs: (task) => missing(task, "config.file", "prometheus.yml"),
  says: (task, [port = 9090]) =>
    prometheusLine(
      task,
      "main.go:688",
      "Starting Prometheus Server",
      `mode=server version="(version=${releaseOf(task, "3.8.0")})"`,
    ) +
    prometheusLine(task, "web.go:660", "Start listening for connections", `component=web address=0.0.0.0:${port}`) +
    prometheusLine(task, "main.go:1273", "TSDB started") +
    prometheusLine(task, "main.go:1255", "Server is ready to receive web requests."),
  answers: {
    "/": sendsTo("/query"),
    "/query": front("Prometheus Time Series Collection and Processing Server"),
    "/graph": front("Prometheus Time Series Collection and Processing Server"),
    "/-/healthy": "Prometheus Server is Healthy.\n",
    "/-/ready": "Prometheus Server is Ready.\n",
    "/-/reload": "",
    "/metrics": goMetrics("prometheus"),
    "/api/v1/query": refusesQueries,
    "/api/v1/query_range": refusesQueries,
    "/api/v1/status/runtimeinfo": asJson({ status: "success", data: { reloadConfigSuccess: true } }),
  },
};

const alertmanager: StockProgram = {
  path: "/bin/alertmanager",
  ports: [{ port: 9093, flag: "web.listen-address" }, 9094],
  takes: [22, 2, 1],
  needs: (task) => missing(task, "config.file", "alertmanager.yml"),
  says: (task, [port = 9093]) =>
    prometheusLine(task, "main.go:191", "Starting Alertmanager", `version="(version=${releaseOf(task, "0.29.0")})"`) +
    prometheusLine(task, "tls_config.go:347", "Listening on", `address=[::]:${port}`),
  answers: {
    "/": front("Alertmanager"),
    "/-/healthy": "OK",
    "/-/ready": "OK",
    "/-/reload": "",
    "/metrics": goMetrics("alertmanager"),
    "/api/v2/status": asJson({ cluster: { status: "ready" } }),
    "/api/v2/alerts": asJson([]),
  },
};

const grafanaLine = (task: Task, logger: string, msg: string, more = ""): string =>
  `logger=${logger} t=${isoDate(task)} level=info msg=${JSON.stringify(msg)}${more === "" ? "" : ` ${more}`}\n`;

const grafanaHealth: Answer = (task, visit) => {
  const body = JSON.stringify({ database: "ok", version: releaseOf(task, "12.3.0"), commit: "0000000000" }, null, 2);
  const headers = { "content-type": "application/json; charset=UTF-8", "content-length": String(body.length) };
  return { status: 200, headers, body: visit.method === "HEAD" ? "" : body };
};

const grafana: Stock = {
  repositories: ["docker.io/grafana/grafana", "docker.io/grafana/grafana-oss", "docker.io/grafana/grafana-enterprise"],
  megabytes: 140,
  flavor: "busybox",
  config: {
    entrypoint: ["/run.sh"],
    ports: [3000],
    user: 472,
    workingDir: "/usr/share/grafana",
    env: {
      GF_PATHS_CONFIG: "/etc/grafana/grafana.ini",
      GF_PATHS_DATA: "/var/lib/grafana",
      GF_PATHS_HOME: "/usr/share/grafana",
      GF_PATHS_LOGS: "/var/log/grafana",
      GF_PATHS_PLUGINS: "/var/lib/grafana/plugins",
      GF_PATHS_PROVISIONING: "/etc/grafana/provisioning",
    },
  },
  tools: ["+bash", "+curl"],
  files: { "/etc/grafana/provisioning/": "", "/var/lib/grafana/": { mode: 0o777 }, "/etc/grafana/grafana.ini": "" },
  programs: [
    {
      path: "/run.sh",
      links: ["/usr/share/grafana/bin/grafana-server", "/usr/share/grafana/bin/grafana"],
      ports: [{ port: 3000, variable: "GF_SERVER_HTTP_PORT" }],
      takes: [95, 4, 5],
      isPrinting: true,
      startMs: 2_000,
      says: (task, [port = 3000]) =>
        grafanaLine(task, "settings", "Starting Grafana", `version=${releaseOf(task, "12.3.0")} commit=0000000000`) +
        grafanaLine(task, "migrator", "migrations completed", "performed=0 skipped=0") +
        grafanaLine(task, "http.server", "HTTP Server Listen", `address=[::]:${port} protocol=http subUrl= socket=`),
      answers: {
        "/": sendsTo("/login"),
        "/login": front("Grafana", "Welcome to Grafana"),
        "/api/health": grafanaHealth,
        "/healthz": "Ok",
        "/metrics": goMetrics("grafana"),
        "/api/admin/provisioning/dashboards/reload": asJson({ message: "Dashboards config reloaded" }),
        "/api/admin/provisioning/datasources/reload": asJson({ message: "Datasources config reloaded" }),
      },
      otherwise: asJson({ message: "Not found" }, 404),
    },
  ],
};

/** Grafana's stores and collectors: `ready` once they are. */
const store = (
  name: string,
  ports: StockProgram["ports"],
  { cmd, mebibytes = 90, user = 10_001 }: { cmd: readonly string[]; mebibytes?: number; user?: number },
): Stock => ({
  repositories: [`docker.io/grafana/${name}`],
  megabytes: 35,
  flavor: "busybox",
  config: {
    entrypoint: [`/usr/bin/${name}`],
    cmd,
    ports: ports.map((one) => (typeof one === "number" ? one : one.port)),
    user,
  },
  programs: [
    {
      path: `/usr/bin/${name}`,
      ports,
      isDeclared: true,
      takes: [mebibytes, 8, 2],
      says: (task, [port]) =>
        logfmt(task, "server.go:351", "server listening on addresses", `http=[::]:${port}`) +
        logfmt(task, `app.go:200`, `${name} started`),
      answers: {
        "/ready": "ready\n",
        "/-/ready": "Ready.\n",
        "/-/healthy": "All components are healthy.\n",
        "/metrics": goMetrics(name),
        "/loki/api/v1/push": { status: 204, body: "" },
        "/loki/api/v1/status/buildinfo": asJson({ version: "3.6.0" }),
        "/loki/api/v1/labels": asJson({ status: "success", data: [] }),
      },
    },
  ],
});

const PROMETHEUS_CONF =
  "global:\n  scrape_interval: 15s\nscrape_configs:\n  - job_name: prometheus\n    static_configs:\n      - targets: [localhost:9090]\n";

export const monitoring = stocked([
  {
    repositories: ["docker.io/prom/prometheus", "quay.io/prometheus/prometheus", "docker.io/bitnami/prometheus"],
    megabytes: 115,
    flavor: "busybox",
    config: {
      entrypoint: ["/bin/prometheus"],
      cmd: ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
      ports: [9090],
      user: NOBODY,
      workingDir: "/prometheus",
    },
    files: { "/etc/prometheus/prometheus.yml": PROMETHEUS_CONF, "/prometheus/": { mode: 0o777 } },
    programs: [prometheus],
  },
  {
    repositories: ["docker.io/prom/alertmanager", "quay.io/prometheus/alertmanager", "docker.io/bitnami/alertmanager"],
    megabytes: 32,
    flavor: "busybox",
    config: {
      entrypoint: ["/bin/alertmanager"],
      cmd: ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
      ports: [9093],
      user: NOBODY,
      workingDir: "/alertmanager",
    },
    files: {
      "/etc/alertmanager/alertmanager.yml": "route:\n  receiver: web.hook\nreceivers:\n  - name: web.hook\n",
      "/alertmanager/": { mode: 0o777 },
    },
    programs: [alertmanager],
  },
  grafana,
  store("loki", [{ port: 3100 }, 9095], { cmd: ["-config.file=/etc/loki/local-config.yaml"], mebibytes: 110 }),
  store("promtail", [{ port: 9080 }], { cmd: ["-config.file=/etc/promtail/config.yml"], mebibytes: 40, user: 0 }),
  store("tempo", [{ port: 3200 }, 4317, 4318], { cmd: ["-config.file=/etc/tempo.yaml"] }),
  store("mimir", [{ port: 8080 }, 9095], { cmd: ["-config.file=/etc/mimir.yaml"], mebibytes: 150 }),
  store("agent", [{ port: 12_345 }], { cmd: [], mebibytes: 60, user: 0 }),
  store("alloy", [{ port: 12_345 }], { cmd: [], mebibytes: 80, user: 0 }),
]);
