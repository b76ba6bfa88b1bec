/**
 * Port-forward: the WebSocket ends here, in the Worker; every request that comes through it asks the cluster.
 *
 * Models the kubelet's and the CRI's portforward servers, and the API server's tunnelling of SPDY.
 */
import { HELD_HEADER } from "#apiserver/routes/connect";
import { chosenProtocol } from "#apiserver/streams/channels";
import { badRequest } from "#kernel/apimachinery/errors";
import type { PortAnswer } from "#kernel/network/pod-port";
import { bytesOfText } from "#kernel/runtime/files/bytes";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import type { ClusterObject } from "#worker/cluster-object";
import { HttpConnection } from "#worker/http/port-forward/http-connection";
import { SpdyServer, type SpdyStream } from "#worker/http/port-forward/spdy";

const TUNNEL = "SPDY/3.1+portforward.k8s.io";
const PROTOCOLS = [TUNNEL, "v4.channel.k8s.io", "portforward.k8s.io", ""];

type Stub = DurableObjectStub<ClusterObject>;

/** The pod whose ports are forwarded. */
interface Pod {
  readonly stub: Stub;
  readonly namespace: string;
  readonly name: string;
}

/** Opens a port-forward, or answers why not. @throws BadRequest */
export async function portForward(stub: Stub, request: Request, pod: { namespace: string; name: string }) {
  const protocol = chosenProtocol(request.headers.get("sec-websocket-protocol"), PROTOCOLS);
  const ports = portsOf(new URL(request.url));
  if (protocol !== TUNNEL && ports.length === 0) throw badRequest('query parameter "port" is required');
  const headers = new Headers(request.headers);
  for (const name of ["upgrade", "connection", "sec-websocket-key", "sec-websocket-protocol"]) headers.delete(name);
  headers.set(HELD_HEADER, "true");
  const allowed = await stub.fetch(new Request(request.url, { headers }));
  if (!allowed.ok) return allowed;
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.binaryType = "arraybuffer";
  if (protocol === TUNNEL) tunnel(server, { stub, ...pod });
  else channels(server, { stub, ...pod }, ports);
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

/** Where a forwarded connection writes to, beside its data. */
interface Line {
  write(bytes: Uint8Array): void;
  complain(bytes: Uint8Array): void;
  end(): void;
}

/** A connection to a port of the pod. It is dialled at once: who is refused learns it before he says anything. */
function dial({ stub, namespace, name }: Pod, port: number, line: Line): HttpConnection {
  const ask = (request?: HttpRequest): Promise<PortAnswer> => stub.podPort({ namespace, name, port }, request);
  const end = (failure?: string, sandbox = ""): void => {
    if (failure !== undefined) line.complain(bytesOfText(complaint(port, failure, sandbox)));
    line.end();
  };
  let sandbox = "";
  const dialled = ask().then((first) => {
    ({ sandbox } = first);
    return first.answer;
  });
  const connection = new HttpConnection({
    write: (bytes) => line.write(bytes),
    close: (failure) => end(failure === "reset" ? undefined : failure, sandbox),
    ask: async (request) => {
      const first = await dialled;
      return typeof first === "string" && first !== "open" ? first : ((await ask(request)).answer as HttpResponse);
    },
  });
  dialled.then(
    (first) => {
      if (typeof first === "string" && first !== "open") connection.fail(first);
    },
    () => connection.fail("reset"),
  );
  return connection;
}

const CAUSES: Readonly<Record<string, string>> = {
  refused: "connect: connection refused",
  timeout: "i/o timeout",
};

/** What containerd says of a port it cannot reach. */
function complaint(port: number, failure: string, sandbox: string): string {
  const why = CAUSES[failure] ?? "connect: no route to host";
  return (
    `error forwarding port ${port} to pod ${sandbox}, uid : failed to execute portforward in network namespace ` +
    `"/var/run/netns/cni-${sandbox.slice(0, 8)}": failed to connect to localhost:${port} inside namespace ` +
    `"${sandbox}", IPv4: dial tcp4 127.0.0.1:${port}: ${why} IPv6 dial tcp6: address localhost: no suitable address found `
  );
}

/** SPDY inside the WebSocket: for each connection a stream of errors and a stream of data. */
function tunnel(socket: WebSocket, pod: Pod): void {
  const errors = new Map<string, SpdyStream>();
  const connections = new Set<HttpConnection>();
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
    const connection = dial(pod, Number(port), {
      write: (bytes) => stream.write(bytes),
      complain: (bytes) => error?.write(bytes),
      end: () => {
        stream.end();
        error?.end();
        connections.delete(connection);
      },
    });
    connections.add(connection);
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
  socket.addEventListener("close", () => {
    for (const connection of connections) connection.end();
    socket.close(1000, "");
  });
}

/** The older way: two channels per port, data and errors, each beginning with the port's number. */
function channels(socket: WebSocket, pod: Pod, ports: readonly number[]): void {
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
    return dial(pod, port, {
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
  socket.addEventListener("close", () => {
    for (const connection of connections) connection.end();
    socket.close(1000, "");
  });
}
