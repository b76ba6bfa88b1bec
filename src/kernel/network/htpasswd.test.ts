/**
 * Goal: passwords are checked as Apache's htpasswd wrote them.
 * Method: the test suite of RFC 1321, and hashes made by `openssl passwd -apr1`.
 */
import { expect, test } from "vitest";
import { isPassword, md5 } from "#kernel/network/htpasswd";
import { bytesOfText } from "#kernel/runtime/files/bytes";

test.each([
  ["", "d41d8cd98f00b204e9800998ecf8427e"],
  ["abc", "900150983cd24fb0d6963f7d28e17f72"],
  [
    "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
    "57edf4a22be3c955ac49da2e2107b67a",
  ],
])("the MD5 of %j", (text, digest) => {
  expect(Buffer.from(md5(bytesOfText(text))).toString("hex")).toBe(digest);
});

test.each([
  ["secret", "$apr1$SaltSalt$.wTsZyhsHljboa7m4Bjlg1"],
  ["a much longer password than sixteen", "$apr1$x1$Kdd7cuoW.LXCVcTFxwR3V1"],
  ["é", "$apr1$abcdefgh$zIx7jYsM0.IV/73uJPQMj/"],
])("%s is the password of %s", (password, hash) => {
  expect(isPassword(password, hash)).toBe(true);
  expect(isPassword(`${password}x`, hash)).toBe(false);
});
