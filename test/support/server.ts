/**
 * The real server for tests: `npm start` without npm, on a free port, with its state in a folder of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;

/** How to start: `port` 0 takes a free one; a `dataDir` that was given is kept, otherwise it is deleted at `stop`. */
export type ServerOptions = {
  readonly port?: number;
  readonly dataDir?: string;
  readonly isHttps?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

/** A running server. `origin` has no slash at its end; it stays the same over a restart. */
export class TestServer {
  readonly dataDir: string;
  origin = "";
  readonly #isHttps: boolean;
  readonly #isOurs: boolean;
  readonly #env: Readonly<Record<string, string>>;
  #port: number;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor({ port = 0, dataDir, isHttps = false, env = {} }: ServerOptions) {
    this.#env = env;
    this.#isOurs = dataDir === undefined;
    this.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), "drydock-test-"));
    this.#port = port;
    this.#isHttps = isHttps;
  }

  /** Starts a server and resolves when it is ready. */
  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(options);
    await server.#launch();
    return server;
  }

  /** What the server has written to its two streams so far. */
  get output(): string {
    return this.#output;
  }

  /** SIGTERM, as Ctrl-C would; resolves when every process is gone. Our own state folder goes with it. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    if (this.#isOurs) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Stops, runs `between` while nothing runs, and starts again on the same port with the same state. */
  async restart(between?: () => void | Promise<void>): Promise<void> {
    await this.#end("SIGTERM");
    await between?.();
    await this.#launch();
  }

  /** The power cut: SIGKILL to every process of the server at once, then `between`, then a new start. */
  async crash(between?: () => void | Promise<void>): Promise<void> {
    await this.#end("SIGKILL");
    await between?.();
    await this.#launch();
  }

  /** Loses the storage of every Durable Object, and nothing else: D1 stays. Call it only between two starts. */
  wipeClusterStorage(): void {
    const dir = join(this.dataDir, "v3/do");
    for (const name of readdirSync(dir)) {
      if (name.endsWith("-ClusterObject")) rmSync(join(dir, name), { recursive: true, force: true });
    }
  }

  async #launch(): Promise<void> {
    // Its own process group, so that a crash takes workerd along; the ipc channel stops it should the tests die.
    const child = spawn("node", [join(ROOT, "scripts/run.mjs"), "start", ...(this.#isHttps ? ["--https"] : [])], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PORT: String(this.#port), DRYDOCK_DATA: this.dataDir, ...this.#env },
    });
    this.#child = child;
    this.#output = "";
    this.origin = await this.#untilReady(child);
    this.#port = Number(new URL(this.origin).port);
  }

  #untilReady(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`the server did not start: ${why}\n${this.#output}`));
      const timer = setTimeout(() => fail(`not ready after ${START_MS_MAX} ms`), START_MS_MAX);
      const read = (chunk: Buffer) => {
        this.#output += chunk.toString();
        const origin = /ready at (\S+)/.exec(this.#output)?.[1];
        if (origin === undefined) return;
        clearTimeout(timer);
        resolve(origin);
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.once("exit", (code) => {
        clearTimeout(timer);
        fail(`it ended with ${code}`);
      });
    });
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const group = -child.pid;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const killAll = () => {
      try {
        process.kill(group, "SIGKILL");
      } catch {
        // Nobody of the group is left.
      }
    };
    if (signal === "SIGKILL") killAll();
    else child.kill("SIGTERM");
    const timer = setTimeout(killAll, STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  }
}
