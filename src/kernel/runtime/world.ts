/**
 * What a simulated container may reach: the present, entropy, its cells, and the network around it.
 */
import type { Client } from "#kernel/registry/client";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** A simulated HTTP request as a server sees it. Header names are lower case; the body is text. */
export interface HttpRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Address of the client as the server sees it (after any translation of addresses on the way). */
  readonly remoteAddress?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /**
   * How long it took in virtual time, beyond nothing: a server that thinks says so here, and the network adds what the
   * way takes. Whoever asked waits so long before it sees the answer.
   */
  readonly delayMs?: number;
}

/** Why no answer came: nobody listens, nobody is there, the name is unknown, the connection broke. */
export type NetFailure = "refused" | "timeout" | "unreachable" | "nxdomain" | "reset";

/** Where a connection comes from: a container in a pod, a node, or the world outside the cluster. */
export interface Origin {
  readonly kind: "pod" | "node" | "outside";
  /** Namespace and name of the pod, or the node's name. */
  readonly namespace?: string;
  readonly name?: string;
  readonly ip?: string;
}

/** The network as seen from an origin; implemented by #kernel/network. */
export interface Net {
  /** `host` is a name or an address. */
  http(from: Origin, target: { host: string; port: number }, request: HttpRequest): HttpResponse | NetFailure;
  /** Whether a TCP connection would be accepted. */
  connect(from: Origin, target: { host: string; port: number }): "open" | NetFailure;
  /** Addresses of a name; empty = NXDOMAIN. */
  resolve(from: Origin, name: string): readonly string[];
}

export interface World {
  readonly client: Client;
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly cells: Cells;
  readonly net: Net;
}
