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
import { printTable, type Row, row } from "./row.ts";
import { benchServer } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-bench-"));

/** What bench/kernel.ts and bench/peer.ts print. */
interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly stallMs: number;
  readonly heapMB: number;
  /** Of a cluster without workloads: CPU of an idle hour, and its size as a value. */
  readonly idleCpuMs?: number;
  readonly bytes?: number;
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
    conditions: ["worker", "browser"],
    mainFields: ["browser", "module", "main"],
    logLevel: "error",
  });
  return outfile;
}

function measure(script: string, ...args: (string | number)[]): Measured | undefined {
  const { stdout, status, stderr } = spawnSync(process.execPath, ["--expose-gc", script, ...args.map(String)], {
    encoding: "utf8",
    timeout: 280_000,
  });
  if (status !== 0) {
    console.error(`${script} ${args.join(" ")}: ${stderr.split("\n").slice(0, 6).join("\n")}`);
    return undefined;
  }
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured;
}

/** The middle one of three runs by CPU time. */
function median(script: string, ...args: (string | number)[]): Measured | undefined {
  const runs = [1, 2, 3].map(() => measure(script, ...args)).filter((run) => run !== undefined);
  return runs.sort((a, b) => a.cpuMs - b.cpuMs)[Math.floor(runs.length / 2)];
}

async function kernelRows(): Promise<Row[]> {
  const rows: Row[] = [];
  const kernel = await bundle("kernel");
  const peer = await bundle("peer");
  const created = median(kernel, 0);
  if (created !== undefined) {
    rows.push(row("kernel: create a cluster until 3 nodes are Ready", "CPU ms", created.cpuMs));
    rows.push(row("kernel: an idle cluster as a value", "bytes", created.bytes ?? 0));
    rows.push(row("kernel: an idle hour, caught up at the next contact", "CPU ms", created.idleCpuMs ?? 0));
  }
  const perPod = new Map<number, number>();
  for (const replicas of [100, 500, 1_000, 5_000]) {
    const ours = median(kernel, replicas);
    if (ours === undefined) continue;
    perPod.set(replicas, ours.cpuMs / replicas);
    const name = `kernel: Deployment of ${replicas} until Ready`;
    const theirs = replicas <= 500 ? measure(peer, replicas) : undefined;
    const aim =
      replicas === 500 ? { aim: "peer at least 10 times as much", isMet: (r: Row) => (r.ratio ?? 0) >= 10 } : {};
    rows.push(row(name, "CPU s", ours.cpuMs / 1000, { ...aim, ...(theirs && { peer: theirs.cpuMs / 1000 }) }));
    rows.push(row(`${name}: longest stall`, "ms", ours.stallMs, { aim: "<= 100", isMet: () => ours.stallMs <= 100 }));
    rows.push(row(`${name}: heap`, "MB", ours.heapMB));
  }
  const [few, many] = [perPod.get(100), perPod.get(5_000)];
  if (few !== undefined && many !== undefined) {
    const growth = many / few;
    rows.push(
      row("kernel: cost of a pod at 5,000 over at 100", "ratio", growth, { aim: "<= 1.5", isMet: () => growth <= 1.5 }),
    );
  }
  return rows;
}

const only = process.argv[2] ?? "";
const rows: Row[] = [];
if ("kernel".includes(only)) rows.push(...(await kernelRows()));
if ("worker".includes(only)) rows.push(...(await benchServer()));
rmSync(folder, { recursive: true, force: true });

printTable(rows);
mkdirSync(join(ROOT, "bench"), { recursive: true });
if (only === "") writeFileSync(join(ROOT, "bench/results.json"), `${JSON.stringify(rows, null, 2)}\n`);
