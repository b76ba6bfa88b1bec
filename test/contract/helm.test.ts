/**
 * Goal: Helm installs, tests, upgrades, rolls back and uninstalls a chart with hooks, in each of its versions.
 * Method: a chart written into a folder goes through its life by the real Helm; hooks that fail stop what they guard.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import type { Release } from "#test/support/kubectl";

const FILES: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: '1.27'\n",
  "values.yaml": "image: nginx:1.27\nreplicas: 2\nprepare: echo prepared\n",
  "templates/NOTES.txt": "{{ .Release.Name }} has {{ .Values.replicas }} replicas",
  "templates/web.yaml": `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/managed-by: {{ .Release.Service }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
      - name: web
        image: {{ .Values.image | quote }}
        ports: [{name: http, containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: http}}
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec: {selector: {app: {{ .Release.Name }}}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-kept, annotations: {helm.sh/resource-policy: keep}}
data: {capabilities: {{ .Capabilities.KubeVersion.Version | quote }}}
`,
  "templates/prepare.yaml": `
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-5"
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: prepare, image: busybox, command: [sh, -c, {{ .Values.prepare | quote }}]}]
`,
  "templates/tests/visit.yaml": `
apiVersion: v1
kind: Pod
metadata: {name: {{ .Release.Name }}-visit, annotations: {helm.sh/hook: test}}
spec:
  restartPolicy: Never
  containers: [{name: visit, image: busybox, command: [wget, -qO-, "http://{{ .Release.Name }}"]}]
`,
};

let chart: string;

beforeAll(() => {
  chart = mkdtempSync(join(tmpdir(), "drydock-chart-"));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(chart, name)), { recursive: true });
    writeFileSync(join(chart, name), text);
  }
});

afterAll(() => rmSync(chart, { recursive: true, force: true }));

async function helmOk(cluster: TestCluster, release: Release, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await cluster.helm(args, { release });
  if (code !== 0) throw new Error(`helm ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

test.each<Release>(["1.35", "1.32"])(
  "the life of a release, by the Helm that comes with kubectl %s",
  async (release) => {
    // Helm waits in real time for what its hooks do; the cluster's minutes pass in seconds.
    const cluster = await newCluster({ latency: "none", clock: { rate: 20 } });
    const run = (...args: string[]) => helmOk(cluster, release, ...args);
    const image = () => cluster.kubectlOk(["get", "deploy", "shop", "-o=jsonpath={..image} {.status.readyReplicas}"]);

    expect(await run("install", "shop", chart, "--wait", "--timeout=60s")).toContain("shop has 2 replicas");
    expect(await image()).toBe("nginx:1.27 2");
    expect(await cluster.kubectlOk(["logs", "job/shop-prepare"])).toBe("prepared\n");
    expect(await run("test", "shop", "--logs")).toContain("Welcome to nginx!");

    await run("upgrade", "shop", chart, "--set=image=nginx:1.28", "--set=replicas=3", "--wait", "--timeout=60s");
    expect(await image()).toBe("nginx:1.28 3");
    const broken = await cluster.helm(["upgrade", "shop", chart, "--set=prepare=exit 3", "--timeout=60s"], { release });
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain("pre-upgrade hooks failed");
    expect(await image()).toBe("nginx:1.28 3");

    await run("rollback", "shop", "1", "--wait", "--timeout=60s");
    expect(await image()).toBe("nginx:1.27 2");
    const history = JSON.parse(await run("history", "shop", "-o=json")) as { status: string }[];
    expect(history.map(({ status }) => status)).toEqual(["superseded", "superseded", "failed", "deployed"]);
    expect(await run("get", "manifest", "shop")).toContain("kind: Service");

    expect(await run("uninstall", "shop", "--wait", "--timeout=60s")).toContain('release "shop" uninstalled');
    expect(await cluster.kubectlOk(["get", "deploy,svc,secrets", "-l", "owner!=x", "-o=name"])).toBe(
      "service/kubernetes\n",
    );
    expect(await cluster.kubectlOk(["get", "cm", "shop-kept", "-o=jsonpath={.data.capabilities}"])).toMatch(/^v1\.36/);
  },
);
