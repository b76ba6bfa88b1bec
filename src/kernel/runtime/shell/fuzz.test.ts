/**
 * Goal: no script, however broken, crashes the cluster or goes on without end.
 * Method: recorded scripts are cut and joined by a seeded generator and run; seeds that once failed stay by name.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { spec, testWorld } from "#kernel/runtime/world.fixture";
import { Entropy } from "#kernel/sim/entropy";

const folder = `${import.meta.dirname}/recorded`;
const lines = readdirSync(folder).flatMap((file) =>
  readFileSync(`${folder}/${file}`, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("$ "))
    .map((line) => line.slice(2)),
);

function mixed(entropy: Entropy): string {
  const a = entropy.pick(lines) ?? "";
  const b = entropy.pick(lines) ?? "";
  if (entropy.int(2) === 0) return a.slice(0, entropy.int(a.length + 1)) + b.slice(entropy.int(b.length + 1));
  return a + (entropy.pick([" | ", " && ", "; ", " & ", "\n"]) ?? "") + b;
}

function run(script: string): number {
  const world = testWorld();
  startContainer(world, spec("busybox", { command: ["sleep", "infinity"], workingDir: "/w" }));
  return execInContainer(world, "c1", ["sh", "-c", script]).exitCode;
}

test.each([
  "kill $$; echo no",
  "mv nope 7 / 2",
  "cp -r / /x",
  "printf '%999999999d' 1",
  "f() { f; }; f",
  `echo ${"$(".repeat(500)}`,
  `echo $((${"(".repeat(20_000)}`,
  `echo ${"${a:-".repeat(20_000)}`,
  "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done",
  "yes > f",
  "cat /dev/zero | tr a b",
  "while :; do :; done",
])("%.40s ends", (script) => {
  expect(run(script)).toBeGreaterThanOrEqual(0);
});

test("mixed scripts end", () => {
  const entropy = Entropy.seeded("mixed scripts");
  for (let n = 0; n < 400; n += 1) expect(run(mixed(entropy))).toBeGreaterThanOrEqual(0);
});
