/**
 * `npm start`: builds what is stale, serves on http://127.0.0.1:$PORT (8787) and stops cleanly when told to.
 *
 * `-- --https` serves https; `-- --quiet` prints nothing; `DRYDOCK_DATA` moves the state from .wrangler/state.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildAssets, ROOT } from "./build.ts";
import { type Server, serve } from "./server.ts";

const { values: flags } = parseArgs({ options: { https: { type: "boolean" }, quiet: { type: "boolean" } } });
const port = Number(process.env.PORT ?? 8787);

let server: Server | undefined;
let isStopping = false;

async function stop(code: number): Promise<never> {
  if (!isStopping) {
    isStopping = true;
    await server?.stop();
    process.exit(code);
  }
  return new Promise(() => {});
}

/** Whether nobody listens on the port yet: workerd's own complaint would name neither the port nor a way out. */
const isFree = (candidate: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(candidate, "127.0.0.1", () => probe.close(() => resolve(true)));
  });

function stopOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.removeAllListeners(signal);
    process.on(signal, () => void stop(0));
  }
}

stopOnSignals();
process.on("disconnect", () => void stop(0));

if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`PORT=${process.env.PORT} is not a port`);
  process.exit(1);
}
if (!(await isFree(port))) {
  console.error(`Port ${port} is in use. Stop what listens there, or choose another: PORT=8788 npm start`);
  process.exit(1);
}

buildAssets();
server = await serve({
  port,
  dataDir: process.env.DRYDOCK_DATA ?? join(ROOT, ".wrangler/state"),
  isHttps: flags.https === true,
});
if (isStopping) await server.stop();
// Miniflare has its own idea of a signal by now: to leave at once.
stopOnSignals();

if (flags.quiet !== true) {
  const shown = server.url.origin.replace("127.0.0.1", "localhost");
  console.log(`Drydock is ready at ${server.url.origin}`);
  console.log(`A cluster in your browser: ${shown}/new`);
}
