/**
 * Goal: the last heartbeat of a machine follows from the clock alone.
 * Method: a table of instants for a machine that lives and for one that fell silent.
 */
import { expect, test } from "vitest";
import type { Machine } from "#kernel/runtime/machine";
import { isKubeletAlive, lastHeartbeat } from "#kernel/runtime/machine.facts";

const machine: Machine = {
  name: "node-1",
  cpu: "4",
  memory: "8Gi",
  ephemeralStorage: "100Gi",
  pods: 110,
  labels: {},
  taints: [],
  internalIP: "172.18.0.2",
  podCIDR: "10.244.0.0/24",
  bootedAt: 1_500,
  isPowered: true,
};

test.each([
  [0, 1_500],
  [1_500, 1_500],
  [11_499, 1_500],
  [11_500, 11_500],
  [100_000, 91_500],
])("at %i it was last heard at %i", (now, heard) => {
  expect(lastHeartbeat(machine, now)).toBe(heard);
});

test("silence ends the beats", () => {
  expect(lastHeartbeat({ ...machine, silentSince: 25_000 }, 100_000)).toBe(21_500);
  expect(lastHeartbeat({ ...machine, silentSince: 25_000 }, 12_000)).toBe(11_500);
});

test("a kubelet is alive on a machine that is on and heard", () => {
  expect(isKubeletAlive(machine)).toBe(true);
  expect(isKubeletAlive({ ...machine, isPowered: false })).toBe(false);
  expect(isKubeletAlive({ ...machine, silentSince: 1 })).toBe(false);
});
