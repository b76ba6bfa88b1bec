/**
 * The tar format: headers of 512 bytes before contents padded to 512 bytes.
 *
 * Models POSIX.1-1988 ustar, with GNU's and pax's way to write long names.
 */
import { bytesOfText, fromBytes, textOfBytes } from "#kernel/runtime/files/bytes";

export const BLOCK = 512;
/** An archive is filled up to a whole record. */
const RECORD = 20 * BLOCK;

export interface Member {
  readonly name: string;
  readonly kind: "file" | "dir" | "link";
  readonly mode: number;
  readonly uid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Bytes of its contents. */
  readonly size: number;
  /** Target of a symbolic link. */
  readonly to: string;
}

/** The header of a member as text, with a long name's own entry before it. */
export function headerOf(member: Member): string {
  const name = member.kind === "dir" && !member.name.endsWith("/") ? `${member.name}/` : member.name;
  const long = bytesOfText(name).length > 100 ? longName(name) : "";
  return long + block(member, name);
}

function longName(name: string): string {
  const size = bytesOfText(name).length + 1;
  const about: Member = { name: "././@LongLink", kind: "file", mode: 0o644, uid: 0, mtime: 0, size, to: "" };
  return block(about, about.name, "L") + padded(`${name}\0`, size);
}

const TYPES = { file: "0", dir: "5", link: "2" } as const;

function block(member: Member, name: string, type: string = TYPES[member.kind]): string {
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const size = member.kind === "file" ? member.size : 0;
  const owner = member.uid === 0 ? "root" : "";
  const before =
    field(name, 100) +
    octal(member.mode & 0o7777, 8) +
    octal(member.uid, 8) +
    octal(member.uid, 8) +
    octal(size, 12) +
    octal(Math.max(0, member.mtime), 12);
  const after = `${type}${field(member.to, 100)}ustar  \0${field(owner, 32).repeat(2)}${"\0".repeat(183)}`;
  const sum = bytesOfText(`${before}        ${after}`).reduce((total, byte) => total + byte, 0);
  return `${before}${sum.toString(8).padStart(6, "0")}\0 ${after}`;
}

/** A text cut or filled up to so many bytes. */
function field(text: string, length: number): string {
  const bytes = bytesOfText(text).subarray(0, length);
  return textOfBytes(bytes) + "\0".repeat(length - bytes.length);
}

/** Contents of so many bytes, filled up to a whole block. */
export const padded = (text: string, size: number): string => text + "\0".repeat((BLOCK - (size % BLOCK)) % BLOCK);

/** What ends an archive of so many bytes. */
export const trailer = (written: number): string =>
  "\0".repeat(2 * BLOCK + ((RECORD - ((written + 2 * BLOCK) % RECORD)) % RECORD));

/** A header as it was read; kind is `name` or `pax` if it says something of the next one, `end` after the last. */
export interface Header extends Omit<Member, "kind"> {
  readonly kind: Member["kind"] | "name" | "target" | "pax" | "other" | "end";
}

/** Reads a header from bytes written as characters; undefined if that is none. */
export function readHeader(text: string): Header | undefined {
  const part = (from: number, length: number): string => untilNul(text.slice(from, from + length));
  const number = (from: number, length: number): number => Number.parseInt(part(from, length).trim() || "0", 8);
  if (/^\0*$/.test(text)) return { name: "", kind: "end", mode: 0, uid: 0, mtime: 0, size: 0, to: "" };
  let sum = 0;
  for (let n = 0; n < BLOCK; n += 1) sum += n >= 148 && n < 156 ? 32 : text.charCodeAt(n);
  if (number(148, 8) !== sum) return undefined;
  const prefix = part(257, 6) === "ustar" && part(257, 8) !== "ustar  " ? part(345, 155) : "";
  const name = prefix === "" ? part(0, 100) : `${prefix}/${part(0, 100)}`;
  const type = text[156] ?? "0";
  const kinds: Readonly<Record<string, Header["kind"]>> = {
    ...{ "0": "file", "\0": "file", "7": "file", "5": "dir", "2": "link", L: "name", K: "target", x: "pax" },
  };
  return {
    name: fromBytes(name),
    kind: kinds[type] ?? "other",
    mode: number(100, 8),
    uid: number(108, 8),
    mtime: number(136, 12),
    size: number(124, 12),
    to: fromBytes(part(157, 100)),
  };
}

const untilNul = (text: string): string => text.split("\0", 1)[0] ?? "";

/** The records of a pax header: `<length> <key>=<value>\n`. */
export function paxRecords(text: string): Readonly<Record<string, string>> {
  const records: Record<string, string> = {};
  for (let at = 0; at < text.length; ) {
    const length = Number.parseInt(text.slice(at), 10);
    if (!(length > 0)) break;
    const record = text.slice(at, at + length - 1);
    const [key = "", value = ""] = record.slice(record.indexOf(" ") + 1).split(/=(.*)/s);
    records[key] = fromBytes(value);
    at += length;
  }
  return records;
}
