/**
 * Goal: anybody with a JWT library can verify our tokens, and we refuse what was not signed with our key.
 * Method: known answers of FIPS 180 and RFC 6979; sign here and verify with the platform's own cryptography.
 */
import { createHash, createPublicKey, verify as nodeVerify } from "node:crypto";
import { expect, test } from "vitest";
import {
  decodeBase64Url,
  encodeBase64Url,
  isSignedBy,
  keyId,
  keySet,
  publicKeyOf,
  readToken,
  signToken,
  unsignedToken,
} from "./jwt";
import { keyPairFrom, sign, verify } from "./p256";
import { sha256 } from "./sha256";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hex = (of: Uint8Array): string => Buffer.from(of).toString("hex");

test.each([0, 1, 55, 56, 63, 64, 65, 200])("SHA-256 of %i bytes is the platform's", (length) => {
  const message = bytes("a".repeat(length));
  expect(hex(sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
});

test("a signature is the one RFC 6979 gives for the message sample", () => {
  const d = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
  expect(hex(sign(bytes("sample"), { d }))).toBe(
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
      "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
  );
});

test("the platform verifies a token with the key set alone", () => {
  const key = keyPairFrom("one");
  const token = signToken(unsignedToken({ sub: "Zoë 😀" }, keyId(key)), key);
  const [jwk] = (keySet([key]) as { keys: { kid: string }[] }).keys;
  const [header = "", claims = "", signature = ""] = token.split(".");
  const publicKey = createPublicKey({ key: jwk as never, format: "jwk" });
  const signed = Buffer.from(signature, "base64url");
  const isValid = nodeVerify(
    "sha256",
    bytes(`${header}.${claims}`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    signed,
  );
  expect(isValid).toBe(true);
  expect(readToken(token)).toEqual({ header: { alg: "ES256", kid: jwk?.kid }, claims: { sub: "Zoë 😀" } });
  const der = publicKey.export({ type: "spki", format: "der" });
  expect(publicKeyOf(jwk)).toEqual({ x: key.x, y: key.y });
  for (const odd of [undefined, {}, { ...jwk, crv: "P-384" }, { ...jwk, x: "AA" }]) {
    expect(publicKeyOf(odd)).toBeUndefined();
  }
  expect(keyId(key)).toBe(createHash("sha256").update(der).digest("base64url"));
});

test("another key, another claim, another algorithm: not ours", () => {
  const key = keyPairFrom("one");
  const token = signToken(unsignedToken({ sub: "a" }, "k"), key);
  const [header, , signature] = token.split(".");
  expect(isSignedBy(token, key)).toBe(true);
  expect(isSignedBy(token, keyPairFrom("two"))).toBe(false);
  expect(isSignedBy(`${header}.${encodeBase64Url(bytes('{"sub":"b"}'))}.${signature}`, key)).toBe(false);
  const none = [{ alg: "none" }, { sub: "a" }].map((part) => encodeBase64Url(bytes(JSON.stringify(part)))).join(".");
  for (const bad of ["", "a.b", `${none}.`, `${none}.${signature}`, "a.b.c", "..", `${token}.`]) {
    expect(isSignedBy(bad, key), bad).toBe(false);
  }
  expect(verify(bytes("m"), new Uint8Array(64), key)).toBe(false);
});

test("base64url keeps every byte", () => {
  for (let length = 0; length < 9; length += 1) {
    const some = Uint8Array.from({ length }, (_, n) => 251 - n * 37);
    expect(decodeBase64Url(encodeBase64Url(some))).toEqual(some);
  }
});
