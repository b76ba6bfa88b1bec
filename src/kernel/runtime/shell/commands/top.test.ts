/**
 * Goal: top shows who takes the processors, once or again and again, in busybox's and procps' words.
 * Method: run it beside a busy process in containers of plain functions.
 */
import { expect, test } from "vitest";
import { script } from "#kernel/runtime/world.fixture";

test("busybox: the busiest comes first", () => {
  const { out, status } = script("stress -c 1 & sleep 1; top -bn1", "polinux/stress");
  const lines = out.slice(out.indexOf("Mem:")).split("\n");
  expect(lines[0]).toMatch(/^Mem: \d+K used, \d+K free, 0K shrd, 0K buff, 0K cached$/);
  expect(lines[1]).toBe("CPU:  25% usr   0% sys   0% nic  75% idle   0% io   0% irq   0% sirq");
  expect(lines[3]).toBe("  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND");
  expect(lines[4]).toMatch(/^ +\d+ +\d+ root {5}R +\d+ +\d+% {3}0 {2}25% stress -c 1$/);
  expect(lines.some((line) => line.endsWith(" top -bn1"))).toBe(true);
  expect(status).toBe(0);
});

test("procps: two rounds, or a terminal", () => {
  const net = { connect: () => "open" as const };
  const install = "apt-get update >/dev/null; apt-get install -y procps >/dev/null;";
  const { out } = script(`${install} top -b -n 2 -d 0.5`, "debian", net);
  expect(out.match(/^Tasks: +\d+ total, +1 running/gm)).toHaveLength(2);
  expect(out).toContain("    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n");
  expect(script(`${install} top`, "debian", net)).toMatchObject({ err: "top: failed tty get\n", status: 1 });
});

test("an option it does not know is refused", () => {
  expect(script("top -Z", "busybox").status).toBe(1);
});
