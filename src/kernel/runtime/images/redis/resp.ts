/**
 * RESP: how Redis clients and servers speak. A request of method `RESP` carries it over the simulated network.
 *
 * Models the Redis serialization protocol, version 2, and of version 3 null, maps and scores.
 */
import { bytesOfText, textOfBytes, utf8Length } from "#kernel/runtime/files/bytes";
import type { HttpRequest } from "#kernel/runtime/world";

export type Reply =
  | { readonly k: "status" | "error" | "bulk"; readonly text: string }
  | { readonly k: "int"; readonly value: number }
  | { readonly k: "nil" }
  | { readonly k: "array"; readonly items: readonly Reply[] }
  /** Keys and values by turns: an array to who speaks version 2. */
  | { readonly k: "map"; readonly items: readonly Reply[] }
  /** A score: a text to who speaks version 2; and members with their scores, one after the other there. */
  | { readonly k: "double"; readonly text: string }
  | { readonly k: "pairs"; readonly items: readonly Reply[] };

export const OK: Reply = { k: "status", text: "OK" };
export const NIL: Reply = { k: "nil" };

/** A string as a reply. */
export const bulk = (text: string): Reply => ({ k: "bulk", text });

/** A count as a reply. */
export const integer = (value: number): Reply => ({ k: "int", value });

/** Strings as a reply. */
export const list = (texts: readonly string[]): Reply => ({ k: "array", items: texts.map(bulk) });

/** An error as a reply: `ERR syntax error`. */
export const failure = (text: string): Reply => ({ k: "error", text });

/** A reply as it goes over the wire. */
export function encodeReply(reply: Reply, version: 2 | 3 = 2): string {
  switch (reply.k) {
    case "status":
      return `+${reply.text}\r\n`;
    case "error":
      return `-${reply.text}\r\n`;
    case "int":
      return `:${reply.value}\r\n`;
    case "nil":
      return version === 3 ? "_\r\n" : "$-1\r\n";
    case "double":
      if (version === 3) return `,${reply.text}\r\n`;
      return encodeReply(bulk(reply.text));
    case "bulk":
      return `$${utf8Length(reply.text)}\r\n${reply.text}\r\n`;
    default: {
      const items = reply.items.map((item) => encodeReply(item, version)).join("");
      if (reply.k === "map" && version === 3) return `%${reply.items.length / 2}\r\n${items}`;
      if (reply.k !== "pairs" || version === 2) return `*${reply.items.length}\r\n${items}`;
      const pairs = reply.items.filter((_, n) => n % 2 === 0).map((item, n) => [item, reply.items[2 * n + 1] ?? NIL]);
      return `*${pairs.length}\r\n${pairs.map((pair) => encodeReply({ k: "array", items: pair }, version)).join("")}`;
    }
  }
}

/** Commands, one after the other, as a request. */
export function commandRequest(commands: readonly (readonly string[])[]): HttpRequest {
  const body = commands.map((argv) => encodeReply(list(argv))).join("");
  return { method: "RESP", path: "", headers: {}, body };
}

/** What a text on the wire holds; a text that breaks off gives what came whole. */
export function decodeReplies(text: string): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < text.length; ) {
    const found = decode(text, at);
    if (found === undefined) break;
    replies.push(found.reply);
    at = found.end;
  }
  return replies;
}

function decode(text: string, at: number): { reply: Reply; end: number } | undefined {
  const feed = text.indexOf("\r\n", at);
  if (feed < 0) return undefined;
  const line = text.slice(at + 1, feed);
  const end = feed + 2;
  switch (text[at]) {
    case "+":
      return { reply: { k: "status", text: line }, end };
    case "-":
      return { reply: { k: "error", text: line }, end };
    case ":":
      return { reply: integer(Number(line)), end };
    case "$": {
      const length = Number(line);
      if (length < 0) return { reply: NIL, end };
      const body = takeBytes(text, end, length);
      return body === undefined ? undefined : { reply: bulk(body), end: end + body.length + 2 };
    }
    case "*":
      return decodeItems(text, end, Number(line));
    default:
      return undefined;
  }
}

/** So many bytes of a text from a place on; undefined if they have not all come. */
function takeBytes(text: string, from: number, length: number): string | undefined {
  const longest = text.slice(from, from + length);
  const bytes = bytesOfText(longest);
  if (bytes.length < length) return undefined;
  return bytes.length === length ? longest : textOfBytes(bytes.subarray(0, length));
}

/** Whole commands at the beginning of a text, as arrays or as lines of words, and how many characters they take. */
export function takeCommands(text: string): {
  readonly commands: readonly (readonly string[])[];
  readonly taken: number;
} {
  const commands: string[][] = [];
  let taken = 0;
  while (taken < text.length) {
    if (text[taken] === "*") {
      const found = decode(text, taken);
      if (found === undefined) break;
      const items = found.reply.k === "array" ? found.reply.items : [];
      commands.push(items.map((item) => ("text" in item ? item.text : "")));
      taken = found.end;
      continue;
    }
    const feed = text.indexOf("\n", taken);
    if (feed < 0) break;
    const words = text.slice(taken, feed).trim().split(/\s+/);
    if (words[0] !== "") commands.push(words);
    taken = feed + 1;
  }
  return { commands, taken };
}

function decodeItems(text: string, from: number, count: number): { reply: Reply; end: number } | undefined {
  const items: Reply[] = [];
  let end = from;
  while (items.length < count) {
    const found = decode(text, end);
    if (found === undefined) return undefined;
    items.push(found.reply);
    end = found.end;
  }
  return { reply: { k: "array", items }, end };
}
