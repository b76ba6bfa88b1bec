/**
 * Transcoding: answers leave the cluster as JSON, which it has at hand as text, and become protobuf where the client's
 * connection is held; so the cluster's one thread has no part in it.
 */

import { type JsonObject, writeProtobuf, writeWatchFrame } from "#apiserver/codec/protobuf/write";
import { PROTOBUF } from "#kernel/requests/decode";

/** The header by which a JSON answer asks to be sent as protobuf. */
export const ENCODE_HEADER = "x-drydock-encode";

/** As upstream's: smaller answers are not worth the work. */
const GZIP_BYTES_MIN = 128 * 1024;

/** The answer as the client accepts it. */
export async function transcoded(answer: Response, acceptEncoding: string | null): Promise<Response> {
  if (answer.headers.get(ENCODE_HEADER) !== "protobuf") return answer;
  const headers = new Headers(answer.headers);
  headers.delete(ENCODE_HEADER);
  headers.delete("content-length");
  headers.set("content-type", PROTOBUF);
  const bytes = writeProtobuf((await answer.json()) as JsonObject);
  const { status } = answer;
  if (bytes.length < GZIP_BYTES_MIN || !/\bgzip\b/.test(acceptEncoding ?? "")) {
    return new Response(bytes as Uint8Array<ArrayBuffer>, { status, headers });
  }
  headers.set("content-encoding", "gzip");
  headers.append("vary", "Accept-Encoding");
  const zipped = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"));
  // The platform would compress it once more.
  return new Response(zipped, { status, headers, encodeBody: "manual" } as ResponseInit);
}

/** The lines of a watch as frames of protobuf. A line without an event, a mere sign of life, has none. */
export function framesOf(lines: string): Uint8Array[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: JsonObject };
      return writeWatchFrame(type, object);
    });
}
