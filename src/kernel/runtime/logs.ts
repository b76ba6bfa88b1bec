/**
 * Container logs: lines with their instants, kept in chunks so that one more line does not rewrite the log.
 *
 * Models the CRI log format and pkg/kubelet/kuberuntime/logs.
 * Leaves out rotated files: the oldest lines go one chunk at a time, where a kubelet drops whole files.
 */
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";
import type { Cells } from "#kernel/store/cells";

/** The room of logs; the id is the container's id (the log's head) or `<id>/<n>` (a chunk). */
export const LOGS = "logs";

export type LogStream = "stdout" | "stderr";

/** Where a log begins and ends. Offsets count characters of the stored text since the container started. */
interface Head {
  readonly firstChunk: number;
  readonly lastChunk: number;
  /** Offset of the first kept character. */
  readonly begin: number;
  /** Offset after the last character. */
  readonly end: number;
  /** What was written since the last line feed, by stream. */
  readonly unfinished?: { readonly stdout?: string; readonly stderr?: string };
}

/** Lines `<instant> <o|e> <F|P> <text>\n`; F = a whole line, P = one cut off before its line feed. */
interface Chunk {
  readonly begin: number;
  readonly text: string;
}

export interface LogOptions {
  /** Only the last so many lines. */
  readonly tailLines?: number | undefined;
  /** Only lines written at this instant or later. */
  readonly sinceInstant?: Instant | undefined;
  /** At most so many bytes of output. */
  readonly limitBytes?: number | undefined;
  /** Each line begins with its instant in RFC 3339 with nine digits of a second. */
  readonly timestamps?: boolean | undefined;
  /** Continues where an earlier read ended (its nextOffset); tailLines does not apply then. */
  readonly fromOffset?: number | undefined;
  /** Only one of the streams. */
  readonly stream?: LogStream | undefined;
}

const CHUNK_CHARS = 8_192;
/** A longer line is cut, as the container runtime's max_container_log_line_size. */
const LINE_CHARS = 16_384;

/** Appends output of a container. A line shows once its line feed is written, or the container ends. */
export function appendLog(
  world: { readonly cells: Cells; readonly now: Instant },
  id: string,
  stream: LogStream,
  text: string,
): void {
  if (text === "") return;
  const { cells, now } = world;
  const head = cells.get<Head>(LOGS, id);
  const earlier = head?.unfinished?.[stream] ?? "";
  const all = earlier + text;
  const prefix = `${now} ${stream === "stdout" ? "o" : "e"} `;
  let lines = "";
  let start = 0;
  for (let feed = all.indexOf("\n"); feed >= 0; feed = all.indexOf("\n", start)) {
    while (feed - start > LINE_CHARS) {
      lines += `${prefix}P ${all.slice(start, start + LINE_CHARS)}\n`;
      start += LINE_CHARS;
    }
    lines += `${prefix}F ${all.slice(start, feed + 1)}`;
    start = feed + 1;
  }
  while (all.length - start > LINE_CHARS) {
    lines += `${prefix}P ${all.slice(start, start + LINE_CHARS)}\n`;
    start += LINE_CHARS;
  }
  store(cells, id, head, lines, { ...head?.unfinished, [stream]: all.slice(start) });
}

/** Shows what a container wrote without a last line feed; called when it ends. */
export function flushLog(world: { readonly cells: Cells; readonly now: Instant }, id: string): void {
  const head = world.cells.get<Head>(LOGS, id);
  if (head?.unfinished === undefined) return;
  let lines = "";
  if (head.unfinished.stdout !== undefined) lines += `${world.now} o P ${head.unfinished.stdout}\n`;
  if (head.unfinished.stderr !== undefined) lines += `${world.now} e P ${head.unfinished.stderr}\n`;
  store(world.cells, id, head, lines, {});
}

function store(
  cells: Cells,
  id: string,
  head: Head | undefined,
  lines: string,
  unfinished: { readonly stdout?: string; readonly stderr?: string },
): void {
  let { firstChunk, lastChunk, begin, end } = head ?? { firstChunk: 0, lastChunk: 0, begin: 0, end: 0 };
  let chunk = cells.get<Chunk>(LOGS, `${id}/${lastChunk}`);
  if (lines !== "") {
    if (chunk !== undefined && chunk.text.length >= CHUNK_CHARS) {
      lastChunk += 1;
      chunk = undefined;
    }
    cells.put(LOGS, `${id}/${lastChunk}`, { begin: chunk?.begin ?? end, text: (chunk?.text ?? "") + lines });
    end += lines.length;
  }
  while (end - begin > LIMITS.containerLogBytes && firstChunk < lastChunk) {
    cells.delete(LOGS, `${id}/${firstChunk}`);
    firstChunk += 1;
    begin = cells.get<Chunk>(LOGS, `${id}/${firstChunk}`)?.begin ?? end;
  }
  const kept = {
    ...(unfinished.stdout ? { stdout: unfinished.stdout } : {}),
    ...(unfinished.stderr ? { stderr: unfinished.stderr } : {}),
  };
  const isWhole = kept.stdout === undefined && kept.stderr === undefined;
  cells.put(LOGS, id, { firstChunk, lastChunk, begin, end, ...(isWhole ? {} : { unfinished: kept }) });
}

/** The log's text as `kubectl logs` prints it, and the offset to continue from once room "logs" has changed. */
export function readLog(cells: Cells, id: string, options: LogOptions): { text: string; nextOffset: number } {
  const head = cells.get<Head>(LOGS, id);
  if (head === undefined) return { text: "", nextOffset: options.fromOffset ?? 0 };
  const from = Math.max(options.fromOffset ?? 0, head.begin);
  const wanted =
    options.fromOffset === undefined ? (options.tailLines ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  const found: string[] = [];
  for (let n = head.lastChunk; n >= head.firstChunk && found.length < wanted; n -= 1) {
    const chunk = cells.get<Chunk>(LOGS, `${id}/${n}`);
    if (chunk === undefined || chunk.begin + chunk.text.length <= from) continue;
    collect(found, chunk.text.slice(Math.max(0, from - chunk.begin)), wanted, options);
  }
  return { text: printed(found.reverse(), options), nextOffset: head.end };
}

/** Adds the stored lines of a chunk from its last to its first. */
function collect(found: string[], text: string, wanted: number, options: LogOptions): void {
  const since = options.sinceInstant ?? 0;
  const stream = options.stream === undefined ? undefined : options.stream === "stdout" ? "o" : "e";
  const lines = text.split("\n");
  for (let n = lines.length - 2; n >= 0 && found.length < wanted; n -= 1) {
    const line = lines[n] ?? "";
    const space = line.indexOf(" ");
    if (stream !== undefined && line[space + 1] !== stream) continue;
    if (since > 0 && Number(line.slice(0, space)) < since) continue;
    found.push(line);
  }
}

function printed(lines: readonly string[], options: LogOptions): string {
  let text = "";
  for (const line of lines) {
    const space = line.indexOf(" ");
    if (options.timestamps === true) text += `${timestamp(Number(line.slice(0, space)))} `;
    text += line.slice(space + 5);
    if (line[space + 3] === "F") text += "\n";
  }
  return options.limitBytes === undefined ? text : firstBytes(text, options.limitBytes);
}

/** The instant in RFC 3339 with the nine digits the kubelet prints. */
function timestamp(instant: Instant): string {
  return new Date(instant).toISOString().replace("Z", "000000Z");
}

/** The longest beginning of a text that is at most so many bytes of UTF-8. */
function firstBytes(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (bytes > limit) break;
    end += char.length;
  }
  return text.slice(0, end);
}

/** Bytes a container's log takes of the node's disk. */
export function logBytes(cells: Cells, id: string): number {
  const head = cells.get<Head>(LOGS, id);
  return head === undefined ? 0 : head.end - head.begin;
}

/** Deletes a container's log. */
export function removeLog(cells: Cells, id: string): void {
  const head = cells.get<Head>(LOGS, id);
  if (head === undefined) return;
  for (let n = head.firstChunk; n <= head.lastChunk; n += 1) cells.delete(LOGS, `${id}/${n}`);
  cells.delete(LOGS, id);
}
