/**
 * Goal: `kubectl get pods` says of a pod what it says on a real cluster.
 * Method: a table of statuses and the row they give.
 */
import { expect, test } from "vitest";
import type { ContainerState, ContainerStatus, Pod, PodSpec, PodStatus } from "#kernel/api/types.gen";
import { podColumns } from "#kernel/resources/core/pod.columns";

const NOW = Date.parse("2026-05-01T10:00:00Z");

interface Given {
  readonly spec?: Partial<PodSpec>;
  readonly status?: PodStatus;
  readonly isDeleted?: boolean;
}

function podOf({ spec = {}, status = {}, isDeleted = false }: Given): Pod {
  const metadata = { name: "web", uid: "u", resourceVersion: "1", creationTimestamp: "2026-05-01T09:55:00Z" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, ...(isDeleted && { deletionTimestamp: "2026-05-01T10:00:00Z" }) },
    spec: { containers: [{ name: "a" }], ...spec },
    status,
  };
}

const row = (given: Given, priority = 0): unknown[] =>
  podColumns.filter((one) => one.priority === priority).map(({ cell }) => cell(podOf(given), NOW));

const of = (name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  image: "i",
  imageID: "",
  ready: false,
  restartCount: 0,
  state,
  ...more,
});

const running = { running: { startedAt: "2026-05-01T09:56:00Z" } };
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const ended = (exitCode: number, reason?: string, signal?: number): ContainerState => ({
  terminated: { exitCode, ...(reason !== undefined && { reason }), ...(signal !== undefined && { signal }) },
});
const crashed = { terminated: { exitCode: 1, finishedAt: "2026-05-01T09:57:00Z" } };
const init = (...names: string[]): Partial<PodSpec> => ({
  initContainers: names.map((name) => ({ name, ...(name.startsWith("side") && { restartPolicy: "Always" }) })),
});
const condition = (type: string, status: string, reason?: string) => ({
  type,
  status,
  ...(reason !== undefined && { reason }),
});

test.each<[Given, unknown[]]>([
  [{ status: { phase: "Pending" } }, ["0/1", "Pending", "0"]],
  [
    {
      spec: { schedulingGates: [{ name: "g" }] },
      status: { phase: "Pending", conditions: [condition("PodScheduled", "False", "SchedulingGated")] },
    },
    ["0/1", "SchedulingGated", "0"],
  ],
  [
    { status: { phase: "Pending", containerStatuses: [of("a", waiting("ContainerCreating"))] } },
    ["0/1", "ContainerCreating", "0"],
  ],
  [{ status: { phase: "Running", containerStatuses: [of("a", running, { ready: true })] } }, ["1/1", "Running", "0"]],
  [{ status: { phase: "Running", containerStatuses: [of("a", running)] } }, ["0/1", "Running", "0"]],
  [
    {
      status: {
        phase: "Running",
        containerStatuses: [of("a", waiting("CrashLoopBackOff"), { restartCount: 2, lastState: crashed })],
      },
    },
    ["0/1", "CrashLoopBackOff", "2 (3m ago)"],
  ],
  [
    { status: { phase: "Running", containerStatuses: [of("a", running, { restartCount: 2 })] } },
    ["0/1", "Running", "2"],
  ],
  [{ status: { phase: "Succeeded", containerStatuses: [of("a", ended(0, "Completed"))] } }, ["0/1", "Completed", "0"]],
  [{ status: { phase: "Failed", containerStatuses: [of("a", ended(1, "Error"))] } }, ["0/1", "Error", "0"]],
  [{ status: { phase: "Failed", containerStatuses: [of("a", ended(3))] } }, ["0/1", "ExitCode:3", "0"]],
  [{ status: { phase: "Failed", containerStatuses: [of("a", ended(137, undefined, 9))] } }, ["0/1", "Signal:9", "0"]],
  [{ status: { phase: "Failed", reason: "Evicted" } }, ["0/1", "Evicted", "0"]],
  [
    {
      spec: { containers: [{ name: "a" }, { name: "b" }] },
      status: {
        phase: "Running",
        containerStatuses: [of("a", ended(0, "Completed")), of("b", running, { ready: true })],
        conditions: [condition("Ready", "True")],
      },
    },
    ["1/2", "Running", "0"],
  ],
  [
    {
      spec: { containers: [{ name: "a" }, { name: "b" }] },
      status: {
        phase: "Running",
        containerStatuses: [of("a", ended(0, "Completed")), of("b", running, { ready: true })],
      },
    },
    ["1/2", "NotReady", "0"],
  ],
  [
    {
      spec: init("i", "j"),
      status: { phase: "Pending", initContainerStatuses: [of("i", running), of("j", waiting("PodInitializing"))] },
    },
    ["0/1", "Init:0/2", "0"],
  ],
  [
    {
      spec: init("i", "j"),
      status: { phase: "Pending", initContainerStatuses: [of("i", ended(0, "Completed")), of("j", running)] },
    },
    ["0/1", "Init:1/2", "0"],
  ],
  [
    {
      spec: init("i"),
      status: {
        phase: "Pending",
        initContainerStatuses: [of("i", waiting("CrashLoopBackOff"), { restartCount: 1, lastState: crashed })],
      },
    },
    ["0/1", "Init:CrashLoopBackOff", "1 (3m ago)"],
  ],
  [
    { spec: init("i"), status: { phase: "Pending", initContainerStatuses: [of("i", ended(1, "Error"))] } },
    ["0/1", "Init:Error", "0"],
  ],
  [
    { spec: init("i"), status: { phase: "Pending", initContainerStatuses: [of("i", ended(2))] } },
    ["0/1", "Init:ExitCode:2", "0"],
  ],
  [
    {
      spec: init("i"),
      status: {
        phase: "Pending",
        initContainerStatuses: [of("i", ended(0, "Completed"), { restartCount: 3 })],
        containerStatuses: [of("a", waiting("PodInitializing"))],
      },
    },
    ["0/1", "PodInitializing", "0"],
  ],
  [
    {
      spec: init("side"),
      status: {
        phase: "Running",
        initContainerStatuses: [of("side", running, { ready: true, started: true, restartCount: 1 })],
        containerStatuses: [of("a", running, { ready: true, restartCount: 1 })],
      },
    },
    ["2/2", "Running", "2"],
  ],
  [
    { isDeleted: true, status: { phase: "Running", containerStatuses: [of("a", running)] } },
    ["0/1", "Terminating", "0"],
  ],
  [{ isDeleted: true, status: { phase: "Running", reason: "NodeLost" } }, ["0/1", "Unknown", "0"]],
  [
    { isDeleted: true, status: { phase: "Succeeded", containerStatuses: [of("a", ended(0, "Completed"))] } },
    ["0/1", "Completed", "0"],
  ],
])("%j", (given, expected) => {
  expect(row(given)).toEqual(expected);
});

test("the wide columns", () => {
  expect(row({}, 1)).toEqual(["<none>", "<none>", "<none>", "<none>"]);
  const spec = { nodeName: "node-1", readinessGates: [{ conditionType: "a" }, { conditionType: "b" }] };
  const status = { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }], conditions: [condition("a", "True")] };
  expect(row({ spec, status: { ...status, nominatedNodeName: "node-2" } }, 1)).toEqual([
    "10.0.0.1",
    "node-1",
    "node-2",
    "1/2",
  ]);
  expect(podColumns.map(({ name }) => name)).toEqual([
    ...["Ready", "Status", "Restarts", "IP", "Node", "Nominated Node", "Readiness Gates"],
  ]);
});
