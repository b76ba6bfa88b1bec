/**
 * The one way this page talks to its cluster: fetch with the key in a header, errors as the server words them.
 */

/** What the server refused, in its own words. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.reason = reason;
  }
}

/** The media type that asks for the rows `kubectl get` prints. */
const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** How to ask: `accept` and `type` are media types, `body` is sent as it is. */
export type Ask = {
  readonly method?: string;
  readonly accept?: string;
  readonly type?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
};

/** One cluster, as its key's holder reaches it. */
export class ClusterClient {
  readonly id: string;
  readonly key: string;

  constructor(id: string, key: string) {
    this.id = id;
    this.key = key;
  }

  /** The Kubernetes API: `path` as below the server's root. @throws Refusal */
  kube(path: string, ask: Ask = {}): Promise<Response> {
    return this.#ask(`/k/${this.id}${path}`, ask);
  }

  /** The rows of a list. @throws Refusal */
  async table<T>(path: string): Promise<T> {
    return (await this.kube(path, { accept: TABLE })).json() as Promise<T>;
  }

  /** Our own API below this cluster. @throws Refusal */
  own(path: string, method = "GET", body?: unknown): Promise<Response> {
    return this.#ask(`/api/v1/clusters/${this.id}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), type: "application/json" }),
    });
  }

  /** Several watches in one connection: a browser keeps six to a server, and a page alone wants more. */
  watch(paths: readonly string[], signal: AbortSignal): Promise<Response> {
    const query = new URLSearchParams(paths.map((path) => ["path", path]));
    return this.#ask(`/c/${this.id}/watch?${query}`, { accept: TABLE, signal });
  }

  async #ask(url: string, { method = "GET", accept, type, body, signal }: Ask): Promise<Response> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.key}` };
    if (accept !== undefined) headers.accept = accept;
    if (type !== undefined) headers["content-type"] = type;
    const response = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    if (!response.ok) throw await refusalOf(response);
    return response;
  }
}

/** A Kubernetes Status, a problem document, or whatever text came. */
export async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  try {
    const { message, detail, title, reason = "" } = JSON.parse(text) as Record<string, string | undefined>;
    return new Refusal(response.status, reason, message ?? detail ?? title ?? text);
  } catch {
    return new Refusal(response.status, "", text.trim() || `${response.status} ${response.statusText}`);
  }
}

/** The text of anything thrown. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
