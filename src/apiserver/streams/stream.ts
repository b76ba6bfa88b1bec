/**
 * Streams: answers without an end (a watch, a followed log), as values: where each stands can be stored, so a stream
 * survives the sleep of the object that feeds it.
 */

import type { RequestInfo } from "#apiserver/request-info";
import { logStream } from "#apiserver/streams/log-stream";
import { watchStream } from "#apiserver/streams/watch-stream";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";
import type { Change } from "#kernel/store/object";

/** Everything that is needed to go on with a stream: small JSON. */
export interface StreamState {
  readonly kind: "watch" | "log";
  /** The request: path and query below the cluster's root, and its Accept header. */
  readonly url: string;
  readonly accept: string;
  /** A watch: the last revision considered. A log: the offset of the next byte. */
  readonly position: number;
  /** A log: the id of the container. */
  readonly container?: string;
  /** A watch: whether the first event, which carries a table's header, has been sent. */
  readonly hasBegun?: boolean;
  /** A watch: the virtual instant of the last bookmark. */
  readonly bookmarkedAt?: number;
}

/** What a stream has to say now. */
export interface Progress {
  readonly text: string;
  readonly state: StreamState;
  /** Nothing more will ever come. */
  readonly isOver: boolean;
  /** Said once, at the opening: the client accepted frames of protobuf; the text stays JSON. */
  readonly encoding?: "protobuf";
}

/** One sort of stream. */
export interface StreamKind {
  readonly contentType: string;
  /** Begins. @throws StatusError if the request is refused before anything is sent */
  open(cluster: Cluster, client: Client, request: Request, info: RequestInfo): Progress;
  /** Goes on after a turn; undefined if the turn has nothing for it. */
  advance(cluster: Cluster, state: StreamState, changes: readonly Change[]): Progress | undefined;
}

export const STREAMS: Readonly<Record<StreamState["kind"], StreamKind>> = { watch: watchStream, log: logStream };

/** Which sort of stream a request asks for; undefined for an ordinary answer. */
export function streamKindOf(info: RequestInfo, url: URL): StreamState["kind"] | undefined {
  // What stands behind a proxy may have a parameter of that name too.
  if (info.verb === "watch" && info.subresource !== "proxy") return "watch";
  const follows = /^(1|t|true)$/i.test(url.searchParams.get("follow") ?? "");
  return info.plural === "pods" && info.subresource === "log" && follows ? "log" : undefined;
}
