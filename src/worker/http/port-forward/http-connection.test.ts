/**
 * Goal: HTTP/1.1 is read from any cut of its bytes and answered in order; what is no HTTP ends the connection.
 * Method: requests in pieces of every length against a server of one function.
 */
import { expect, test } from "vitest";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import type { HttpRequest } from "#kernel/runtime/world";
import { HttpConnection } from "#worker/http/port-forward/http-connection";

/** Sends a text in pieces; what was asked and answered, and whether the connection ended. */
async function talk(text: string, size: number, isEnd = false) {
  const asked: HttpRequest[] = [];
  let said = "";
  let isClosed = false;
  const connection = new HttpConnection({
    ask: async (request) => {
      asked.push(request);
      return { status: 200, headers: { "content-type": "text/plain" }, body: `<${request.path}>` };
    },
    write: (bytes) => {
      said += textOfBytes(bytes);
    },
    close: () => {
      isClosed = true;
    },
  });
  const bytes = bytesOfText(text);
  for (let at = 0; at < bytes.length; at += size) {
    connection.push(bytes.subarray(at, at + size));
    await Promise.resolve();
  }
  if (isEnd) connection.end();
  for (let n = 0; n < 20; n += 1) await Promise.resolve();
  return { asked, said, isClosed };
}

const head = (body: string) => `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n`;

test.each([1, 3, 17, 10_000])("two requests on one connection, in pieces of %i", async (size) => {
  const text =
    "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nhéllo" +
    "GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const { asked, said, isClosed } = await talk(text, size);
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/a?b", "héllo"],
    ["GET", "/c", ""],
  ]);
  expect(said).toBe(
    `${head("</a?b>")}Connection: keep-alive\r\n\r\n</a?b>${head("</c>")}Connection: close\r\n\r\n</c>`,
  );
  expect(isClosed).toBe(true);
});

test.each([1, 5, 1_000])("a chunked body in pieces of %i", async (size) => {
  const text = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  const { asked, isClosed } = await talk(text, size, true);
  expect(asked.map(({ body }) => body)).toEqual(["abcde"]);
  expect(isClosed).toBe(true);
});

test("a client that waits to be asked for its body is asked", async () => {
  const { said, asked } = await talk("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 1_000);
  expect(said).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  expect(asked).toEqual([]);
});

test("what is no HTTP ends the connection", async () => {
  expect(await talk("*1\r\n$4\r\nPING\r\n", 1_000)).toMatchObject({ isClosed: true, said: "" });
  expect(await talk("\u0016\u0003\u0001 hello", 1_000)).toMatchObject({ isClosed: true });
});
