/**
 * The Worker's end of a port-forward's way to the cluster: several connections over one WebSocket.
 */
import type { PortProblem } from "#kernel/network/pod-port";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { decodePipeFrame, encodePipeFrame, type PipeVerb } from "#worker/cluster/pipe-frames";

/** Where a forwarded connection writes to, beside its data. */
export interface Line {
  write(bytes: Uint8Array): void;
  complain(bytes: Uint8Array): void;
  end(): void;
}

/** What the client does with a connection. */
export interface Forwarded {
  push(bytes: Uint8Array): void;
  /** The client will write nothing more. */
  end(): void;
}

export class Pipe {
  readonly #socket: WebSocket;
  readonly #lines = new Map<number, { readonly line: Line; readonly port: number }>();
  #next = 1;
  /** The cluster has gone. */
  onClose: () => void = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.accept();
    socket.addEventListener("message", ({ data }) => this.#take(data as ArrayBuffer | string));
    socket.addEventListener("close", () => {
      for (const { line } of this.#lines.values()) line.end();
      this.#lines.clear();
      this.onClose();
    });
  }

  /** A connection to a port of the pod. It is dialled at once: who is refused learns it before he says anything. */
  dial(port: number, line: Line): Forwarded {
    const connection = this.#next;
    this.#next += 1;
    this.#lines.set(connection, { line, port });
    this.#say(connection, "open", bytesOfText(String(port)));
    return {
      push: (bytes) => this.#say(connection, "data", bytes),
      end: () => this.#say(connection, "end"),
    };
  }

  /** The client has gone. */
  close(): void {
    this.#lines.clear();
    this.onClose = () => {};
    this.#socket.close(1000, "");
  }

  #say(connection: number, verb: PipeVerb, bytes: Uint8Array = new Uint8Array(0)): void {
    if (!this.#lines.has(connection)) return;
    try {
      this.#socket.send(encodePipeFrame({ connection, verb, bytes }));
    } catch {
      // The cluster is gone; its close event follows.
    }
  }

  #take(message: ArrayBuffer | string): void {
    const frame = decodePipeFrame(message);
    const found = frame && this.#lines.get(frame.connection);
    if (frame === undefined || found === undefined) return;
    if (frame.verb === "data") {
      found.line.write(frame.bytes);
      return;
    }
    if (frame.verb === "failed") {
      const problem = JSON.parse(textOfBytes(frame.bytes)) as PortProblem;
      found.line.complain(bytesOfText(complaint(found.port, problem)));
    }
    this.#lines.delete(frame.connection);
    found.line.end();
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  refused: "connect: connection refused",
  timeout: "i/o timeout",
};

/** What containerd says of a port it cannot reach. */
function complaint(port: number, { failure, sandbox }: PortProblem): string {
  const why = CAUSES[failure] ?? "connect: no route to host";
  return (
    `error forwarding port ${port} to pod ${sandbox}, uid : failed to execute portforward in network namespace ` +
    `"/var/run/netns/cni-${sandbox.slice(0, 8)}": failed to connect to localhost:${port} inside namespace ` +
    `"${sandbox}", IPv4: dial tcp4 127.0.0.1:${port}: ${why} IPv6 dial tcp6: address localhost: no suitable address found `
  );
}
