/**
 * The wire of exec, attach and port-forward over a WebSocket: a channel's number, then its bytes.
 *
 * Models apimachinery/pkg/util/httpstream/wsstream and remotecommand/constants.go.
 */
import { badRequest, type Status, success } from "#kernel/apimachinery/errors";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** One message of a channel. */
export interface Frame {
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** What commands are spoken to with. Only the fifth version can close its standard input. */
export const COMMAND_PROTOCOLS: readonly string[] = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
  "",
];

/** The first protocol a client offers that is known; a client that offers none takes the oldest. @throws BadRequest */
export function chosenProtocol(header: string | null, known: readonly string[]): string {
  const offered = (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (offered.length === 0 && known.includes("")) return "";
  const chosen = offered.find((name) => known.includes(name));
  if (chosen !== undefined) return chosen;
  const names = known.filter((name) => name !== "").join(" ");
  throw badRequest(`unable to upgrade: the client speaks [${offered.join(" ")}], the server [${names}]`);
}

const isBase64 = (protocol: string): boolean => protocol.includes("base64.");

/** A message as it is sent: bytes, or in the base64 protocols text with the channel as a digit. */
export function encodeFrame(protocol: string, { channel, bytes }: Frame): Uint8Array | string {
  if (isBase64(protocol)) return `${channel}${btoa(String.fromCharCode(...bytes))}`;
  const message = new Uint8Array(bytes.length + 1);
  message[0] = channel;
  message.set(bytes, 1);
  return message;
}

/** A message as it came; undefined if it is empty or makes no sense. */
export function decodeFrame(protocol: string, message: ArrayBuffer | string): Frame | undefined {
  const bytes = typeof message === "string" ? bytesOfText(message) : new Uint8Array(message);
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (!isBase64(protocol)) return { channel: first, bytes: bytes.subarray(1) };
  try {
    const decoded = atob(textOfBytes(bytes.subarray(1)));
    return { channel: first - 0x30, bytes: Uint8Array.from(decoded, (char) => char.charCodeAt(0)) };
  } catch {
    return undefined;
  }
}

/** How a command ended, on the error channel: a Status, or before the fourth version the plain complaint. */
export function statusFrame(protocol: string, status: Status): Frame {
  const isPlain = !/^v[45]\./.test(protocol);
  const text = !isPlain ? JSON.stringify(status) : status.status === "Success" ? "" : (status.message ?? "");
  return { channel: CHANNEL.error, bytes: bytesOfText(text) };
}

/** The Status of a command that ended with a code. */
export function exitStatus(code: number): Status {
  const { kind: _, apiVersion: __, ...plain } = success();
  if (code === 0) return plain as Status;
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(code) }] },
  } as unknown as Status;
}
