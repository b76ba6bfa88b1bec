/**
 * The cluster's clock as this page shows it: asked now and then, counted on in between.
 */
import type { ClusterClient } from "./client.ts";

type View = { readonly now: string; readonly rate: number; readonly paused: boolean };
type Advanced = { readonly now: string; readonly advanced: string; readonly settled: boolean };

/** What POST .../clock/advance takes. */
export type Advance = { readonly by: string } | { readonly until: "idle"; readonly limit: string };

const ASK_EVERY_MS = 15_000;
const TICK_MS = 200;

/** Virtual time; `now` and `second` move by themselves. */
export class VirtualClock {
  /** Milliseconds since the epoch, the cluster's own; 0 until it is known. */
  now = $state(0);
  /** The same once a second of ours: what ages are counted from. */
  second = $state(0);
  rate = $state(1);
  isPaused = $state(false);

  readonly #client: ClusterClient;
  readonly #timers: readonly ReturnType<typeof setInterval>[];
  #base = 0;
  #since = 0;
  #ticks = 0;

  constructor(client: ClusterClient) {
    this.#client = client;
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => document.visibilityState === "visible" && void this.ask().catch(() => {}), ASK_EVERY_MS),
    ];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** What time it is there. @throws Refusal */
  async ask(): Promise<void> {
    this.#take((await (await this.#client.own("/clock")).json()) as View);
  }

  /** Sets the rate, or stops and starts. @throws Refusal */
  async set(change: { readonly rate?: number; readonly paused?: boolean }): Promise<void> {
    this.#take((await (await this.#client.own("/clock", "PATCH", change)).json()) as View);
  }

  /** Lets time pass at once; gives how much passed and whether all came to rest. @throws Refusal */
  async advance(by: Advance): Promise<Advanced> {
    const advanced = (await (await this.#client.own("/clock/advance", "POST", by)).json()) as Advanced;
    this.#take({ now: advanced.now, rate: this.rate, paused: this.isPaused });
    return advanced;
  }

  #take({ now, rate, paused }: View): void {
    this.#base = Date.parse(now);
    this.#since = performance.now();
    this.rate = rate;
    this.isPaused = paused;
    this.now = this.#base;
    this.second = this.#base;
  }

  #tick(): void {
    if (this.#base === 0) return;
    const passed = this.isPaused ? 0 : (performance.now() - this.#since) * this.rate;
    this.now = this.#base + passed;
    this.#ticks += 1;
    if ((this.#ticks * TICK_MS) % 1_000 === 0) this.second = this.now;
  }
}
