/**
 * Goal: HTTP/1.1 is read from any cut of its bytes, in order; what is no HTTP is told apart from what is not whole yet.
 * Method: requests taken from every beginning of a text.
 */
import { expect, test } from "vitest";
import { responseText, takeRequest } from "#kernel/runtime/http1";

const POST = "POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nhéllo";
const CHUNKED = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";

test.each([
  [POST, "héllo"],
  [CHUNKED, "abcde"],
  ["GET / HTTP/1.1\nHost: y\n\n", ""],
])("a request is whole at its last byte and not before: %j", (text, body) => {
  for (let length = 1; length < text.length; length += 1) expect(takeRequest(text.slice(0, length))).toBe("more");
  expect(takeRequest(`${text}GET / HTTP/1.1\r\n\r\n`)).toMatchObject({ taken: text.length, request: { body } });
});

test.each([
  ["hostName\n", "bad"],
  ["\u0016\u0003\u0001", "bad"],
  ["GET / HTTP/2\r\n\r\n", "bad"],
  ["GET /\r\n", "bad"],
  ["GET / HTTP/1.1\r\nno colon\r\n\r\n", "bad"],
  ["", "more"],
  ["GE", "more"],
  ["PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", "continue"],
])("%j is %s", (text, answer) => {
  expect(takeRequest(text)).toBe(answer);
});

test("a connection is kept as its version and headers say", () => {
  const kept = (text: string): unknown => {
    const found = takeRequest(`${text}\r\n\r\n`);
    return typeof found === "string" ? found : found.isKept;
  };
  expect(kept("GET / HTTP/1.1")).toBe(true);
  expect(kept("GET / HTTP/1.1\r\nConnection: close")).toBe(false);
  expect(kept("GET / HTTP/1.0")).toBe(false);
  expect(kept("GET / HTTP/1.0\r\nConnection: keep-alive")).toBe(true);
});

test("an answer tells its length in bytes; one to HEAD keeps it and has no body", () => {
  const answer = { status: 200, headers: { "content-type": "text/plain", "set-cookie": "a=1\nb=2" }, body: "é" };
  expect(responseText(answer, "GET", false)).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n" +
      "Connection: keep-alive\r\n\r\né",
  );
  const head = { status: 200, headers: { "content-length": "9" }, body: "" };
  expect(responseText(head, "HEAD", true)).toBe("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n");
});
