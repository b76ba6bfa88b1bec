/**
 * Goal: the databases of the documentation's lessons come up and answer their tools; rows outlive pods and nodes.
 * Method: apply manifests, those of $DRYDOCK_SAMPLES/examples/application among them, with kubectl, advance time, and
 * use the tools by exec.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const SAMPLES = process.env["DRYDOCK_SAMPLES"] ?? "";
const sample = (name: string): string => join(SAMPLES, "examples/application", name);

const exec = (cluster: TestCluster, pod: string, ...words: string[]): Promise<string> =>
  cluster.kubectlOk(["exec", pod, ...(pod.startsWith("mysql-") ? ["-c", "mysql"] : []), "--", ...words]);

describe.skipIf(SAMPLES === "")("databases (skipped where DRYDOCK_SAMPLES is unset)", () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await newCluster();
  });

  test("the replicated MySQL: what is written to the first is read from the others, and survives its pod", async () => {
    await cluster.kubectlOk(["apply", "-f", sample("mysql")]);
    await cluster.settle("20m");
    const ready = "jsonpath={.status.readyReplicas}";
    expect(await cluster.kubectlOk(["get", "statefulset", "mysql", "-o", ready])).toBe("3");
    const sql =
      "CREATE DATABASE test; CREATE TABLE test.messages (message VARCHAR(250)); INSERT INTO test.messages VALUES ('hello');";
    await exec(cluster, "mysql-0", "mysql", "-h", "mysql-0.mysql", "-e", sql);
    const select = ["mysql", "-h", "mysql-read", "-Ne", "SELECT message FROM test.messages"];
    for (let n = 0; n < 4; n += 1) expect(await exec(cluster, "mysql-1", ...select)).toBe("hello\n");
    await cluster.kubectlOk(["delete", "pod", "mysql-0", "--wait=false"]);
    await cluster.settle("10m");
    expect(await exec(cluster, "mysql-0", "mysql", "-Ne", "SELECT message FROM test.messages")).toBe("hello\n");
  });

  test("MongoDB and RabbitMQ come up and answer their tools", async () => {
    await cluster.kubectlOk(["apply", "-f", sample("mongodb/mongo-deployment.yaml")]);
    await cluster.kubectlOk(["apply", "-f", sample("job/rabbitmq/rabbitmq-service.yaml")]);
    await cluster.kubectlOk(["apply", "-f", sample("job/rabbitmq/rabbitmq-statefulset.yaml")]);
    await cluster.settle("10m");
    const ping = ["mongosh", "--quiet", "--eval", "db.runCommand({ping: 1})"];
    expect(await exec(cluster, "deploy/mongo", ...ping)).toBe("{ ok: 1 }\n");
    expect(await exec(cluster, "rabbitmq-0", "rabbitmq-diagnostics", "check_running")).toContain("check running");
  });
});

/** One MySQL with a claim of its own. */
const MYSQL = `
apiVersion: v1
kind: Service
metadata: {name: mysql}
spec: {clusterIP: None, selector: {app: mysql}, ports: [{port: 3306}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: mysql}
spec:
  serviceName: mysql
  selector: {matchLabels: {app: mysql}}
  template:
    metadata: {labels: {app: mysql}}
    spec:
      containers:
        - name: mysql
          image: mysql:8.4
          env: [{name: MYSQL_ROOT_PASSWORD, value: pw}, {name: MYSQL_DATABASE, value: shop}]
          readinessProbe: {exec: {command: [mysqladmin, ping, -ppw]}, periodSeconds: 5}
          volumeMounts: [{name: data, mountPath: /var/lib/mysql}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`;

test("the rows of a MySQL StatefulSet are there after its pod has gone, and after its node has", async () => {
  const cluster = await newCluster({ clock: { paused: true } });
  const sql = (statement: string) => exec(cluster, "mysql-0", "mysql", "-ppw", "shop", "-Ne", statement);
  const node = () => cluster.kubectlOk(["get", "pod", "mysql-0", "-o", "jsonpath={.spec.nodeName}"]);
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: MYSQL });
  await cluster.settle();
  await sql("CREATE TABLE items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20))");
  await sql("INSERT INTO items (name) VALUES ('anchor'), ('rope')");

  await cluster.kubectlOk(["delete", "pod", "mysql-0", "--wait=false"]);
  await cluster.settle();
  expect(await sql("SELECT * FROM items")).toBe("1\tanchor\n2\trope\n");

  const lost = await node();
  await cluster.call("POST", "/faults", { type: "node-down", target: { node: lost } });
  await cluster.advance({ by: "7m" });
  expect(await cluster.kubectlOk(["get", "pod", "mysql-0", "--no-headers"])).toContain("Terminating");
  await cluster.kubectlOk(["delete", "pod", "mysql-0", "--force"]);
  // The volume is taken from a node that does not answer after six minutes.
  await cluster.advance({ by: "8m" });
  expect(await node()).not.toBe(lost);
  expect(await sql("SELECT * FROM items")).toBe("1\tanchor\n2\trope\n");
});
