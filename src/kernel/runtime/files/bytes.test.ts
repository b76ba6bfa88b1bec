/**
 * Goal: any bytes become a text and come back the same, and texts become the bytes the world expects.
 * Method: random bytes both ways, Node's own encoder beside ours, characters cut in the middle.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOfText, textOfBytes, unfinishedBytes } from "#kernel/runtime/files/bytes";

test("bytes survive being a text", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect([...bytesOfText(textOfBytes(bytes))]).toEqual([...bytes]);
    }),
  );
});

test("texts are UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      if (!text.isWellFormed()) return;
      const bytes = new Uint8Array(Buffer.from(text));
      expect(bytesOfText(text)).toEqual(bytes);
      expect(textOfBytes(bytes)).toBe(text);
    }),
  );
});

test("a character cut in the middle waits for its rest", () => {
  const whole = new Uint8Array(Buffer.from("한𝄞é"));
  const ends = Array.from(whole, (_, n) => unfinishedBytes(whole.slice(0, n + 1)));
  expect(ends).toEqual([1, 2, 0, 1, 2, 3, 0, 1, 0]);
  expect(unfinishedBytes(Uint8Array.of(0x80, 0x80, 0x80))).toBe(0);
});
