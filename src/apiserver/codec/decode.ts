/**
 * Reading request bodies: their bytes, the text they spell, and the binary form that the kernel does not know.
 */

import { ProtobufError, readProtobuf } from "#apiserver/codec/protobuf/read";
import { requestEntityTooLarge } from "#kernel/apimachinery/errors";
import {
  type DecodedObject,
  decodeText,
  decodeValue,
  PROTOBUF,
  parsed,
  type Target,
  unrecognized,
} from "#kernel/requests/decode";
import { bodyType } from "#kernel/requests/media-type";
import type { FieldValidation } from "#kernel/requests/options";
import { LIMITS } from "#kernel/sim/limits";

/** A body as it came: its bytes, the text they spell, and its media type without parameters. */
export interface Body {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly type: string;
}

/** Reads a whole body. @throws RequestEntityTooLarge over 3 MiB */
export async function readBody(request: Request): Promise<Body> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > LIMITS.requestBytes) throw requestEntityTooLarge(`limit is ${LIMITS.requestBytes}`);
  const type = bodyType(request.headers.get("content-type"));
  return { bytes, text: type === PROTOBUF ? "" : new TextDecoder().decode(bytes), type };
}

/** Decodes a whole body as an object of a kind. @throws BadRequest, UnsupportedMediaType */
export function decodeBody(body: Body, target: Target, validation: FieldValidation): DecodedObject {
  if (body.type !== PROTOBUF) return decodeText(body, target, validation);
  try {
    return decodeValue(parsed(readProtobuf(body.bytes, target.shape)), target, validation);
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw unrecognized(target.gvk, error.message, String.fromCharCode(...body.bytes.slice(0, 31)));
  }
}
