/**
 * Goal: the databases of the documentation's lessons come up and answer their tools.
 * Method: apply $DRYDOCK_SAMPLES/examples/application with kubectl, advance time, and use the tools by exec.
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
