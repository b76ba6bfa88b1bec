/**
 * Goal: the memory lessons of the documentation end as they do on a real machine.
 * Method: start stress with and without a limit below what it takes, and look at the record.
 */
import { expect, test } from "vitest";
import { startContainer } from "#kernel/runtime/containers";
import { record, spec, testWorld } from "#kernel/runtime/world.fixture";

test("stress beyond its limit is killed for it, within it runs", () => {
  const world = testWorld();
  const args = ["--vm", "1", "--vm-bytes", "250M", "--vm-hang", "1"];
  const limits = { memoryLimitBytes: 100 * 1_048_576 };
  startContainer(world, spec("polinux/stress", { command: ["stress"], args, ...limits }));
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 137, reason: "OOMKilled" });
  const roomy = testWorld();
  startContainer(roomy, spec("polinux/stress", { command: ["stress"], args }));
  expect(record(roomy).state).toBe("running");
});
