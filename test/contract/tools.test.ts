/**
 * Goal: a user of an older kubectl works as well as one of the newest: writing, reading, explaining, entering.
 * Method: the same small story with each release, in a cluster of its own; what is printed is what the release prints.
 */
import { expect, test } from "vitest";
import { newCluster } from "#test/support/cluster";
import { helm, kubectlOk, type Release } from "#test/support/kubectl";

const nowhere = { kubeconfig: "" };

test.each<[Release, string, string]>([
  ["1.35", "v1.35.2", "v4.1.4"],
  ["1.33", "v1.33.9", "v4.1.4"],
  ["1.32", "v1.32.3", "v3.17.2"],
])("kubectl %s is %s and comes with Helm %s", async (release, kubectl, chart) => {
  expect(await kubectlOk(nowhere, ["version", "--client"], { release })).toContain(kubectl);
  expect((await helm(nowhere, ["version", "--short"], { release })).stdout).toContain(chart);
});

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1.27"}]}
`;

test.each<Release>(["1.33", "1.32"])("a day with kubectl %s", async (release) => {
  const cluster = await newCluster({ latency: "none" });
  const run = (args: string[], stdin?: string) =>
    cluster.kubectlOk(args, { release, ...(stdin !== undefined && { stdin }) });
  expect(await run(["apply", "-f", "-"], WEB)).toContain("deployment.apps/web created");
  expect(await run(["apply", "-f", "-"], WEB.replace("1.27", "1.28"))).toContain("deployment.apps/web configured");
  expect(await run(["apply", "--server-side", "-f", "-"], WEB.replace("1.27", "1.28"))).toContain("serverside-applied");
  await cluster.settle();
  expect(await run(["rollout", "status", "deployment/web"])).toContain("successfully rolled out");
  expect(await run(["explain", "deployment.spec.strategy.rollingUpdate"])).toContain("maxSurge");
  expect(await run(["exec", "deploy/web", "--", "sh", "-c", "echo $((6 * 7))"])).toBe("42\n");
  expect(await run(["logs", "deploy/web", "--tail=1"])).toMatch(/start worker process/);
  expect((await cluster.kubectl(["diff", "-f", "-"], { release, stdin: WEB })).stdout).toContain("nginx:1.27");
  expect(await run(["get", "all", "-o", "name"])).toContain("service/kubernetes");
  const typo = WEB.replace("replicas", "replicaz");
  const refused = await cluster.kubectl(["create", "-f", "-"], { release, stdin: typo });
  expect(refused.stderr).toContain('unknown field "spec.replicaz"');
  expect(await run(["delete", "deployment", "web"])).toContain('deployment.apps "web" deleted');
});
