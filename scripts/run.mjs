/**
 * Runs one of our TypeScript scripts on a fresh machine: `node scripts/run.mjs serve|test|bench|... [arguments]`.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed and on any Node >= 20: it
 * installs what the lock file names, then starts the script under a Node that reads TypeScript (the optional dependency
 * node-linux-*, else the machine's own from 22.12 on), and goes when it goes.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");

/** Whether node_modules holds what the lock file names: npm writes its own copy of the lock there, last of all. */
function isInstalled() {
  const installedLock = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const found = JSON.parse(readFileSync(installedLock, "utf8")).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return found[path] === undefined ? optional === true : found[path].version === version;
  });
}

/** `npm ci`, once at a time: two commands started together on a fresh clone would delete each other's work. */
async function install() {
  const lock = join(root, ".installing");
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const ageMs = existsSync(lock) ? Date.now() - statSync(lock).mtimeMs : 0;
      if (ageMs > 10 * 60_000) rmdirSync(lock);
      else await new Promise((resolve) => setTimeout(resolve, 500));
      if (isInstalled()) return;
    }
  }
  try {
    console.error("Installing packages (once) ...");
    const npm = process.env.npm_execpath;
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    const quiet = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
    const { status } = npm?.endsWith(".js")
      ? spawnSync(process.execPath, [npm, ...args], quiet)
      : spawnSync("npm", args, quiet);
    if (status !== 0) process.exit(status ?? 1);
  } finally {
    rmdirSync(lock);
  }
}

/** The Node that runs our TypeScript, with the flag its version needs for that. */
function nodeForScripts() {
  const installed = join(bin, "node");
  if (existsSync(installed)) return [installed];
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return [process.execPath];
  if (major === 22 && minor >= 12) return [process.execPath, "--experimental-strip-types"];
  console.error(
    `Node ${process.versions.node} is too old here and no newer one could be installed: use Node >= 22.12.`,
  );
  process.exit(1);
}

if (!isInstalled()) await install();

const [script = "serve", ...args] = process.argv.slice(2);
const [node, ...flags] = nodeForScripts();
const child = spawn(
  node,
  [...flags, "--disable-warning=ExperimentalWarning", join(root, "scripts", `${script}.ts`), ...args],
  {
    // The fourth channel tells the script when we are gone, however we went, so that nothing is left running.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      X_LOCAL_OBSERVABILITY: "false",
    },
  },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
// npm killed outright cannot pass the news on: its children just get another parent.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), 1000).unref();
}
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
