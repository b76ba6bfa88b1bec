/**
 * Goal: a state that a student should worry about never looks well, nor the other way round.
 * Method: the words kubectl prints, each with the tone it should have.
 */
import { expect, test } from "vitest";
import { type Tone, toneOf } from "./tone.ts";

const CASES: readonly (readonly [column: string, cell: string | number | null, tone: Tone])[] = [
  ["Status", "Running", "good"],
  ["Status", "Completed", "good"],
  ["Status", "Ready", "good"],
  ["Status", "Ready,SchedulingDisabled", "busy"],
  ["Status", "NotReady", "bad"],
  ["Status", "NotReady,SchedulingDisabled", "bad"],
  ["Status", "Pending", "busy"],
  ["Status", "ContainerCreating", "busy"],
  ["Status", "Init:0/2", "busy"],
  ["Status", "Init:CrashLoopBackOff", "bad"],
  ["Status", "Terminating", "busy"],
  ["Status", "CrashLoopBackOff", "bad"],
  ["Status", "ImagePullBackOff", "bad"],
  ["Status", "ErrImagePull", "bad"],
  ["Status", "Error", "bad"],
  ["Status", "OOMKilled", "bad"],
  ["Status", "CreateContainerConfigError", "bad"],
  ["Status", "Active", "good"],
  ["Status", "SomethingNew", "plain"],
  ["Ready", "3/3", "good"],
  ["Ready", "1/3", "busy"],
  ["Ready", "0/0", "plain"],
  ["Ready", 3, "plain"],
  ["Type", "Warning", "bad"],
  ["Type", "Normal", "plain"],
  ["Type", "LoadBalancer", "plain"],
  ["Name", "Running", "plain"],
  ["Status", null, "plain"],
];

test.each(CASES)("%s %s is %s", (column, cell, tone) => {
  expect(toneOf(column, cell)).toBe(tone);
});
