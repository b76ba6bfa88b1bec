/**
 * Port-forward: the WebSocket ends here, in the Worker, which carries the bytes of every connection to the cluster.
 *
 * Models the kubelet's and the CRI's portforward servers, and the API server's tunnelling of SPDY.
 */
import { chosenProtocol } from "#apiserver/streams/channels";
import { badRequest } from "#kernel/apimachinery/errors";
import { bytesOfText } from "#kernel/runtime/files/bytes";
import type { ClusterObject } from "#worker/cluster-object";
import { Pipe } from "#worker/http/port-forward/pipe";
import { SpdyServer, type SpdyStream } from "#worker/http/port-forward/spdy";

const TUNNEL = "SPDY/3.1+portforward.k8s.io";
const PROTOCOLS = [TUNNEL, "v4.channel.k8s.io", "portforward.k8s.io", ""];

type Stub = DurableObjectStub<ClusterObject>;

/** Opens a port-forward, or answers why not. @throws BadRequest */
export async function portForward(stub: Stub, request: Request): Promise<Response> {
  const protocol = chosenProtocol(request.headers.get("sec-websocket-protocol"), PROTOCOLS);
  const ports = portsOf(new URL(request.url));
  if (protocol !== TUNNEL && ports.length === 0) throw badRequest('query parameter "port" is required');
  const headers = new Headers(request.headers);
  for (const name of ["sec-websocket-key", "sec-websocket-protocol", "sec-websocket-extensions"]) headers.delete(name);
  headers.set("upgrade", "websocket");
  const allowed = await stub.fetch(new Request(request.url, { headers }));
  if (allowed.webSocket === null) return allowed;
  const pipe = new Pipe(allowed.webSocket);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.binaryType = "arraybuffer";
  if (protocol === TUNNEL) tunnel(server, pipe);
  else channels(server, pipe, ports);
  const answered = new Headers(protocol === "" ? {} : { "sec-websocket-protocol": protocol });
  return new Response(null, { status: 101, webSocket: client, headers: answered });
}

/** @throws BadRequest */
function portsOf({ searchParams }: URL): number[] {
  const texts = [...searchParams.getAll("ports"), ...searchParams.getAll("port")].flatMap((text) => text.split(","));
  return texts.map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    throw badRequest(`unable to parse ${JSON.stringify(text)} as a port: invalid port number`);
  });
}

/** SPDY inside the WebSocket: for each connection a stream of errors and a stream of data. */
function tunnel(socket: WebSocket, pipe: Pipe): void {
  const errors = new Map<string, SpdyStream>();
  const send = (bytes: Uint8Array): void => {
    try {
      socket.send(bytes);
    } catch {
      // The client is gone; its close event follows.
    }
  };
  const spdy = new SpdyServer(send, (stream) => {
    const { streamtype, port = "", requestid = "" } = stream.headers;
    if (streamtype === "error") {
      errors.set(requestid, stream);
      return;
    }
    const error = errors.get(requestid);
    errors.delete(requestid);
    const connection = pipe.dial(Number(port), {
      write: (bytes) => stream.write(bytes),
      complain: (bytes) => error?.write(bytes),
      end: () => {
        stream.end();
        error?.end();
      },
    });
    stream.onData = (bytes) => connection.push(bytes);
    stream.onEnd = () => connection.end();
  });
  socket.addEventListener("message", ({ data }) => {
    try {
      spdy.push(typeof data === "string" ? bytesOfText(data) : new Uint8Array(data as ArrayBuffer));
    } catch {
      socket.close(1002, "no SPDY");
    }
  });
  tie(socket, pipe);
}

/** Each end goes with the other. */
function tie(socket: WebSocket, pipe: Pipe): void {
  socket.addEventListener("close", () => {
    pipe.close();
    socket.close(1000, "");
  });
  pipe.onClose = () => socket.close(1011, "lost connection to pod");
}

/** The older way: two channels per port, data and errors, each beginning with the port's number. */
function channels(socket: WebSocket, pipe: Pipe, ports: readonly number[]): void {
  const send = (channel: number, bytes: Uint8Array): void => {
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    try {
      socket.send(message);
    } catch {
      // The client is gone; its close event follows.
    }
  };
  let open = ports.length;
  const connections = ports.map((port, n) => {
    for (const channel of [2 * n, 2 * n + 1]) send(channel, Uint8Array.of(port & 0xff, port >> 8));
    return pipe.dial(port, {
      write: (bytes) => send(2 * n, bytes),
      complain: (bytes) => send(2 * n + 1, bytes),
      end: () => {
        open -= 1;
        if (open === 0) socket.close(1000, "");
      },
    });
  });
  socket.addEventListener("message", ({ data }) => {
    const bytes = typeof data === "string" ? bytesOfText(data) : new Uint8Array(data as ArrayBuffer);
    const channel = bytes[0] ?? 1;
    if (channel % 2 === 0) connections[channel / 2]?.push(bytes.subarray(1));
  });
  tie(socket, pipe);
}
