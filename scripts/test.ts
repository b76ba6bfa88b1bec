/**
 * `npm test`: the guards, then every vitest project, each step counted; the last line is `N passed, N failed`.
 *
 * Names of steps as arguments run those alone: `npm test -- types unit`. `npm run check` is the guards.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAssets, ROOT } from "./build.ts";
import { type Guard, guards } from "./guards.ts";
import { runTool } from "./tool.ts";

type Count = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** The vitest projects from the fastest to the slowest, so that the first bad news comes soon. */
const PROJECTS = ["tidy", "unit", "sim", "labs", "worker", "contract", "e2e"];
const GUARDS_AT_ONCE = 2;

const wanted = process.argv.slice(2);
const known = [...guards.map(({ name }) => name), ...PROJECTS, "guards"];
for (const name of wanted.filter((candidate) => !known.includes(candidate))) {
  console.error(`No step is called ${name}; there are ${known.join(", ")}`);
  process.exit(1);
}
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
const started = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function runGuard({ name, claim, check }: Guard): Promise<Count> {
  const since = performance.now();
  const complaint = await check();
  if (complaint === undefined) {
    console.log(`✓ ${name}: ${claim} (${seconds(since)})`);
    return { passed: 1, failed: 0, skipped: 0 };
  }
  console.log(`✗ ${name}: ${claim} (${seconds(since)})\n${complaint}\n`);
  return { passed: 0, failed: 1, skipped: 0 };
}

async function runGuards(): Promise<Count[]> {
  const queue = guards.filter(({ name }) => isWanted(name) || wanted.includes("guards"));
  const counts: Count[] = [];
  const lane = async (): Promise<void> => {
    for (let guard = queue.shift(); guard !== undefined; guard = queue.shift()) counts.push(await runGuard(guard));
  };
  await Promise.all(Array.from({ length: GUARDS_AT_ONCE }, lane));
  return counts;
}

type Report = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
};

async function runProject(project: string, reports: string): Promise<Count> {
  const since = performance.now();
  const reportFile = join(reports, `${project}.json`);
  const { code, output } = await runTool("vitest", [
    ...["run", "--project", project, "--passWithNoTests"],
    ...["--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`],
  ]);
  const count = existsSync(reportFile)
    ? countOf(JSON.parse(readFileSync(reportFile, "utf8")) as Report, code)
    : { passed: 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  const { passed, failed, skipped } = count;
  const summary = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  console.log(`${failed === 0 ? "✓" : "✗"} ${project}: ${summary} (${seconds(since)})`);
  if (failed > 0) console.log(`${output}\n`);
  return count;
}

/** Tests, and what fails outside any test: a file that cannot be loaded, an error nobody awaited. */
function countOf(report: Report, code: number): Count {
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

mkdirSync(join(ROOT, ".cache"), { recursive: true });
const reports = mkdtempSync(join(tmpdir(), "drydock-reports-"));
const counts: Count[] = [];
try {
  buildAssets();
} catch (error) {
  console.log(`✗ build: ${error instanceof Error ? error.message : String(error)}`);
  counts.push({ passed: 0, failed: 1, skipped: 0 });
}
counts.push(...(await runGuards()));
for (const project of PROJECTS.filter(isWanted)) counts.push(await runProject(project, reports));
rmSync(reports, { recursive: true, force: true });

const sum = (pick: (count: Count) => number): number => counts.reduce((total, count) => total + pick(count), 0);
const skipped = sum((count) => count.skipped);
const failed = sum((count) => count.failed);
console.log(`\nin ${seconds(started)}`);
console.log(`${sum((count) => count.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
process.disconnect?.();
