/**
 * Goal: however a stream is cut into chunks, its lines come out whole, and heartbeats do not come out at all.
 * Method: the same bytes, cut after every number of bytes there is.
 */
import { expect, test } from "vitest";
import { linesOf } from "./lines.ts";

const TEXT = '[0,{"name":"파드"}]\n\n[1,{"type":"BOOKMARK"}]\n\n\n[2,{}]\n';

function bodyOf(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
}

async function read(text: string, size: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(bodyOf(new TextEncoder().encode(text), size))) lines.push(line);
  return lines;
}

test.each(Array.from({ length: 20 }, (_, n) => n + 1))("in chunks of %i bytes", async (size) => {
  expect(await read(TEXT, size)).toEqual(['[0,{"name":"파드"}]', '[1,{"type":"BOOKMARK"}]', "[2,{}]"]);
});

test("a line that was cut is not taken for one", async () => {
  expect(await read('{"a":1}\n{"b":', 4)).toEqual(['{"a":1}']);
});
