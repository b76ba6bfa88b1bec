/**
 * Goal: a rolling, a canary and a blue-green update of one Service while requests run through it: none is lost where
 * pods say when they are ready and take their time to go, some are where they do not.
 * Method: kubectl on a paused clock, a request from outside at every half second of it.
 */
import { expect, inject, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";

/** A web server that needs three seconds before it listens. */
const deployment = (name: string, text: string, replicas: number, careful: boolean, labels = "app: web") => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: ${careful ? 0 : 1} } }
  selector: { matchLabels: { ${labels} } }
  template:
    metadata: { labels: { ${labels} } }
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: web
        image: nginx:1.27
        command: ["sh", "-c", "echo ${text} > /usr/share/nginx/html/index.html; sleep 3; exec nginx -g 'daemon off;'"]
        ports: [{ containerPort: 80 }]
${
  careful
    ? `        readinessProbe: { httpGet: { port: 80, path: / }, periodSeconds: 1 }
        lifecycle: { preStop: { exec: { command: ["sleep", "3"] } } }
`
    : ""
}`;

const service = (selector: string) => `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { ${selector} }, ports: [{ port: 80, targetPort: 80, nodePort: 30080 }] }
`;

const apply = (cluster: TestCluster, ...manifests: string[]): Promise<string> =>
  cluster.kubectlOk(["apply", "-f", "-"], { stdin: manifests.join("---") });

/** Asks once; undefined = the request was lost. */
async function ask(cluster: TestCluster): Promise<string | undefined> {
  const response = await fetch(`${inject("origin")}/x/${cluster.id}.${cluster.key}/172.18.0.2:30080/`);
  if (response.status !== 200) return undefined;
  // A page gets a script in front of it that keeps its links behind the proxy.
  return (await response.text()).replace(/^<script>.*<\/script>/s, "").trim();
}

/** Asks twice a second for so many seconds; how often each answer came. */
async function watch(cluster: TestCluster, seconds: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (let n = 0; n < 2 * seconds; n += 1) {
    const answer = (await ask(cluster)) ?? "lost";
    answers[answer] = (answers[answer] ?? 0) + 1;
    await cluster.advance({ by: "500ms" });
  }
  return answers;
}

async function running(...manifests: string[]): Promise<TestCluster> {
  const cluster = await newCluster({ clock: { paused: true } });
  await apply(cluster, ...manifests);
  await cluster.settle();
  await cluster.advance({ by: "10s" });
  return cluster;
}

test("rolling: none is lost with readiness and a preStop hook, some are without", async () => {
  const [careful, careless] = await Promise.all(
    [true, false].map((isCareful) => running(deployment("web", "one", 3, isCareful), service("app: web"))),
  );
  const roll = async (cluster: TestCluster | undefined, isCareful: boolean) => {
    if (cluster === undefined) throw new Error("no cluster");
    await apply(cluster, deployment("web", "two", 3, isCareful));
    return watch(cluster, 32);
  };
  const [good, bad] = await Promise.all([roll(careful, true), roll(careless, false)]);
  expect(good["lost"]).toBeUndefined();
  expect(good["one"]).toBeGreaterThan(0);
  expect(good["two"]).toBeGreaterThan(0);
  expect(bad["lost"]).toBeGreaterThan(0);
  expect(await careful?.kubectlOk(["rollout", "status", "deployment/web"])).toContain("successfully rolled out");
  expect(await careful?.kubectlOk(["rollout", "undo", "deployment/web"])).toContain("rolled back");
  expect(await watch(careful as TestCluster, 24)).not.toHaveProperty("lost");
});

test("canary: a quarter of the answers are new while one of four pods is", async () => {
  const cluster = await running(
    deployment("stable", "old", 3, true, "app: web, track: stable"),
    deployment("canary", "new", 1, true, "app: web, track: canary"),
    service("app: web"),
  );
  const answers = await watch(cluster, 25);
  expect(Object.keys(answers).sort()).toEqual(["new", "old"]);
  expect(answers["new"]).toBeGreaterThan(3);
  expect(answers["new"]).toBeLessThan(30);
  await cluster.kubectlOk(["scale", "deployment/canary", "--replicas=0"]);
  expect(await watch(cluster, 6)).not.toHaveProperty("lost");
  expect(await watch(cluster, 4)).toEqual({ old: 8 });
});

test("blue-green: all answers change as soon as the proxies have heard, and back", async () => {
  const cluster = await running(
    deployment("blue", "blue", 2, true, "app: web, color: blue"),
    deployment("green", "green", 2, true, "app: web, color: green"),
    service("app: web, color: blue"),
  );
  expect(await watch(cluster, 3)).toEqual({ blue: 6 });
  await apply(cluster, service("app: web, color: green"));
  await cluster.advance({ by: "1s" });
  expect(await watch(cluster, 3)).toEqual({ green: 6 });
  await apply(cluster, service("app: web, color: blue"));
  await cluster.advance({ by: "1s" });
  expect(await watch(cluster, 3)).toEqual({ blue: 6 });
});
