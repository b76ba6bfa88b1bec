/**
 * Clusters for tests, made and steered over the HTTP API as any client would. Time is advanced, never slept through.
 */
import { inject } from "vitest";
import { type Ended, helm, kubectl, kubectlOk, type RunOptions } from "./kubectl.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the one server of this run listens; made by test/support/global-setup.ts. */
    origin: string;
  }
}

/** The body of POST /api/v1/clusters. */
export type ClusterOptions = {
  readonly name?: string;
  readonly controlPlanes?: 1 | 3 | 5;
  readonly nodes?: number | readonly Readonly<Record<string, unknown>>[];
  readonly components?: Readonly<Record<string, boolean>>;
  readonly authorization?: "RBAC" | "AlwaysAllow";
  readonly clock?: { readonly rate?: number; readonly paused?: boolean; readonly now?: string };
  readonly latency?: "realistic" | "none";
  readonly seed?: number | string;
  readonly ttl?: string;
  readonly snapshot?: string;
};

/** What POST .../clock/advance takes. */
export type Advance = { readonly by: string } | { readonly until: "idle"; readonly limit?: string };

/** A cluster under test. */
export class TestCluster {
  readonly id: string;
  readonly key: string;
  readonly url: string;
  readonly server: string;
  readonly kubeconfig: string;
  readonly #origin: string;

  constructor(origin: string, made: { id: string; key: string; url: string; server: string; kubeconfig: string }) {
    this.#origin = origin;
    this.id = made.id;
    this.key = made.key;
    this.url = made.url;
    this.server = made.server;
    this.kubeconfig = made.kubeconfig;
  }

  /** A call of our own API below /api/v1/clusters/ID, with the key. */
  call(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(`${this.#origin}/api/v1/clusters/${this.id}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** A call of the Kubernetes API: `path` as below the server's root, e.g. /api/v1/nodes. */
  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${this.key}`);
    return fetch(`${this.server}${path}`, { ...init, headers });
  }

  /** Runs kubectl in this cluster. */
  kubectl(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return kubectl(this, args, options);
  }

  /** Runs kubectl and returns its output; a failure throws. */
  kubectlOk(args: readonly string[], options?: RunOptions): Promise<string> {
    return kubectlOk(this, args, options);
  }

  /** Runs Helm in this cluster. */
  helm(args: readonly string[], options?: RunOptions): Promise<Ended> {
    return helm(this, args, options);
  }

  /** Advances the clock; everything due meanwhile happens in order before this resolves. */
  async advance(advance: Advance): Promise<{ now: string; advanced: string; settled: boolean }> {
    return okJson(await this.call("POST", "/clock/advance", advance));
  }

  /** Lets everything under way come to its end: rollouts, pulls, back-offs within `limit` of virtual time. */
  settle(limit = "10m"): Promise<{ now: string; advanced: string; settled: boolean }> {
    return this.advance({ until: "idle", limit });
  }

  /** Sets the clock's rate or stops it. */
  async setClock(clock: { rate?: number; paused?: boolean }): Promise<void> {
    await okJson(await this.call("PATCH", "/clock", clock));
  }

  /** Advances by `step` until `condition` gives something other than undefined, at most `limit` steps. */
  async until<T>(condition: () => Promise<T | undefined>, { step = "1s", limit = 600 } = {}): Promise<T> {
    for (let n = 0; n < limit; n += 1) {
      const found = await condition();
      if (found !== undefined) return found;
      await this.advance({ by: step });
    }
    throw new Error(`the condition did not come true within ${limit} steps of ${step}`);
  }

  /** Deletes the cluster. */
  async delete(): Promise<void> {
    await this.call("DELETE", "");
  }
}

/** Makes a cluster on the shared server of this run (or on `origin`). */
export async function newCluster(options: ClusterOptions = {}, origin = inject("origin")): Promise<TestCluster> {
  const response = await fetch(`${origin}/api/v1/clusters`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(options),
  });
  return new TestCluster(origin, await okJson(response));
}

/** The JSON of an answer that must have succeeded; throws the answer's text when it did not. */
export async function okJson<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} from ${response.url}: ${text}`);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
