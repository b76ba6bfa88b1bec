/**
 * `npm run deploy`: builds the assets, migrates the remote D1, deploys the Worker. Arguments go to `wrangler deploy`.
 */
import { spawnSync } from "node:child_process";
import { buildAssets, ROOT } from "./build.ts";

function wrangler(...args: string[]): void {
  const { status } = spawnSync("wrangler", args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

buildAssets();
// Migrations only add, so the old Worker goes on working between these two commands.
wrangler("d1", "migrations", "apply", "drydock", "--remote");
wrangler("deploy", ...process.argv.slice(2));
process.disconnect?.();
