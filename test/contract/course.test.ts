/**
 * Goal: the course's own example works from the first command to the last: a Deployment hello-world of three pods.
 * Method: unmodified kubectl against the running server, the clock advanced instead of waited for.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { startKubectl } from "#test/support/kubectl";

const IMAGE = "gcr.io/google-samples/hello-app";

const manifest = (replicas: number, image = `${IMAGE}:1.0`): string => `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello-world
  labels:
    app: hello
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      containers:
      - name: hello
        image: ${image}
        ports:
        - containerPort: 8080
`;

let cluster: TestCluster;
const run = (...args: string[]): Promise<string> => cluster.kubectlOk(args);

beforeAll(async () => {
  cluster = await newCluster();
});

async function fresh(replicas = 3): Promise<void> {
  cluster = await newCluster();
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: manifest(replicas) });
  await cluster.settle();
}

/** The address the outside world sees at host:port. */
const outside = (host: string, path = "/"): string => `${cluster.server.replace("/k/", "/x/")}/${host}${path}`;

test("the cluster introduces itself: nodes, version, resources, explain", async () => {
  const nodes = await run("get", "nodes", "-o", "wide");
  expect(nodes.split("\n")[0]).toMatch(
    /^NAME +STATUS +ROLES +AGE +VERSION +INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME/,
  );
  expect(nodes).toMatch(/node-1 +Ready +<none> +\S+ +v1\.36\.0 +172\.18\.0\.2/);
  expect(nodes.trim().split("\n")).toHaveLength(4);
  expect(await run("version")).toContain("Server Version: v1.36.0");
  expect(await run("cluster-info")).toMatch(/Kubernetes control plane.* is running at.* http/);
  const resources = await run("api-resources");
  expect(resources).toMatch(/deployments +deploy +apps\/v1 +true +Deployment/);
  expect(resources).toMatch(/pods +po +v1 +true +Pod/);
  const explained = await run("explain", "deployment.spec.strategy", "--recursive");
  expect(explained).toContain("FIELD: strategy <DeploymentStrategy>");
  expect(explained).toMatch(/rollingUpdate\t<RollingUpdateDeployment>[\s\S]*maxSurge\t<IntOrString>/);
});

test("three pods come up and are shown with their labels, their history and their places", async () => {
  await fresh();
  expect(await run("get", "deploy", "hello-world")).toMatch(/hello-world +3\/3 +3 +3 /);
  const pods = await run("get", "pods", "-o", "wide", "--show-labels");
  expect(pods.match(/1\/1 +Running +0 /g)).toHaveLength(3);
  expect(pods).toContain("app=hello,pod-template-hash=");
  expect(new Set(pods.match(/node-\d/g))).toEqual(new Set(["node-1", "node-2", "node-3"]));
  expect(await run("get", "rs", "-o", "wide")).toMatch(
    /hello-world-\w+ +3 +3 +3 .*hello +gcr\.io\/google-samples\/hello-app:1\.0 +app=hello/,
  );
  const described = await run("describe", "deployment", "hello-world");
  expect(described).toContain("Replicas:               3 desired | 3 updated | 3 total | 3 available | 0 unavailable");
  expect(described).toMatch(/Scaled up replica set hello-world-\w+ from 0 to 3/);
  const pod = await run("describe", "pod", "-l", "app=hello");
  for (const text of ["Successfully assigned default/hello-world-", 'Pulling image "gcr.io', "Started"]) {
    expect(pod).toContain(text);
  }
});

test("a deleted pod is replaced by another", async () => {
  await fresh();
  const before = (await run("get", "pods", "-o", "name")).trim().split("\n");
  await run("delete", before[0] ?? "", "--wait=false");
  await cluster.settle();
  const after = (await run("get", "pods", "-o", "name")).trim().split("\n");
  expect(after).toHaveLength(3);
  expect(after).not.toContain(before[0]);
});

test("scale, set image, rollout status, history, undo, pause and resume", async () => {
  await fresh();
  await run("scale", "deployment/hello-world", "--replicas=5");
  await cluster.settle();
  expect(await run("get", "deploy", "hello-world")).toMatch(/hello-world +5\/5/);
  await run("set", "image", "deployment/hello-world", `hello=${IMAGE}:2.0`);
  await cluster.settle();
  expect(await run("rollout", "status", "deployment/hello-world")).toContain("successfully rolled out");
  expect(await run("rollout", "history", "deployment/hello-world")).toMatch(
    /REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>/,
  );
  expect(await run("get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}")).toBe(
    Array(5).fill(`${IMAGE}:2.0`).join(" "),
  );
  await run("rollout", "undo", "deployment/hello-world");
  await cluster.settle();
  expect(await run("get", "deploy", "hello-world", "-o", "wide")).toContain(`${IMAGE}:1.0`);
  expect(await run("rollout", "history", "deployment/hello-world")).toMatch(/\n2 +<none>\n3 +<none>/);
  await run("rollout", "pause", "deployment/hello-world");
  await run("set", "image", "deployment/hello-world", `hello=${IMAGE}:2.0`);
  await cluster.settle();
  expect(await run("get", "rs", "-o", "jsonpath={.items[*].status.replicas}")).toMatch(/^(5 0|0 5)$/);
  await run("rollout", "resume", "deployment/hello-world");
  await cluster.settle();
  expect(await run("rollout", "status", "deployment/hello-world")).toContain("successfully rolled out");
});

test("a LoadBalancer carries the page to the outside, and a NodePort does on every node", async () => {
  await fresh();
  await run("expose", "deployment", "hello-world", "--type=LoadBalancer", "--port=80", "--target-port=8080");
  await cluster.settle();
  const address = await run("get", "svc", "hello-world", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}");
  const page = await fetch(outside(address));
  expect(page.status).toBe(200);
  expect(await page.text()).toMatch(/^Hello, world!\nVersion: 1\.0\.0\nHostname: hello-world-/);
  const port = await run("get", "svc", "hello-world", "-o", "jsonpath={.spec.ports[0].nodePort}");
  expect(await (await fetch(outside(`172.18.0.3:${port}`))).text()).toContain("Hello, world!");
  expect((await run("get", "endpoints", "hello-world")).match(/:8080/g)).toHaveLength(3);
  expect((await fetch(outside("172.18.0.3:31999"))).status).toBe(502);
});

test("apply twice changes nothing, apply with a changed field changes it, diff shows it first", async () => {
  await fresh();
  expect(await cluster.kubectlOk(["apply", "-f", "-"], { stdin: manifest(3) })).toContain("unchanged");
  const diff = await cluster.kubectl(["diff", "-f", "-"], { stdin: manifest(4) });
  expect(diff.code).toBe(1);
  expect(diff.stdout).toMatch(/- {2}replicas: 3\n\+ {2}replicas: 4/);
  expect(await cluster.kubectlOk(["apply", "-f", "-"], { stdin: manifest(4) })).toContain("configured");
  await cluster.settle();
  expect(await run("get", "deploy", "hello-world")).toMatch(/4\/4/);
});

test("edit, label, annotate, patch of three kinds, replace", async () => {
  await fresh(1);
  const editor = join(mkdtempSync(join(tmpdir(), "drydock-edit-")), "editor.sh");
  writeFileSync(editor, "#!/bin/sh\nsed -i 's/replicas: 1/replicas: 2/' \"$1\"\n", { mode: 0o755 });
  const edited = await cluster.kubectlOk(["edit", "deployment", "hello-world"], { env: { KUBE_EDITOR: editor } });
  expect(edited).toContain("deployment.apps/hello-world edited");
  await run("label", "deployment", "hello-world", "tier=front");
  await run("annotate", "deployment", "hello-world", "note=hi");
  await run(
    "patch",
    "deployment",
    "hello-world",
    "-p",
    '{"spec":{"template":{"spec":{"containers":[{"name":"hello","env":[{"name":"A","value":"1"}]}]}}}}',
  );
  await run("patch", "deployment", "hello-world", "--type=merge", "-p", '{"spec":{"minReadySeconds":1}}');
  await run(
    "patch",
    "deployment",
    "hello-world",
    "--type=json",
    "-p",
    '[{"op":"replace","path":"/spec/replicas","value":3}]',
  );
  const object = JSON.parse(await run("get", "deployment", "hello-world", "-o", "json"));
  expect(object.metadata.labels).toEqual({ app: "hello", tier: "front" });
  expect(object.metadata.annotations.note).toBe("hi");
  expect(object.spec).toMatchObject({ replicas: 3, minReadySeconds: 1 });
  expect(object.spec.template.spec.containers[0]).toMatchObject({
    image: `${IMAGE}:1.0`,
    env: [{ name: "A", value: "1" }],
  });
  expect(await cluster.kubectlOk(["replace", "-f", "-"], { stdin: manifest(1) })).toContain("replaced");
});

test("get -w shows changes as they come, wait waits, logs -f follow", async () => {
  await fresh(1);
  const watch = startKubectl(cluster, ["get", "pods", "-w"]);
  let seen = "";
  watch.stdout?.on("data", (chunk) => {
    seen += String(chunk);
  });
  // kubectl is a process of its own: what it prints takes real time, however fast the clock runs.
  await cluster.setClock({ rate: 30 });
  const shows = (pattern: RegExp): Promise<void> => expect.poll(() => seen, { timeout: 30_000 }).toMatch(pattern);
  await shows(/1\/1 +Running/);
  await run("scale", "deployment/hello-world", "--replicas=2");
  await shows(/0\/1 +ContainerCreating[\s\S]*1\/1 +Running/);
  watch.kill();
  expect(await run("wait", "--for=condition=Available", "deployment/hello-world", "--timeout=30s")).toContain(
    "condition met",
  );
  expect(await run("logs", "deployment/hello-world")).toContain("Server listening on port 8080");
  await cluster.kubectlOk(["apply", "-f", "-"], {
    stdin: `
apiVersion: v1
kind: Pod
metadata: {name: ticker}
spec:
  containers:
  - name: c
    image: busybox:1.36
    command: ["sh", "-c", "n=0; while true; do n=$((n+1)); echo tick $n; sleep 5; done"]
`,
  });
  await run("wait", "--for=condition=Ready", "pod/ticker", "--timeout=60s");
  const logs = startKubectl(cluster, ["logs", "-f", "ticker"]);
  let lines = "";
  logs.stdout?.on("data", (chunk) => {
    lines += String(chunk);
  });
  await expect.poll(() => lines, { timeout: 30_000 }).toMatch(/tick 4\n/);
  logs.kill();
  expect(lines).toMatch(/^tick 1\ntick 2\ntick 3\ntick 4\n/);
});

test("cordon, drain, uncordon and taint", async () => {
  await fresh();
  await run("cordon", "node-1");
  expect(await run("get", "node", "node-1")).toContain("Ready,SchedulingDisabled");
  // kubectl waits in real time for pods that end in virtual time.
  await cluster.setClock({ rate: 60 });
  const drained = await cluster.kubectlOk(["drain", "node-1", "--ignore-daemonsets", "--force", "--timeout=60s"]);
  expect(drained).toContain("node/node-1 drained");
  await cluster.setClock({ rate: 1 });
  await cluster.settle();
  expect(await run("get", "pods", "-o", "wide")).not.toContain("node-1");
  await run("uncordon", "node-1");
  await run("taint", "nodes", "node-2", "dedicated=gpu:NoExecute");
  await cluster.settle();
  expect(await run("get", "pods", "-o", "wide")).not.toContain("node-2");
  expect(await run("get", "deploy", "hello-world")).toMatch(/3\/3/);
});

test("delete -f takes everything with it", async () => {
  await fresh();
  await cluster.kubectlOk(["delete", "-f", "-", "--wait=false"], { stdin: manifest(3) });
  await cluster.settle();
  expect(await run("get", "all", "-o", "name")).toBe("service/kubernetes\n");
});
