/**
 * Logs and watches over a WebSocket, for clients that cannot read an answer while it is being sent.
 *
 * Models apimachinery/pkg/util/httpstream/wsstream (Reader) and apiserver/pkg/endpoints/handlers/watch.go.
 */
import { chosenProtocol } from "#apiserver/streams/channels";

const LOG_PROTOCOLS = ["binary.k8s.io", "base64.binary.k8s.io", ""];

/** Whether a request asks for an answer over a WebSocket. */
export const asksForSocket = (request: Request): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket";

/** The same request as one that is answered plainly. */
export function withoutSocket(request: Request): Request {
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()])
    if (name === "upgrade" || name.startsWith("sec-websocket-")) headers.delete(name);
  return new Request(request.url, { method: request.method, headers });
}

/**
 * Hands an answer on over a WebSocket: a log in messages of bytes, a watch in a message of text for each event. A
 * refusal is answered as it is. @throws BadRequest if the client speaks no protocol of ours
 */
export function overSocket(request: Request, answer: Response, kind: "log" | "watch"): Response {
  if (!answer.ok || answer.body === null) return answer;
  const offered = request.headers.get("sec-websocket-protocol");
  const protocol = kind === "log" ? chosenProtocol(offered, LOG_PROTOCOLS) : "";
  const { 0: outer, 1: inner } = new WebSocketPair();
  inner.accept();
  const reader = answer.body.getReader();
  inner.addEventListener("close", () => void reader.cancel().catch(() => {}));
  void pump(reader, inner, kind === "watch" ? "lines" : protocol);
  const headers = new Headers(protocol === "" ? {} : { "sec-websocket-protocol": protocol });
  return new Response(null, { status: 101, webSocket: outer, headers });
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, socket: WebSocket, how: string): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (how === "base64.binary.k8s.io") socket.send(btoa(String.fromCharCode(...next.value)));
      else if (how !== "lines") socket.send(next.value);
      else {
        const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") socket.send(line);
      }
    }
    socket.close(1000, "");
  } catch {
    // The client went away, or the cluster did: either way there is nobody to tell.
    socket.close(1011, "stream lost");
  }
}
