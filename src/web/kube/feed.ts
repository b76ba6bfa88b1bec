/**
 * The feed: all watches of this page over one stream, opened again from where each stands whenever it breaks.
 */
import { type ClusterClient, Refusal } from "./client.ts";
import { linesOf } from "./lines.ts";

/** An event of a watch. */
export type WatchEvent = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
};

/** Somebody who follows one watch. */
export type Follower = {
  /** The path from where it stands; undefined while it has nothing to follow. */
  watchPath(): string | undefined;
  take(event: WatchEvent): void;
};

/** `locked`: the key opens nothing (any more), so it is no use to try again. */
export type FeedState = "live" | "broken" | "locked";

const SETTLE_MS = 30;
const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 8_000;

/** One stream for all followers. */
export class Feed {
  readonly #client: ClusterClient;
  readonly #tell: (state: FeedState) => void;
  readonly #followers = new Set<Follower>();
  #open: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #backoffMs = BACKOFF_MS_MIN;
  #isPaused = false;

  /** `tell` is told whenever the stream opens or breaks. */
  constructor(client: ClusterClient, tell: (state: FeedState) => void) {
    this.#client = client;
    this.#tell = tell;
  }

  /** Adds a follower, or begins anew for one that stands elsewhere now. */
  follow(follower: Follower): void {
    this.#followers.add(follower);
    this.#reopen(SETTLE_MS);
  }

  /** Nothing more for this follower. */
  leave(follower: Follower): void {
    if (this.#followers.delete(follower)) this.#reopen(SETTLE_MS);
  }

  /** Nobody looks: let the cluster sleep. */
  pause(): void {
    this.#isPaused = true;
    this.#open?.abort();
    clearTimeout(this.#timer);
  }

  /** Somebody looks again: go on from where everybody stands. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#reopen(0);
  }

  #reopen(afterMs: number): void {
    if (this.#isPaused) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), afterMs);
  }

  async #run(): Promise<void> {
    this.#open?.abort();
    const open = new AbortController();
    this.#open = open;
    const watches = [...this.#followers].flatMap((follower) => {
      const path = follower.watchPath();
      return path === undefined ? [] : [{ follower, path }];
    });
    if (watches.length === 0) return;
    try {
      const { body } = await this.#client.watch(
        watches.map(({ path }) => path),
        open.signal,
      );
      if (body === null) return;
      this.#tell("live");
      for await (const line of linesOf(body)) {
        if (open.signal.aborted) return;
        const [index, event] = JSON.parse(line) as [number, WatchEvent];
        this.#backoffMs = BACKOFF_MS_MIN;
        watches[index]?.follower.take(event);
      }
    } catch (error) {
      // Broken streams are part of life: what matters is where everybody stands.
      if (error instanceof Refusal && error.status === 401) {
        this.#tell("locked");
        return;
      }
    }
    if (open.signal.aborted) return;
    this.#tell("broken");
    this.#reopen(this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MS_MAX);
  }
}
