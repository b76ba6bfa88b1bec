/**
 * Goal: the server starts on a fresh folder, survives SIGTERM and a power cut, and serves https one can verify.
 * Method: the real start script with a folder and a port of its own, seen from outside.
 */
import { readFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { TestServer } from "#test/support/server";

const started: TestServer[] = [];
afterAll(() => Promise.all(started.map((server) => server.stop())));

async function start(options = {}): Promise<TestServer> {
  const server = await TestServer.start(options);
  started.push(server);
  return server;
}

const health = async (origin: string): Promise<string> => (await fetch(`${origin}/healthz`)).text();

test("the shared server is healthy", async () => {
  expect(await health(inject("origin"))).toBe("ok");
});

test("a restart and a power cut keep port, secret and health", async () => {
  const server = await start();
  const { origin, dataDir } = server;
  const secret = readFileSync(join(dataDir, "secret"), "utf8");
  await server.restart();
  expect(await health(server.origin)).toBe("ok");
  await server.crash();
  expect(await health(server.origin)).toBe("ok");
  expect(server.origin).toBe(origin);
  expect(readFileSync(join(dataDir, "secret"), "utf8")).toBe(secret);
});

test("after SIGTERM nobody listens any more", async () => {
  const server = await start();
  await server.stop();
  await expect(fetch(server.origin)).rejects.toThrow();
});

test("https shows a certificate that our own authority vouches for", async () => {
  const server = await start({ isHttps: true });
  const ca = readFileSync(join(server.dataDir, "certificate/ca.pem"), "utf8");
  const body = (host: string) =>
    new Promise<string>((resolve, reject) => {
      get(`https://${host}:${new URL(server.origin).port}/healthz`, { ca, agent: false }, (answer) => {
        answer.setEncoding("utf8");
        answer.on("data", resolve);
      }).on("error", reject);
    });
  expect(await body("127.0.0.1")).toBe("ok");
  expect(await body("localhost")).toBe("ok");
});
