/**
 * Goal: a bug in a simulated program ends its process, not the turn of the whole cluster.
 * Method: break a program on purpose, let it start, answer and read a connection, and look at what is left.
 */
import { afterEach, beforeEach, expect, test } from "vitest";
import { containerHttp, startContainer } from "#kernel/runtime/containers";
import { programNamed } from "#kernel/runtime/process/programs";
import { log, record, spec, testWorld } from "#kernel/runtime/world.fixture";
import { simulated } from "#kernel/sim/assert";

const echo = programNamed("http-echo") as { http: unknown };
const whole = echo.http;

beforeEach(() => {
  simulated.throwsBugs = false;
  echo.http = () => {
    throw new TypeError("cannot read a page");
  };
});

afterEach(() => {
  simulated.throwsBugs = true;
  echo.http = whole;
});

const request = { method: "GET", path: "/", headers: {}, body: "", remoteAddress: "10.244.0.9" };

test("the process ends as one that crashes, and its log says why", () => {
  const world = testWorld();
  startContainer(world, spec("hashicorp/http-echo", { args: ["-text=hi"] }));
  expect(containerHttp(world, "c1", 5678, request)).toBe("reset");
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 139 });
  expect(log(world)).toContain("a bug of the simulator ended this process: TypeError: cannot read a page\n");
  expect(containerHttp(world, "c1", 5678, request)).toBe("refused");
});

test("tests see it", () => {
  simulated.throwsBugs = true;
  const world = testWorld();
  startContainer(world, spec("hashicorp/http-echo", { args: ["-text=hi"] }));
  expect(() => containerHttp(world, "c1", 5678, request)).toThrow(TypeError);
});
