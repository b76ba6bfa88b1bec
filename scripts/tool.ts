/** Runs an installed command-line tool and keeps what it says. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./build.ts";

/** How a tool ended: its exit code and both its streams in the order they came. */
export type Ran = { readonly code: number; readonly output: string };

/** Runs a tool of node_modules/.bin (or `node`) in the checkout, without colours, questions or telemetry. */
export function runTool(tool: string, args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(tool === "node" ? process.execPath : join(ROOT, "node_modules/.bin", tool), args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`,
        CI: "true",
        NO_COLOR: "1",
        FORCE_COLOR: "0",
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        X_LOCAL_OBSERVABILITY: "false",
      },
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => resolve({ code: 1, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}
