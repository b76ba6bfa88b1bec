/**
 * Held streams: the Worker keeps the client's connection open and the Durable Object, which may hibernate meanwhile,
 * feeds it over a WebSocket. When the object restarts the Worker reconnects where the stream stood. A client gets its
 * stream as the body of an answer, or over a WebSocket of its own if it asks for one.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/watch.go (HandleHTTP, HandleWS).
 */
import { ENCODE_HEADER } from "#apiserver/codec/protobuf/transcode";
import { isTrue, requestInfo } from "#apiserver/request-info";
import type { StreamState } from "#apiserver/streams/stream";
import { PROTOBUF } from "#kernel/requests/decode";
import { RESOURCES } from "#kernel/resources/index";
import { STATE_HEADER, STREAM_OVER } from "#worker/cluster/sockets";
import type { ClusterObject } from "#worker/cluster-object";
import { BodyOutlet, type Outlet, SocketOutlet } from "#worker/http/outlet";

/** A line feed between the lines of a watch harms nobody and finds out clients that are gone. */
const HEARTBEAT_MS = 30_000;
/** A watch without a timeout of its own ends after half an hour to an hour, as the real server's. */
const TIMEOUT_MIN_SECONDS = 1_800;
/** No bookmark is sent more often than upstream sends them. */
const BOOKMARK_MS = 60_000;
const RECONNECTS_MAX = 5;

/** What every stream is sent with: anything else and the local server would compress and so hold it back. */
export const streamHeaders = (contentType: string): Record<string, string> => ({
  "content-type": contentType,
  "content-encoding": "identity",
  "cache-control": "no-cache, private, no-transform",
});

/** Opens a stream of a cluster and answers with it; a refusal is answered as it is. */
export async function holdStream(
  stub: DurableObjectStub<ClusterObject>,
  url: URL,
  request: Request,
  kind: StreamState["kind"],
): Promise<Response> {
  const first = await connect(stub, url, request);
  if (first.webSocket === null) return first;
  // Refused by the cluster otherwise: what it accepted is known to be served.
  const isProtobuf = kind === "watch" && first.headers.get(ENCODE_HEADER) === "protobuf";
  const isSocket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  const outlet = isSocket ? new SocketOutlet(kind === "watch", isProtobuf) : new BodyOutlet(isProtobuf);
  const held = new HeldStream(stub, url, request, outlet, isProtobuf);
  held.feed(first.webSocket);
  held.keepAlive(kind === "watch", timeoutSeconds(url));
  if (outlet instanceof SocketOutlet) return new Response(null, { status: 101, webSocket: outlet.client });
  const type = kind === "log" ? "text/plain" : isProtobuf ? `${PROTOBUF};stream=watch` : "application/json";
  return new Response(outlet.readable, { headers: streamHeaders(type) });
}

function connect(
  stub: DurableObjectStub<ClusterObject>,
  url: URL,
  request: Request,
  state?: string,
): Promise<Response> {
  // Who asks goes along: the cluster decides anew whenever the stream is taken up again.
  const headers = new Headers(request.headers);
  headers.set("upgrade", "websocket");
  if (state !== undefined) headers.set(STATE_HEADER, encodeURIComponent(state));
  return stub.fetch(new Request(url, { headers }));
}

function timeoutSeconds(url: URL): number {
  const asked = Number(url.searchParams.get("timeoutSeconds") ?? 0);
  return asked > 0 ? asked : TIMEOUT_MIN_SECONDS * (1 + Math.random());
}

/** What the objects of a watch are; undefined for kinds made at run time. */
function watchedKind(url: URL, accept: string): { apiVersion: string; kind: string } | undefined {
  if (accept.includes("as=PartialObjectMetadata"))
    return { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" };
  const info = requestInfo("GET", url);
  const resource = RESOURCES.find(
    ({ group, version, names }) => group === info?.group && version === info.version && names.plural === info.plural,
  );
  return resource && { apiVersion: resource.apiVersion, kind: resource.names.kind };
}

class HeldStream {
  #socket: WebSocket | undefined;
  #state: string | undefined;
  #isOver = false;
  #reconnects = 0;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(
    readonly stub: DurableObjectStub<ClusterObject>,
    readonly url: URL,
    readonly request: Request,
    readonly outlet: Outlet,
    readonly isProtobuf: boolean,
  ) {
    const gone = (): void => this.#end();
    outlet.onGone(gone);
    request.signal.addEventListener("abort", gone);
  }

  feed(socket: WebSocket): void {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener("message", ({ data }) => this.#forward(String(data)));
    socket.addEventListener("close", ({ code }) => {
      if (code === STREAM_OVER || this.#isOver) this.#end();
      else void this.#reconnect();
    });
  }

  keepAlive(isWatch: boolean, seconds: number): void {
    if (!isWatch) return;
    if (this.isProtobuf) this.#timers.push(setInterval(() => this.#write(this.#bookmark()), BOOKMARK_MS));
    else this.#timers.push(setInterval(() => this.#write("\n"), HEARTBEAT_MS));
    this.#timers.push(setTimeout(() => this.#end(), Math.min(seconds * 1000, 2 ** 31 - 1)));
  }

  /** A frame cannot be empty: the sign of life is how far the watch has come, to a client that wants to be told. */
  #bookmark(): string {
    const kind = watchedKind(this.url, this.request.headers.get("accept") ?? "");
    const wantsThem = isTrue(this.url.searchParams.get("allowWatchBookmarks"));
    if (this.#state === undefined || kind === undefined || !wantsThem) return "";
    const { position } = JSON.parse(this.#state) as StreamState;
    const object = { ...kind, metadata: { resourceVersion: String(position) } };
    return `${JSON.stringify({ type: "BOOKMARK", object })}\n`;
  }

  #forward(message: string): void {
    const end = message.indexOf("\n");
    this.#state = message.slice(0, end);
    this.#reconnects = 0;
    if (end + 1 < message.length) this.#write(message.slice(end + 1));
  }

  #write(text: string): void {
    try {
      this.outlet.write(text);
    } catch {
      this.#end();
    }
  }

  /** The object went away (a deploy, a fault): the client need not notice. */
  async #reconnect(): Promise<void> {
    this.#reconnects += 1;
    if (this.#reconnects > RECONNECTS_MAX || this.#state === undefined) return this.#end();
    try {
      const response = await connect(this.stub, this.url, this.request, this.#state);
      if (response.webSocket === null || this.#isOver) this.#end();
      else this.feed(response.webSocket);
    } catch {
      this.#timers.push(setTimeout(() => void this.#reconnect(), 200 * this.#reconnects));
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    try {
      this.#socket?.close(1000, "client gone");
    } catch {
      // It was closed from the other side.
    }
    this.outlet.close();
  }
}
