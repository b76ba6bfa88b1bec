/**
 * Goal: what a container has used follows from what it does, and never exceeds what it may.
 * Method: run containers in a small world, read their meters at later instants without anything happening meanwhile.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, startContainer } from "#kernel/runtime/containers";
import { cpuMsAt } from "#kernel/runtime/meter";
import { demandMillis, memoryBytes } from "#kernel/runtime/use";
import { log, pass, record, START, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

const used = (world: TestWorld, seconds: number): number =>
  Math.round(cpuMsAt(world.cells, record(world), START + seconds * 1_000));

const started = (image: string, rest: Parameters<typeof spec>[1] = {}): TestWorld => {
  const world = testWorld();
  startContainer(world, spec(image, rest));
  return world;
};

test("who sleeps uses nothing, who never rests uses a core, or its limit", () => {
  expect(demandMillis(record(started("busybox", { command: ["sleep", "1d"] })))).toBe(0);
  const loop = { command: ["sh", "-c", "while true; do :; done"] };
  expect(used(started("busybox", loop), 60)).toBeCloseTo(60_000, -3);
  const limited = started("busybox", { ...loop, cpuLimitMillis: 200 });
  expect(used(limited, 60)).toBe(12_000);
  pass(limited, 60_000);
  expect(used(limited, 120)).toBe(24_000);
});

test.each([
  ["stress --cpu 2", 2_000, 1],
  ["stress --vm 1 --vm-bytes 250M --vm-hang 1", 20, 251],
  ["stress-ng --cpu 1 --cpu-load 30 --timeout 10s", 300, 1],
  ["yes > /dev/null", 1_000, 1],
])("%s", (line, millis, mebibytes) => {
  const world = started("polinux/stress", { command: ["sh", "-c", line] });
  expect(demandMillis(record(world))).toBe(millis);
  expect(Math.round(memoryBytes(record(world), world) / 2 ** 20)).toBe(mebibytes);
});

test("a stress with a time ends well", () => {
  const world = started("polinux/stress", { command: ["stress", "-c", "1", "-t", "10s"] });
  pass(world, 11_000);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 0 });
  expect(log(world)).toBe(
    "stress: info: [1] dispatching hogs: 1 cpu, 0 io, 0 vm, 0 hdd\nstress: info: [1] successful run completed in 10s\n",
  );
});

test("memory grows piece by piece until the limit ends it", () => {
  const args = ["-mem-total", "150Mi", "-mem-alloc-size", "10Mi", "-mem-alloc-sleep", "1s"];
  const world = started("vish/stress", { args, memoryLimitBytes: 100 * 2 ** 20 });
  pass(world, 5_000);
  expect(Math.round(memoryBytes(record(world), world) / 2 ** 20)).toBe(61);
  pass(world, 10_000);
  expect(record(world)).toMatchObject({
    state: "exited",
    exitCode: 137,
    reason: "OOMKilled",
    finishedAt: START + 9_000,
  });
});

test("a server that cannot have what it needs is killed at once; one nobody described makes do", () => {
  const small = { memoryLimitBytes: 2 ** 20 };
  expect(record(started("nginx", small))).toMatchObject({ state: "exited", exitCode: 137, reason: "OOMKilled" });
  expect(record(started("example.com/shop:v1", small)).state).toBe("running");
});

test("requests cost, work over the limit waits, and readings stay what they were", () => {
  const world = started("registry.k8s.io/hpa-example", { cpuLimitMillis: 500 });
  const ask = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      containerHttp(world, "c1", 80, { method: "GET", path: "/", headers: {}, body: "" });
    }
  };
  ask(1_000); // 7 s of work and a little more, of which half a core does 5 s in 10 s.
  expect(used(world, 10)).toBe(5_000);
  expect(used(world, 60)).toBe(7_260);
  world.now += 40_000;
  const [before] = [used(world, 30)];
  execInContainer(world, "c1", ["true"]);
  expect(used(world, 30)).toBe(before);
});
