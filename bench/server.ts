/**
 * What a request costs through the real Worker and Durable Object, on this machine.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAssets } from "../scripts/build.ts";
import { serve } from "../scripts/server.ts";
import { type Row, row } from "./row.ts";

const PODS = 500;
/** workerd evicts an idle Durable Object after ten seconds. */
const EVICTED_AFTER_MS = 13_000;

interface Made {
  readonly id: string;
  readonly key: string;
  readonly server: string;
}

/** Rows of the running server. */
export async function benchServer(): Promise<Row[]> {
  buildAssets();
  const dataDir = mkdtempSync(join(tmpdir(), "drydock-bench-"));
  const server = await serve({ port: 0, dataDir, isHttps: false });
  try {
    return await measureServer(server.url.origin);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function measureServer(origin: string): Promise<Row[]> {
  const rows: Row[] = [];
  const creations: number[] = [];
  let made: Made | undefined;
  for (let n = 0; n < 5; n += 1) {
    const before = performance.now();
    made = await post<Made>(`${origin}/api/v1/clusters`, { nodes: 3 });
    await (await fetch(`${made.server}/api/v1/nodes`)).text();
    creations.push(performance.now() - before);
  }
  rows.push(row("worker: create a cluster until its 3 nodes are listed", "ms", median(creations)));
  const cluster = await post<Made>(`${origin}/api/v1/clusters`, { nodes: 6 });
  await deploy(origin, cluster);
  const pods = `${cluster.server}/api/v1/namespaces/default/pods`;
  rows.push(row(`worker: LIST of ${PODS} pods`, "ms", await timed(20, () => text(pods))));
  rows.push(
    row(
      "worker: GET of a Deployment",
      "ms",
      await timed(100, () => text(`${cluster.server}/apis/apps/v1/namespaces/default/deployments/bench`)),
    ),
  );
  const configMaps = `${cluster.server}/api/v1/namespaces/default/configmaps`;
  let count = 0;
  const create = (): Promise<unknown> => {
    count += 1;
    return post(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `bench-${count}` },
      data: { a: "b" },
    });
  };
  rows.push(row("worker: CREATE of a ConfigMap", "ms", await timed(100, create)));
  rows.push(row("worker: a change reaches a watcher", "ms", await watchDelay(configMaps)));
  await new Promise((resolve) => setTimeout(resolve, EVICTED_AFTER_MS));
  const before = performance.now();
  await text(`${pods}?limit=1`);
  const wake = performance.now() - before;
  rows.push(
    row(`worker: first answer of an evicted cluster with ${PODS} pods`, "ms", wake, {
      aim: "< 100",
      isMet: () => wake < 100,
    }),
  );
  return rows;
}

async function deploy(origin: string, { id, key, server }: Made): Promise<void> {
  await post(`${server}/apis/apps/v1/namespaces/default/deployments`, {
    metadata: { name: "bench" },
    spec: {
      replicas: PODS,
      selector: { matchLabels: { app: "bench" } },
      template: {
        metadata: { labels: { app: "bench" } },
        spec: { containers: [{ name: "c", image: "hashicorp/http-echo:1.0", args: ["-text=hi"] }] },
      },
    },
  });
  await post(`${origin}/api/v1/clusters/${id}/clock/advance`, { until: "idle", limit: "1h" }, key);
}

/** Milliseconds from the answer to a create to its event on an open watch. */
async function watchDelay(collection: string): Promise<number> {
  const list = (await (await fetch(collection)).json()) as { metadata: { resourceVersion: string } };
  const { body } = await fetch(`${collection}?watch=1&resourceVersion=${list.metadata.resourceVersion}`);
  const reader = body?.getReader();
  const delays: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const before = performance.now();
    const created = post(collection, { kind: "ConfigMap", apiVersion: "v1", metadata: { name: `watched-${n}` } });
    for (let seen = ""; !seen.includes(`watched-${n}"`); )
      seen += new TextDecoder().decode((await reader?.read())?.value);
    delays.push(performance.now() - before);
    await created;
  }
  await reader?.cancel();
  return median(delays);
}

async function timed(times: number, call: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < times; n += 1) {
    const before = performance.now();
    await call();
    took.push(performance.now() - before);
  }
  return median(took);
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const text = async (url: string): Promise<string> => (await fetch(url)).text();

async function post<T>(url: string, body: unknown, key?: string): Promise<T> {
  const headers = { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
