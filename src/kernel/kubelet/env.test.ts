/**
 * Goal: a container's environment is what a real kubelet would give it, from every source.
 * Method: tables for the expansion of $(NAME); a pod with every sort of source, and a look at what it was started with.
 */
import { expect, test } from "vitest";
import { expand } from "#kernel/kubelet/env";
import { configmaps } from "#kernel/resources/core/configmap";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import type { ContainerRecord } from "#kernel/runtime/container";
import { Bench, nginx, podOn } from "#test/support/pods";

test.each([
  ["$(A)", "one"],
  ["x$(A)y$(B)", "xoney$(B)"],
  ["$$(A)", "$(A)"],
  ["$A", "$A"],
  ["$(A", "$(A"],
  ["100$", "100$"],
])("%s expands to %s", (text, expanded) => {
  expect(expand(text, (name) => (name === "A" ? "one" : undefined))).toBe(expanded);
});

test("every source of variables", () => {
  const bench = new Bench({ latency: "none" });
  const { admin } = bench.cluster;
  const place = { namespace: "default" };
  bench.turn(() => {
    admin.create(configmaps, { metadata: { name: "cfg", ...place }, data: { a: "1", b: "2" } });
    admin.create(secrets, { metadata: { name: "key", ...place }, data: { pass: "aMOp" }, type: "Opaque" });
    admin.create(services, { metadata: { name: "my-db", ...place }, spec: { ports: [{ port: 5432 }] } });
  });
  const env = [
    { name: "PLAIN", value: "p" },
    { name: "BUILT", value: "$(PLAIN)-$(MY_DB_SERVICE_PORT)" },
    { name: "FROM_CFG", valueFrom: { configMapKeyRef: { name: "cfg", key: "a" } } },
    { name: "FROM_KEY", valueFrom: { secretKeyRef: { name: "key", key: "pass" } } },
    { name: "NOT_THERE", valueFrom: { configMapKeyRef: { name: "none", key: "a", optional: true } } },
    { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
    { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "CPU", valueFrom: { resourceFieldRef: { resource: "requests.cpu", divisor: "1m" } } },
    { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
  ];
  const container = {
    ...nginx(),
    env,
    envFrom: [{ prefix: "C_", configMapRef: { name: "cfg" } }],
    args: ["nginx", "-g", "$(PLAIN)"],
    resources: { requests: { cpu: "250m" }, limits: { memory: "64Mi" } },
  };
  bench.create(podOn("p", { containers: [container] }));
  const [[, record]] = [...bench.cluster.cells.entries<ContainerRecord>("containers")] as [[string, ContainerRecord]];
  const db = admin.need(services, { ...place, name: "my-db" }).spec.clusterIP;
  expect(record.env).toMatchObject({
    PLAIN: "p",
    BUILT: "p-5432",
    FROM_CFG: "1",
    FROM_KEY: "hé",
    NODE: "node-1",
    IP: "10.244.0.2",
    CPU: "250",
    MEM: "64",
    C_a: "1",
    C_b: "2",
    KUBERNETES_SERVICE_HOST: "10.96.0.1",
    KUBERNETES_SERVICE_PORT_HTTPS: "443",
    MY_DB_SERVICE_HOST: db,
    MY_DB_PORT_5432_TCP: `tcp://${db}:5432`,
  });
  expect(record.env).not.toHaveProperty("NOT_THERE");
  expect(record.args).toEqual(["nginx", "-g", "p"]);
});
