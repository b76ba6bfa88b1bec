/**
 * Goal: well-known images start as the real ones do: their ports, health endpoints, users, and what their entrypoints
 * make of arguments; those that are not simulated inside say so.
 * Method: a table of images and requests, each started in a world of plain functions as a chart starts it.
 */
import { expect, test } from "vitest";
import { containerRecord } from "#kernel/runtime/containers";
import { images } from "#kernel/runtime/images/index";
import { memoryBytes } from "#kernel/runtime/use";
import { got, log, pass, record, running, type spec, type TestWorld } from "#kernel/runtime/world.fixture";

type Rest = Parameters<typeof spec>[1];

function run(image: string, rest: Rest = {}): TestWorld {
  const world = running(image, rest);
  pass(world, 120_000);
  return world;
}

const SERVERS: readonly [image: string, port: number, path: string, part: string, rest?: Rest][] = [
  ["prom/prometheus:v2.53.1", 9090, "/-/ready", "200 Prometheus Server is Ready.\n"],
  [
    "quay.io/prometheus/prometheus:v3.8.0",
    9091,
    "/-/healthy",
    "200 Prometheus",
    { args: ["--config.file=/etc/prometheus/prometheus.yml", "--web.listen-address=:9091"] },
  ],
  ["prom/node-exporter:v1.8.2", 9100, "/metrics", "node_exporter_build_info 1"],
  ["grafana/grafana:11.2.0", 3000, "/api/health", '"database": "ok"'],
  ["grafana/loki:3.1.0", 3100, "/ready", "200 ready"],
  [
    "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.13.0",
    8081,
    "/readyz",
    "200 OK",
    { args: ["--port=8080"] },
  ],
  ["quay.io/jetstack/cert-manager-controller:v1.16.0", 9403, "/livez", "200 ok", { args: ["--v=2"] }],
  ["quay.io/argoproj/argocd:v2.12.0", 8080, "/healthz", "200 ok", { args: ["/usr/local/bin/argocd-server"] }],
  ["ghcr.io/fluxcd/source-controller:v1.4.1", 9440, "/healthz", "200 ok", { args: ["--log-level=info"] }],
  ["docker.elastic.co/elasticsearch/elasticsearch:8.5.1", 9200, "/_cluster/health", '"status":"green"'],
  ["quay.io/keycloak/keycloak:26.0", 9000, "/health/ready", '"status":"UP"', { args: ["start-dev"] }],
  ["jenkins/jenkins:lts-jdk17", 8080, "/login", "Sign in - Jenkins"],
  ["minio/minio", 9000, "/minio/health/live", "200 ", { args: ["server", "/data"] }],
  ["registry:2", 5000, "/v2/", "200 {}"],
  ["hashicorp/vault:1.17", 8200, "/v1/sys/health", '"sealed":false'],
  [
    "traefik:v3.1",
    8000,
    "/ping",
    "200 OK",
    { args: ["--entryPoints.web.address=:8000/tcp"], ports: [{ containerPort: 8000, protocol: "TCP" }] },
  ],
  ["tomcat:10.1", 8080, "/", "404 <!doctype html>"],
  ["adminer", 8080, "/", "Login - Adminer"],
  ["wordpress:6.2.1-apache", 80, "/", "500 <!DOCTYPE html>"],
  ["luksa/kubia", 8080, "/", "200 You've hit web\n"],
  ["luksa/kubia:v2", 8080, "/", "200 This is v2 running in pod web\n"],
  ["ghcr.io/subicura/echo:v2", 3000, "/a", "[v2] web"],
  ["sysnet4admin/echo-hname", 80, "/", "200 web"],
  ["paulbouwer/hello-kubernetes:1.10", 8080, "/", ">Hello you!<", { env: { MESSAGE: "Hello you!" } }],
  ["kodekloud/webapp-color", 8080, "/", "#2980b9", { env: { APP_COLOR: "blue" } }],
  ["bitnami/nginx:1.27", 8080, "/nope", "404 <html>"],
  ["bitnamilegacy/apache", 8080, "/", "It works!"],
];

test.each(SERVERS)("%s answers at %i%s", (image, port, path, part, rest) => {
  expect(got(run(image, rest), port, path)).toContain(part);
});

test("what is not simulated is said once; a server that is simulated whole says nothing of it", () => {
  expect(log(run("prom/prometheus")).match(/Drydock stands in for prometheus/g)).toHaveLength(1);
  expect(log(run("luksa/kubia"))).not.toContain("Drydock");
});

test.each<[string, Rest, string]>([
  ["prom/prometheus", { args: ["--config.file=/none.yml"] }, "open /none.yml: no such file or directory"],
  ["haproxy:3.0", {}, "Cannot open configuration file/directory /usr/local/etc/haproxy/haproxy.cfg"],
  ["couchdb:3", {}, "COUCHDB_USER=admin -e COUCHDB_PASSWORD=password"],
  ["joomla", {}, "missing JOOMLA_DB_HOST"],
  ["bitnami/redis:7.2", {}, "The REDIS_PASSWORD environment variable is empty or not set"],
  ["bitnami/postgresql:16", {}, "The POSTGRESQL_PASSWORD environment variable is empty or not set"],
])("%s with %j does not start and says why", (image, rest, part) => {
  const world = run(image, rest);
  expect(containerRecord(world.cells, "c1")).toMatchObject({ state: "exited", exitCode: 1 });
  expect(log(world)).toContain(part);
});

test("a task ends: a known one with its line, an unknown one because it is there to end", () => {
  const check = run("quay.io/jetstack/cert-manager-startupapicheck:v1.16.0", { args: ["check", "api"] });
  expect(containerRecord(check.cells, "c1")).toMatchObject({ state: "exited", exitCode: 0 });
  expect(log(check)).toBe("The cert-manager API is ready\n");
  const unknown = run("school/migrate:1", { isTask: true });
  expect(containerRecord(unknown.cells, "c1")).toMatchObject({ state: "exited", exitCode: 0 });
  expect(containerRecord(run("school/server:1").cells, "c1")).toMatchObject({ state: "running" });
});

test("a repository belongs to one image", () => {
  const names = images.flatMap(({ repositories }) => repositories);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test.each([
  ["mysql:8.0", { MYSQL_ROOT_PASSWORD: "a" }, 390],
  ["mysql:5.7", { MYSQL_ROOT_PASSWORD: "a" }, 200],
  ["mariadb:11", { MARIADB_ROOT_PASSWORD: "a" }, 110],
  ["postgres:16", { POSTGRES_PASSWORD: "a" }, 45],
  ["grafana/grafana", {}, 95],
  ["istio/examples-bookinfo-reviews-v2:1.20.2", {}, 160],
])("%s with %j holds %i MiB", (image, env, mebibytes) => {
  const world = run(image, { env });
  expect(memoryBytes(record(world), world)).toBe(mebibytes * 2 ** 20);
});

test("a MySQL that is given less memory than it needs is killed", () => {
  const world = run("mysql:8.0", { env: { MYSQL_ROOT_PASSWORD: "a" }, memoryLimitBytes: 128 * 2 ** 20 });
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 137, reason: "OOMKilled" });
});
