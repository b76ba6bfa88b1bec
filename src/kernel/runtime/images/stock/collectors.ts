/**
 * Collectors of logs and traces: Fluent Bit, Fluentd, Jaeger, Zipkin, the OpenTelemetry collector.
 *
 * Leaves out what they would send on.
 */
import {
  asJson,
  front,
  goMetrics,
  isoDate,
  releaseOf,
  type Stock,
  sendsTo,
  stocked,
} from "#kernel/runtime/images/stock/stock";

const fluentBit: Stock = {
  repositories: ["docker.io/fluent/fluent-bit", "cr.fluentbit.io/fluent/fluent-bit"],
  megabytes: 35,
  config: {
    entrypoint: ["/fluent-bit/bin/fluent-bit"],
    cmd: ["-c", "/fluent-bit/etc/fluent-bit.conf"],
    ports: [2020],
  },
  files: { "/fluent-bit/etc/fluent-bit.conf": "[SERVICE]\n    HTTP_Server On\n    HTTP_Port 2020\n" },
  programs: [
    {
      path: "/fluent-bit/bin/fluent-bit",
      ports: [2020],
      takes: [12, 3, 1],
      says: (task) => {
        const at = isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ");
        return (
          `Fluent Bit v${releaseOf(task, "4.2.0")}\n* Copyright (C) 2015-2025 The Fluent Bit Authors\n* Fluent Bit is a CNCF graduated project under the Fluent organization\n* https://fluentbit.io\n\n` +
          `[${at}] [ info] [fluent bit] version=${releaseOf(task, "4.2.0")}, pid=1\n` +
          `[${at}] [ info] [http_server] listen iface=0.0.0.0 tcp_port=2020\n[${at}] [ info] [sp] stream processor started\n`
        );
      },
      answers: {
        "/": asJson({ "fluent-bit": { version: "4.2.0", edition: "Community" } }),
        "/api/v1/health": "ok\n",
        "/api/v1/uptime": (task, visit) => {
          const body = JSON.stringify({ uptime_sec: Math.floor((task.now - task.record.startedAt) / 1_000) });
          return {
            status: 200,
            headers: { "content-type": "application/json" },
            body: visit.method === "HEAD" ? "" : body,
          };
        },
        "/api/v1/metrics/prometheus": goMetrics("fluentbit"),
        "/api/v2/metrics/prometheus": goMetrics("fluentbit"),
      },
    },
  ],
};

const fluentd: Stock = {
  repositories: [
    "docker.io/fluent/fluentd",
    "docker.io/fluent/fluentd-kubernetes-daemonset",
    "quay.io/fluentd_elasticsearch/fluentd",
    "registry.k8s.io/fluentd-gcp",
    "k8s.gcr.io/fluentd-gcp",
    "registry.k8s.io/fluentd-elasticsearch",
    "docker.io/bitnami/fluentd",
  ],
  tags: /^[\w][\w.-]*$/,
  megabytes: 60,
  flavor: "gnu",
  config: { entrypoint: ["tini", "--", "/bin/entrypoint.sh"], cmd: ["fluentd"], ports: [24_224, 5140] },
  files: { "/fluentd/etc/fluent.conf": "<source>\n  @type forward\n  port 24224\n</source>\n", "/fluentd/log/": "" },
  tools: ["+curl"],
  programs: [
    {
      path: "/usr/local/bin/fluentd",
      links: ["/bin/entrypoint.sh", "/entrypoint.sh", "/run.sh"],
      ports: [24_224, 24_231],
      isDeclared: true,
      takes: [70, 4, 1],
      isPrinting: true,
      startMs: 1_000,
      says: (task) => {
        const at = `${isoDate(task).slice(0, 19).replace("T", " ")} +0000`;
        return (
          `${at} [info]: init supervisor logger path=nil rotate_age=nil rotate_size=nil\n` +
          `${at} [info]: starting fluentd-${releaseOf(task, "1.19.0")} pid=1 ruby="3.4.7"\n` +
          `${at} [info]: #0 fluentd worker is now running worker=0\n`
        );
      },
      answers: { "/metrics": goMetrics("fluentd"), "/fluentd.healthcheck": "" },
    },
  ],
};

/** Collectors of traces. */
const TRACES: readonly Stock[] = [
  {
    repositories: ["docker.io/jaegertracing/all-in-one", "docker.io/jaegertracing/jaeger"],
    megabytes: 32,
    flavor: "busybox",
    config: { entrypoint: ["/go/bin/all-in-one-linux"], ports: [16_686, 14_268, 14_269, 4317, 4318, 9411] },
    programs: [
      {
        path: "/go/bin/all-in-one-linux",
        ports: [16_686, 14_250, 14_268, 14_269, 4317, 4318, 5778, 9411],
        takes: [30, 2, 2],
        says: (task) =>
          `${JSON.stringify({ level: "info", ts: task.now / 1_000, caller: "healthcheck/handler.go:129", msg: "Health Check state change", status: "ready" })}\n`,
        answers: {
          "/": front("Jaeger UI"),
          "/search": front("Jaeger UI"),
          "/api/services": asJson({ data: [], total: 0, limit: 0, offset: 0, errors: null }),
          "/metrics": goMetrics("jaeger"),
        },
      },
    ],
  },
  {
    repositories: ["docker.io/openzipkin/zipkin", "ghcr.io/openzipkin/zipkin"],
    megabytes: 75,
    flavor: "busybox",
    config: { entrypoint: ["start-zipkin"], ports: [9411, 9410], user: 1000 },
    programs: [
      {
        path: "/usr/local/bin/start-zipkin",
        ports: [9411],
        takes: [190, 3, 2],
        startMs: 3_000,
        says: (task) => `${isoDate(task)}  INFO 1 --- [main] z.s.ZipkinServer : Started ZipkinServer in 2.9 seconds\n`,
        answers: {
          "/": sendsTo("/zipkin/"),
          "/zipkin/": front("Zipkin"),
          "/health": asJson({ status: "UP", zipkin: { status: "UP" } }),
          "/api/v2/services": asJson([]),
          "/api/v2/spans": { status: 202, body: "" },
        },
      },
    ],
  },
  {
    repositories: [
      "docker.io/otel/opentelemetry-collector",
      "docker.io/otel/opentelemetry-collector-contrib",
      "docker.io/otel/opentelemetry-collector-k8s",
      "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector",
      "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib",
      "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-k8s",
    ],
    megabytes: 55,
    config: {
      entrypoint: ["/otelcol"],
      cmd: ["--config", "/etc/otelcol/config.yaml"],
      ports: [4317, 4318],
      user: 10_001,
    },
    files: { "/etc/otelcol/config.yaml": "receivers:\n  otlp:\n    protocols:\n      grpc:\n      http:\n" },
    programs: [
      {
        path: "/otelcol",
        links: ["/otelcol-contrib", "/otelcol-k8s"],
        ports: [4317, 4318, 8888, 13_133],
        isDeclared: true,
        takes: [60, 3, 1],
        says: (task) =>
          `${isoDate(task)}\tinfo\tservice@v0.140.0/service.go:246\tEverything is ready. Begin running and processing data.\n`,
        answers: {
          "/": asJson({ status: "Server available", upSince: "", uptime: "" }),
          "/metrics": goMetrics("otelcol"),
          "/v1/traces": asJson({ partialSuccess: {} }),
          "/v1/metrics": asJson({ partialSuccess: {} }),
          "/v1/logs": asJson({ partialSuccess: {} }),
        },
      },
    ],
  },
];

export const collectors = stocked([fluentBit, fluentd, ...TRACES]);
