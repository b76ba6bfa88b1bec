/**
 * `npm run bench`: what Drydock costs, as numbers with an aim, printed as a table and written to bench/results.json.
 *
 * Each scenario of the kernel runs in a process of its own, so that one has no warm caches or garbage of another.
 * `npm run bench -- kernel` runs the rows whose names contain a word.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../scripts/build.ts";
import { type Aim, printTable, type Row, row } from "./row.ts";
import { benchServer } from "./server.ts";
import type { Measured } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-bench-"));

/** What bench/peer.ts prints. */
interface PeerMeasured {
  readonly cpuMs: number;
}

/** What bench/scheduling.ts prints. */
interface Scheduled {
  readonly cpuMs: number;
  readonly podsPerSecond: number;
}

/** What bench/network.ts prints. */
interface Networked {
  readonly cpuMs: number;
  readonly requestsPerSecond: number;
  readonly commandMs: number;
  readonly linesPerSecond: number;
  readonly idleBytes: number;
}

async function bundle(name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`bench/${name}.ts`],
    bundle: true,
    outfile,
    format: "esm",
    platform: "node",
    // Packages that are written for require() find it.
    banner: {
      js: 'import { createRequire as benchRequire } from "node:module"; const require = benchRequire(import.meta.url);',
    },
    conditions: ["worker", "browser"],
    mainFields: ["browser", "module", "main"],
    logLevel: "error",
  });
  return outfile;
}

function measure<T>(script: string, ...args: (string | number)[]): T | undefined {
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--expose-gc", script, ...args.map(String)], {
    encoding: "utf8",
    timeout: 280_000,
  });
  if (status !== 0) {
    console.error(`${script} ${args.join(" ")}: ${stderr.split("\n").slice(0, 6).join("\n")}`);
    return undefined;
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as T;
}

/** The middle one of three runs by CPU time. */
function median<T extends { readonly cpuMs: number }>(script: string, ...args: (string | number)[]): T | undefined {
  const runs = [1, 2, 3].map(() => measure<T>(script, ...args)).filter((run) => run !== undefined);
  return runs.sort((a, b) => a.cpuMs - b.cpuMs)[Math.floor(runs.length / 2)];
}

async function kernelRows(): Promise<Row[]> {
  const kernel = await bundle("kernel");
  return [
    ...idleRows(kernel),
    ...deploymentRows(kernel, await bundle("peer")),
    ...workloadRows(kernel),
    ...largeRows(kernel),
    ...schedulingRows(await bundle("scheduling")),
    ...networkRows(await bundle("network")),
  ];
}

function idleRows(kernel: string): Row[] {
  const idle = median<Measured>(kernel, "idle");
  if (idle === undefined) return [];
  return [
    row("kernel: create a cluster until 3 nodes are Ready", "CPU ms", idle.phases["create"] ?? 0),
    row("kernel: an idle cluster as a value", "bytes", idle.figures["bytes"] ?? 0),
    row("kernel: an idle hour, caught up at the next contact", "CPU ms", idle.phases["idle hour"] ?? 0),
  ];
}

function deploymentRows(kernel: string, peer: string): Row[] {
  const rows: Row[] = [];
  const perPod = new Map<number, number>();
  for (const replicas of [100, 500, 1_000, 5_000]) {
    const ours = median<Measured>(kernel, "deployment", replicas);
    if (ours === undefined) continue;
    perPod.set(replicas, ours.cpuMs / replicas);
    const name = `kernel: Deployment of ${replicas} until Ready`;
    const theirs = replicas <= 500 ? measure<PeerMeasured>(peer, replicas) : undefined;
    const aim =
      replicas === 500 ? { aim: "peer at least 10 times as much", isMet: (r: Row) => (r.ratio ?? 0) >= 10 } : {};
    rows.push(row(name, "CPU s", ours.cpuMs / 1000, { ...aim, ...(theirs && { peer: theirs.cpuMs / 1000 }) }));
    rows.push(row(`${name}: longest stall`, "ms", ours.stallMs, atMost(100)));
    rows.push(row(`${name}: heap`, "MB", ours.heapMB));
  }
  const [few, many] = [perPod.get(100), perPod.get(5_000)];
  if (few !== undefined && many !== undefined) {
    rows.push(row("kernel: cost of a pod at 5,000 over at 100", "ratio", many / few, atMost(1.5)));
  }
  return rows;
}

/** One workload each: its CPU until all is as wanted. */
const WORKLOADS: readonly (readonly [name: string, scenario: string, size: number])[] = [
  ["StatefulSet of 100, one pod after the other", "statefulset", 100],
  ["Indexed Job of 1,000 completions", "job", 1_000],
  ["drain of a node of 110 pods until they run elsewhere", "drain", 110],
  ["ten minutes of 50 HorizontalPodAutoscalers", "autoscale", 50],
];

function workloadRows(kernel: string): Row[] {
  return WORKLOADS.flatMap(([name, scenario, size]) => {
    const found = median<Measured>(kernel, scenario, size);
    if (found === undefined) return [];
    return [
      row(`kernel: ${name}`, "CPU s", found.cpuMs / 1000),
      row(`kernel: ${name}: longest stall`, "ms", found.stallMs, atMost(100)),
    ];
  });
}

function largeRows(kernel: string): Row[] {
  const found = measure<Measured>(kernel, "large", 1_000, 5_000);
  if (found === undefined) return [];
  const { phases, figures } = found;
  const name = "kernel: 1,000 nodes";
  return [
    row(`${name} until Ready`, "CPU s", (phases["nodes"] ?? 0) / 1000),
    row(`${name}: 5,000 pods created`, "CPU s", (phases["create"] ?? 0) / 1000),
    row(`${name}: 5,000 pods rolled over`, "CPU s", (phases["roll over"] ?? 0) / 1000),
    row(`${name}: 5,000 pods deleted`, "CPU s", (phases["delete"] ?? 0) / 1000),
    row(`${name}, 5,000 pods: heap`, "MB", figures["heap created"] ?? 0, below(100)),
    row(`${name}, 5,000 pods: heap after the rollout`, "MB", figures["heap rolled over"] ?? 0),
  ];
}

function schedulingRows(script: string): Row[] {
  const rows: Row[] = [];
  const add = (name: string, scenario: string, least: number): void => {
    const found = median<Scheduled>(script, scenario);
    if (found === undefined) return;
    const aim = { aim: `>= ${least}`, isMet: ({ value }: Row) => value >= least };
    rows.push(row(`kernel: scheduling on 1,000 nodes, ${name}`, "pods/CPU s", found.podsPerSecond, aim));
  };
  add("no affinity", "plain", 5_000);
  add("anti-affinity and spread", "spread", 500);
  return rows;
}

function networkRows(script: string): Row[] {
  const found = median<Networked>(script);
  if (found === undefined) return [];
  const { requestsPerSecond, commandMs, linesPerSecond, idleBytes } = found;
  return [
    row("kernel: requests through a Service to a pod", "per CPU s", requestsPerSecond, atLeast(20_000)),
    row("kernel: a command in a container, there and back", "CPU ms", commandMs),
    row("kernel: lines of a log", "per CPU s", linesPerSecond),
    row("kernel: a container that sleeps, as a value", "bytes", idleBytes, below(4_096)),
  ];
}

const atLeast = (least: number): Aim => ({ aim: `>= ${least}`, isMet: ({ value }) => value >= least });
const atMost = (most: number): Aim => ({ aim: `<= ${most}`, isMet: ({ value }) => value <= most });
const below = (limit: number): Aim => ({ aim: `< ${limit}`, isMet: ({ value }) => value < limit });

const only = process.argv[2] ?? "";
const rows: Row[] = [];
if ("kernel".includes(only)) rows.push(...(await kernelRows()));
if ("worker".includes(only)) rows.push(...(await benchServer()));
rmSync(folder, { recursive: true, force: true });

printTable(rows);
mkdirSync(join(ROOT, "bench"), { recursive: true });
if (only === "") writeFileSync(join(ROOT, "bench/results.json"), `${JSON.stringify(rows, null, 2)}\n`);
