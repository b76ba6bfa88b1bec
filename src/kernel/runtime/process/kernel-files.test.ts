/**
 * Goal: /proc can be walked whole, whatever runs.
 * Method: search the file system of a server with several processes in a world of plain functions.
 */
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { spec, testWorld } from "#kernel/runtime/world.fixture";

test("find looks through a whole system without complaint", () => {
  const world = testWorld();
  startContainer(world, spec("nginx:1.27"));
  const { stdout, stderr, exitCode } = execInContainer(world, "c1", ["find", "/", "-name", "nginx*", "-maxdepth", "4"]);
  expect(stdout).toContain("/etc/nginx/nginx.conf\n");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
});
