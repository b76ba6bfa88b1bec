/**
 * Messages: what the protobuf form of a kind looks like, read from the packed table of field numbers and the shapes.
 *
 * Models the `protobuf` struct tags of k8s.io/api: embedded structs are messages of their own on the wire.
 */
import { DISCOVERY_WIRE } from "#apiserver/codec/protobuf/discovery";
import { WIRE } from "#apiserver/codec/protobuf/wire.gen";
import type { FieldShape, ObjectShape } from "#kernel/api/shapes";

/** A field on the wire. */
export interface WireField {
  readonly number: number;
  readonly name: string;
  readonly shape: FieldShape;
  /** Go holds it by pointer: a zero that is there means something. */
  readonly isPointer: boolean;
}

/** An embedded struct: a message whose fields belong to the object around it. */
export interface WireGroup {
  readonly number: number;
  readonly message: Message;
}

export interface Message {
  readonly fields: ReadonlyMap<number, WireField | WireGroup>;
  /** The same by rising number, which is the order in which they are written. */
  readonly ordered: readonly (WireField | WireGroup)[];
}

const messages = new WeakMap<ObjectShape, Message>();

/** The protobuf form of a shape; undefined if it has none (kinds made at run time). */
export function messageOf(shape: ObjectShape): Message | undefined {
  const known = messages.get(shape);
  if (known !== undefined) return known;
  const dot = shape.name.lastIndexOf(".");
  const text = DISCOVERY_WIRE.get(shape) ?? WIRE[shape.name.slice(0, dot)]?.[shape.name.slice(dot + 1)];
  if (text === undefined) return undefined;
  const message = parse(text, shape);
  messages.set(shape, message);
  return message;
}

/** Reads `name=1! spec=2* +3(a=1 b=2)`. */
function parse(text: string, shape: ObjectShape): Message {
  const fields = new Map<number, WireField | WireGroup>();
  let at = 0;
  while (at < text.length) {
    const group = /^\+(\d+)\(/.exec(text.slice(at));
    if (group !== null) {
      const begin = at + group[0].length;
      const end = closing(text, begin);
      const number = Number(group[1]);
      fields.set(number, { number, message: parse(text.slice(begin, end), shape) });
      at = end + 2;
      continue;
    }
    const space = text.indexOf(" ", at);
    const word = text.slice(at, space < 0 ? text.length : space);
    at += word.length + 1;
    const [, name = "", digits = "", flags = ""] = /^([^=]+)=(\d+)([*!]*)$/.exec(word) ?? [];
    const field = shape.fields.get(name);
    if (field === undefined) continue;
    fields.set(Number(digits), { number: Number(digits), name, shape: field, isPointer: flags.includes("*") });
  }
  return { fields, ordered: [...fields.values()].sort((a, b) => a.number - b.number) };
}

/** Index of the parenthesis that closes the one before `begin`. */
function closing(text: string, begin: number): number {
  let depth = 1;
  for (let at = begin; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
