/**
 * Goal: texts go into the data of a Secret and come out as they were.
 * Method: compare with the platform's own base64; round trips of any text.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes, decodeText, encodeText } from "#kernel/resources/core/base64";

test("any text is encoded as elsewhere and decoded again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const encoded = encodeText(text);
      expect(encoded).toBe(Buffer.from(text, "utf8").toString("base64"));
      expect(decodeText(encoded)).toBe(text);
    }),
  );
});

test("any bytes are decoded as elsewhere", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const encoded = Buffer.from(bytes).toString("base64");
      expect(decodeBytes(encoded)).toEqual([...bytes]);
    }),
  );
});

test.each([
  ["/w==", "\ufffd"],
  ["YcM=", "a\ufffd"],
])("bytes that are no UTF-8 are replaced: %s", (encoded, text) => {
  expect(decodeText(encoded)).toBe(text);
});
