/**
 * A watch as a stream of JSON lines.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/watch.go and storage/cacher.
 */
import { accepted } from "#apiserver/codec/encode";
import { type RequestInfo, requestInfo } from "#apiserver/request-info";
import type { Progress, StreamKind, StreamState } from "#apiserver/streams/stream";
import { methodNotSupported, StatusError, tooLargeResourceVersion } from "#kernel/apimachinery/errors";
import { partialObjectMetadata } from "#kernel/apimachinery/table";
import type { Cluster } from "#kernel/cluster/cluster";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { ListOptions } from "#kernel/registry/list";
import { parseRevision } from "#kernel/registry/list";
import { NeedsAnswer } from "#kernel/registry/outside";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { eventsSince, projector, type WatchEvent } from "#kernel/registry/watch";
import { servedResource } from "#kernel/requests/call";
import type { Acceptance } from "#kernel/requests/media-type";
import { listQuery, type WatchQuery, watchQuery } from "#kernel/requests/options";
import { includeObject, inVersion } from "#kernel/requests/present";
import { bookmarkTable, tableOf } from "#kernel/requests/table";
import { must } from "#kernel/sim/assert";
import { type Change, type KubeObject, textOf } from "#kernel/store/object";

/** A bookmark at most once a minute, and only when something happened. */
const BOOKMARK_EVERY_MS = 60_000;

/** What a watcher is told: an event, or how far the watch has come. */
interface ShownEvent {
  readonly type: WatchEvent["type"] | "BOOKMARK";
  readonly object: KubeObject;
}

/** A watch request, read once. */
interface Watch {
  readonly resource: AnyResource;
  readonly filter: ListOptions;
  readonly query: WatchQuery;
  readonly request: Request;
  readonly encode: (event: ShownEvent, now: number, isFirst: boolean) => string;
  /** Whether the client accepted protobuf. */
  readonly encoding: Pick<Progress, "encoding">;
}

export const watchStream: StreamKind = {
  contentType: "application/json",

  open(cluster, client, request, info) {
    const watch = readWatch(cluster, request, info);
    const state: StreamState = {
      kind: "watch",
      url: request.url,
      accept: request.headers.get("accept") ?? "",
      position: cluster.store.revision,
      bookmarkedAt: cluster.now,
    };
    watchesOf(cluster).set(idOf(state), watch);
    try {
      const events = openingEvents(cluster, client, watch);
      const lines = events.map((event, n) => watch.encode(event, cluster.now, n === 0));
      if (watch.query.sendInitialEvents === true && watch.query.allowBookmarks) {
        lines.push(bookmark(watch, cluster, true));
      }
      const opened = { text: lines.join(""), state: { ...state, hasBegun: events.length > 0 }, isOver: false };
      return { ...opened, ...watch.encoding };
    } catch (error) {
      // Once a watch has been admitted, what goes wrong is an event of the stream.
      if (!(error instanceof StatusError)) throw error;
      return { text: errorLine(error), state, isOver: true, ...watch.encoding };
    }
  },

  advance(cluster, state, changes) {
    const watch = watchOf(cluster, state);
    if (watch instanceof StatusError) return { text: errorLine(watch), state, isOver: true };
    // Its kind may be gone, and with it the watch: what it still has to say it says.
    const isOver = watch === undefined || cluster.registry.resourceOfKind(watch.resource.gvk) !== watch.resource;
    if (watch === undefined) return { text: "", state, isOver };
    const project = projector(watch.resource, watch.filter);
    const fresh = changes.length === 0 ? missed(cluster, watch, state) : changes;
    if (fresh instanceof StatusError) return { text: errorLine(fresh), state, isOver: true };
    let { hasBegun = false, bookmarkedAt = 0 } = state;
    let text = "";
    for (const change of fresh) {
      if (change.revision <= state.position) continue;
      let event: WatchEvent | undefined;
      try {
        event = project(change);
      } catch (error) {
        return {
          text: text + endOf(error),
          state: { ...state, position: change.revision - 1, hasBegun },
          isOver: true,
        };
      }
      if (event === undefined) continue;
      text += watch.encode(event, cluster.now, !hasBegun);
      hasBegun = true;
    }
    if (watch.query.allowBookmarks && cluster.now - bookmarkedAt >= BOOKMARK_EVERY_MS) {
      text += bookmark(watch, cluster, false);
      bookmarkedAt = cluster.now;
    }
    if (text === "" && !isOver) return undefined;
    return { text, state: { ...state, position: cluster.store.revision, hasBegun, bookmarkedAt }, isOver };
  },
};

const known = new WeakMap<Registry, Map<string, Watch>>();

const idOf = ({ url, accept }: Pick<StreamState, "url" | "accept">): string => `${accept} ${url}`;

/** The watches of one cluster that have been read, not too many. */
function watchesOf({ registry }: Cluster): Map<string, Watch> {
  let watches = known.get(registry);
  if (watches === undefined || watches.size > 1_000) {
    watches = new Map();
    known.set(registry, watches);
  }
  return watches;
}

/**
 * The watch behind a stored state, parsed once as long as the memory lasts. Of a kind that is served no more it is the
 * last one known, if any; a kind that changed may not have what is watched for.
 */
function watchOf(cluster: Cluster, { url, accept }: StreamState): Watch | StatusError | undefined {
  const request = new Request(url, { headers: { accept } });
  const info = must(requestInfo("GET", new URL(url)), "an open watch has a resource");
  const watches = watchesOf(cluster);
  const cached = watches.get(idOf({ url, accept }));
  const resource = cluster.registry.resource(info);
  if (resource === undefined || cached?.resource === resource) return cached;
  try {
    const watch = readWatch(cluster, request, info);
    watches.set(idOf({ url, accept }), watch);
    return watch;
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

/** @throws NotFound, MethodNotAllowed, BadRequest, Invalid, NotAcceptable */
function readWatch(cluster: Cluster, request: Request, info: RequestInfo): Watch {
  const resource = servedResource(cluster.registry, info);
  if (!resource.verbs.includes("watch")) throw methodNotSupported(groupResourceOf(resource), "watch");
  const filter = listQuery(new URL(request.url).searchParams, info);
  // Names an unknown field or an impossible selector before anything is sent.
  projector(resource, filter);
  const accept = accepted(request, resource, true);
  const encoding = accept.format === "protobuf" ? { encoding: "protobuf" as const } : {};
  return {
    resource,
    filter,
    query: watchQuery(new URL(request.url).searchParams),
    request,
    encode: encoder(resource, request, accept),
    encoding,
  };
}

function openingEvents(cluster: Cluster, client: Client, { resource, filter, query }: Watch): WatchEvent[] {
  const { resourceVersion, sendInitialEvents } = query;
  const revision = resourceVersion === "" ? 0 : parseRevision(resourceVersion);
  if (revision > cluster.store.revision) {
    // Whoever wants the state wants it no older; whoever wants changes alone may wait for them.
    if (sendInitialEvents === true) throw tooLargeResourceVersion(revision, cluster.store.revision);
    return [];
  }
  const wantsState = sendInitialEvents ?? revision === 0;
  if (wantsState) {
    const { labels = [], fields = [], namespace = "" } = filter;
    const { items } = client.page(resource, { labels, fields, namespace });
    return items.map((object) => ({ type: "ADDED", object }));
  }
  if (revision === 0) return [];
  return eventsSince(cluster.registry, resource, filter, revision);
}

/** The changes since a stream's position, for one that was not there when they were made. */
function missed(cluster: Cluster, { resource }: Watch, { position }: StreamState): readonly Change[] | StatusError {
  try {
    eventsSince(cluster.registry, resource, {}, position);
    return cluster.store.since(position);
  } catch (error) {
    if (error instanceof StatusError) return error;
    throw error;
  }
}

function encoder(resource: AnyResource, request: Request, accept: Acceptance): Watch["encode"] {
  const { as } = accept;
  if (as === "Table") {
    const include = includeObject(new URL(request.url).searchParams);
    return ({ type, object }, now, isFirst) => {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      const asked = { now, include, metadata, withoutHeader: !isFirst };
      const table =
        type === "BOOKMARK"
          ? bookmarkTable(resource, object, asked)
          : tableOf(resource, [shown(resource, object, now)], asked);
      return line(type, JSON.stringify(inVersion(table, accept)));
    };
  }
  if (as !== undefined) {
    return ({ type, object }) => line(type, JSON.stringify(inVersion(partialObjectMetadata(object), accept)));
  }
  return ({ type, object }, now) =>
    line(type, type === "BOOKMARK" ? JSON.stringify(object) : textOf(shown(resource, object, now)));
}

const shown = (resource: AnyResource, object: KubeObject, now: number): KubeObject =>
  resource.present === undefined ? object : resource.present(object, now);

const line = (type: string, json: string): string => `{"type":"${type}","object":${json}}\n`;

/** The end of a watch whose object cannot be converted now: who comes again may wait for the answer that is missing. */
function endOf(error: unknown): string {
  if (error instanceof NeedsAnswer) return "";
  if (error instanceof StatusError) return errorLine(error);
  throw error;
}

const errorLine = (error: StatusError): string => line("ERROR", JSON.stringify(error.status));

/** Where a watch stands: an object of its kind with nothing but a revision. */
function bookmark({ resource, encode }: Watch, { store, now }: Cluster, endsInitialEvents: boolean): string {
  const { apiVersion, names } = resource;
  const annotations = { "k8s.io/initial-events-end": "true" };
  const metadata = { resourceVersion: String(store.revision), ...(endsInitialEvents && { annotations }) };
  const object = { kind: names.kind, apiVersion, metadata } as unknown as KubeObject;
  return encode({ type: "BOOKMARK", object }, now, false);
}
