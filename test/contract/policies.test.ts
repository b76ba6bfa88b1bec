/**
 * Goal: limits, quotas, Ingresses, network policies and security levels work as the documentation shows with kubectl.
 * Method: the documentation's lessons with kubectl 1.35, their manifests from $DRYDOCK_SAMPLES where it is set.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

const SAMPLES = join(process.env["DRYDOCK_SAMPLES"] ?? "nowhere", "examples");
const sample = (path: string): string => readFileSync(join(SAMPLES, path), "utf8");
const withSamples = test.skipIf(!existsSync(SAMPLES));

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster();
});

const apply = (manifest: string, namespace = "default") =>
  cluster.kubectl(["apply", "-n", namespace, "-f", "-"], { stdin: manifest });

async function applied(manifest: string, namespace = "default"): Promise<string> {
  const { stdout, stderr, code } = await apply(manifest, namespace);
  if (code !== 0) throw new Error(stderr);
  return stdout + stderr;
}

const json = async (args: readonly string[]) => JSON.parse(await cluster.kubectlOk([...args, "-o", "json"]));

describe("limits and quotas", () => {
  withSamples("memory defaults of a namespace reach its pods", async () => {
    await cluster.kubectlOk(["create", "namespace", "defaults"]);
    await applied(sample("admin/resource/memory-defaults.yaml"), "defaults");
    await cluster.kubectlOk(["run", "a", "--image=nginx", "-n", "defaults"]);
    const pod = await json(["get", "pod", "a", "-n", "defaults"]);
    expect(pod.spec.containers[0].resources).toEqual({ limits: { memory: "512Mi" }, requests: { memory: "256Mi" } });
    expect(await cluster.kubectlOk(["describe", "limits", "-n", "defaults"])).toContain("256Mi");
  });

  withSamples("memory bounds refuse what is above and below", async () => {
    await cluster.kubectlOk(["create", "namespace", "bounds"]);
    await applied(sample("admin/resource/memory-constraints.yaml"), "bounds");
    const { stderr } = await apply(sample("admin/resource/memory-constraints-pod-2.yaml"), "bounds");
    expect(stderr).toContain(
      'pods "constraints-mem-demo-2" is forbidden: maximum memory usage per Container is 1Gi, but limit is 1536Mi',
    );
  });

  withSamples("a quota counts pods and says what is too much", async () => {
    await cluster.kubectlOk(["create", "namespace", "quota"]);
    await applied(sample("admin/resource/quota-pod.yaml"), "quota");
    await applied(sample("admin/resource/quota-pod-deployment.yaml"), "quota");
    await cluster.settle("1m");
    expect(await cluster.kubectlOk(["get", "quota", "-n", "quota"])).toMatch(/NAME +REQUEST +LIMIT +AGE\n.*pods: 2\/2/);
    const set = await json(["get", "replicaset", "-n", "quota"]);
    expect(JSON.stringify(set)).toContain("exceeded quota: pod-demo, requested: pods=1, used: pods=2, limited: pods=2");
    expect(await cluster.kubectlOk(["describe", "quota", "-n", "quota"])).toMatch(/pods +2 +2/);
  });

  test("the system's priority classes stand in their order of columns", async () => {
    const table = await cluster.kubectlOk(["get", "pc"]);
    expect(table).toMatch(/^NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY\n/);
    expect(table).toMatch(/system-node-critical +2000001000 +false +\S+ +PreemptLowerPriority/);
  });
});

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "gcr.io/google-samples/hello-app:1.0" }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  ingressClassName: nginx
  rules:
    - host: hello.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: v1
kind: Pod
metadata: { name: client, labels: { app: client } }
spec: { containers: [{ name: c, image: "nginx:1.27" }] }
`;

describe("the way in", () => {
  beforeAll(async () => {
    await applied(WEB);
    await cluster.settle();
  });

  const look = (address: string): Promise<Response> =>
    fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/${address}`, { redirect: "manual" });

  test("an Ingress gets an address and serves its host", async () => {
    expect(await cluster.kubectlOk(["get", "ing", "web"])).toMatch(
      /NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\nweb +nginx +hello\.example +172\.19\.255\.100 +80 /,
    );
    expect(await (await look("hello.example/")).text()).toContain("Hello, world!");
    const other = await look("172.19.255.100/");
    expect([other.status, await other.text()]).toEqual([404, expect.stringContaining("<center>nginx</center>")]);
    expect(await cluster.kubectlOk(["describe", "ing", "web"])).toMatch(/Normal +Sync .*nginx-ingress-controller/);
  });

  test("a policy without rules closes the pods, its deletion opens them", async () => {
    await applied(`
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: { matchLabels: { app: web } } }`);
    expect(await cluster.kubectlOk(["get", "netpol"])).toMatch(/NAME +POD-SELECTOR +AGE\ndeny +app=web /);
    expect((await look("hello.example/")).status).toBe(504);
    await cluster.kubectlOk(["delete", "netpol", "deny"]);
    expect((await look("hello.example/")).status).toBe(200);
  });

  withSamples.each([
    "service/networking/minimal-ingress.yaml",
    "service/networking/simple-fanout-example.yaml",
    "service/networking/name-virtual-host-ingress.yaml",
    "service/networking/external-lb.yaml",
    "service/networking/nginx-policy.yaml",
    "service/networking/network-policy-default-deny-egress.yaml",
    "service/networking/networkpolicy-multiport-egress.yaml",
    "policy/priority-class-resourcequota.yaml",
  ])("%s is taken", async (path) => {
    await cluster.kubectlOk(["create", "-f", "-", "--dry-run=server"], { stdin: sample(path) });
  });
});

test("security levels refuse pods, warn of workloads and name the pods that are there", async () => {
  await cluster.kubectlOk(["create", "namespace", "strict"]);
  await cluster.kubectlOk(["run", "early", "--image=nginx", "-n", "strict"]);
  const labels = ["pod-security.kubernetes.io/enforce=restricted", "pod-security.kubernetes.io/warn=restricted"];
  const { stderr } = await cluster.kubectl(["label", "namespace", "strict", ...labels]);
  expect(stderr).toBe(
    'Warning: existing pods in namespace "strict" violate the new PodSecurity enforce level "restricted:latest"\n' +
      "Warning: early: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile\n",
  );
  const late = await cluster.kubectl(["run", "late", "--image=nginx", "-n", "strict"]);
  expect(late.stderr).toContain(
    'Error from server (Forbidden): pods "late" is forbidden: violates PodSecurity "restricted:latest": ' +
      'allowPrivilegeEscalation != false (container "late" must set securityContext.allowPrivilegeEscalation=false)',
  );
  const made = await cluster.kubectl(["create", "deployment", "web", "--image=nginx", "-n", "strict"]);
  expect(made.stdout).toBe("deployment.apps/web created\n");
  expect(made.stderr).toContain('Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation');
});
