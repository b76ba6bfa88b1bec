/**
 * Goal: an image that a ConfigMap describes does what the description says.
 * Method: start described containers in a world of plain functions, ask, wait, signal, and read record and log.
 */
import { expect, test } from "vitest";
import { type ImageDescription, readDescription } from "#kernel/resources/core/image-description";
import { containerHttp, execInContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import { log, pass, record, restarted, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

function running(
  yaml: string,
  rest: Parameters<typeof spec>[1] = {},
  net: Parameters<typeof testWorld>[0] = {},
): TestWorld {
  const read = readDescription(`image: school/x\n${yaml}`);
  if ("problems" in read) throw new Error(JSON.stringify(read.problems));
  const world = testWorld(net);
  startContainer(world, spec("school/x", { described: read.description as ImageDescription, ...rest }));
  return world;
}

function get(world: TestWorld, path: string, method = "GET") {
  const answer = containerHttp(world, "c1", 8080, { method, path, headers: { "x-a": "1" }, body: "" });
  return typeof answer === "string" ? answer : `${answer.status} ${answer.body}`;
}

test("routes answer, fail and end as described", () => {
  const world = running(
    `
ports: [8080]
env: {WHO: you}
routes:
  - {path: /, body: "hello {{env.WHO}} from {{hostname}} {{query.q}}{{header.x-a}} #{{count}}"}
  - {path: /a/*, status: 201, headers: {x-b: "{{path}}"}}
  - {path: /post, method: POST, body: posted}
  - {path: /late, delay: 3s}
  - {path: /ill, fail: {after: 1m, status: 503, body: ill}}
  - {path: /mute, fail: {silent: true}}
  - {path: /up, get: "http://db:8080/items", body: "<{{upstream}}>"}
  - {path: /die, exit: 7}
`,
    {},
    { http: (_, { host }) => (host === "db" ? { status: 200, headers: {}, body: "rows" } : "nxdomain") },
  );
  expect(get(world, "/?q=x")).toBe("200 hello you from web x1 #1");
  expect(get(world, "/a/b/c")).toBe("201 ");
  expect(get(world, "/post")).toBe("404 404 page not found\n");
  expect(get(world, "/post", "POST")).toBe("200 posted");
  expect(containerHttp(world, "c1", 8080, { method: "GET", path: "/late", headers: {}, body: "" })).toMatchObject({
    delayMs: 3_000,
  });
  expect(get(world, "/ill")).toBe("200 ");
  pass(world, 60_000);
  expect(get(world, "/ill")).toBe("503 ill");
  expect(get(world, "/mute")).toBe("timeout");
  expect(get(world, "/up")).toBe("200 <rows>");
  expect(log(world)).toContain("GET /a/b/c 201\n");
  expect(get(world, "/die")).toBe("reset");
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 7 });
});

test("it starts late, logs in time, over a restart of the simulator too, and ends by itself", () => {
  const world = running(
    'ports: [8080]\nstart: {delay: 5s, log: ["up"]}\nlog: [{every: 2s, line: "tick {{count}}"}]\nexit: {after: 9s, code: 4, log: bye}',
  );
  expect(get(world, "/")).toBe("refused");
  pass(world, 5_000);
  const again = restarted(world);
  expect(get(again, "/")).toBe("404 404 page not found\n");
  pass(again, 10_000);
  expect(log(again)).toBe("tick 1\ntick 2\nup\nGET / 404\ntick 3\ntick 4\nbye\n");
  expect(record(again)).toMatchObject({ state: "exited", exitCode: 4 });
});

test("it grows until it is killed, wants its environment, and takes its time to stop", () => {
  const grown = running("memory: {start: 20Mi, growPerMinute: 60Mi}", { memoryLimitBytes: 50 * 2 ** 20 });
  pass(grown, 60_000);
  expect(record(grown)).toMatchObject({ state: "exited", exitCode: 137, reason: "OOMKilled" });
  const poor = running("requires: [DB]");
  expect(log(poor)).toBe("environment variable DB is not set\n");
  const slow = running("stop: {delay: 4s, code: 3, log: draining}");
  signalContainer(slow, "c1", "SIGTERM");
  expect(record(slow).state).toBe("running");
  pass(slow, 4_000);
  expect(record(slow)).toMatchObject({ state: "exited", exitCode: 3 });
  const deaf = running("stop: {ignored: true}\nshell: gnu\nfiles: {/etc/motd: hi}");
  signalContainer(deaf, "c1", "SIGTERM");
  expect(record(deaf).state).toBe("running");
  expect(execInContainer(deaf, "c1", ["bash", "-c", "cat /etc/motd"]).stdout).toBe("hi");
});
