/** What is said about an object, as lines: conditions and events, for tables that hold them against upstream's. */
import { expect, test } from "vitest";
import type { Event, PodSpec } from "#kernel/api/types.gen";
import type { AnyResource } from "#kernel/registry/definition";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { Scene } from "#test/support/scene";

/** One row: what happens, and what is said of an object afterwards. */
export interface Row {
  readonly what: string;
  /** Brings it about. */
  readonly act: (scene: Scene) => void;
  readonly about: readonly [AnyResource, name: string];
  /** `Type=Status Reason: message`, in any order. */
  readonly conditions?: readonly string[];
  /** `Type Reason (component): message` of every event about it, in order, each once. */
  readonly events?: readonly string[];
  readonly scene?: ConstructorParameters<typeof Scene>[0];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Parts of names that are drawn by lot become ID, hashes of templates HASH, instants of 2026 TIME. */
const plain = (text: string): string =>
  text
    .replace(/\b(\w+)-[a-f0-9]{8,10}-[a-z0-9]{5}\b/g, "$1-HASH-ID")
    .replace(/\b(\w+)-[bcdf0-9][a-f0-9]{6,9}\b/g, "$1-HASH")
    .replace(/\b(x|y)-[a-z0-9]{5}\b/g, "$1-ID")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID");

/** The conditions of an object. */
export function conditionsOf(scene: Scene, [resource, name]: Row["about"]): string[] {
  const object = scene.get(resource, name) as { status?: { conditions?: readonly Condition[] } } | undefined;
  return (object?.status?.conditions ?? [])
    .map(({ type, status, reason, message }) => plain(`${type}=${status} ${reason ?? ""}: ${message ?? ""}`))
    .sort();
}

/** The events about an object, in the order they were first said, each once. */
export function eventsOf(scene: Scene, [resource, name]: Row["about"]): string[] {
  const lines = scene.cluster.admin
    .list(events)
    .filter(({ involvedObject: { kind, name: about } }) => kind === resource.names.kind && about === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(({ type, reason, message, reportingComponent }: Event) =>
      plain(`${type} ${reason} (${reportingComponent}): ${message}`),
    );
  return [...new Set(lines)];
}

/** The labels of the pods of a row. */
export const labels = { app: "x" };
/** Selects them. */
export const selector = { matchLabels: labels };
/** What the object of a row is called. */
export const metadata = { name: "x", namespace: "default" };
/** A template of pods with those labels. */
export const template = (spec: Partial<PodSpec> = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: "c", image: "nginx:1.27" }], ...spec },
});
/** Lets a namespace have only so much. */
export const quota = (scene: Scene, hard: Record<string, string>): void => {
  scene.create(resourcequotas, { metadata: { name: "few", namespace: "default" }, spec: { hard } });
  scene.settle();
};
/** Ends every pod that has not ended, as its kubelet would say it. */
export const endPods = (scene: Scene, phase: "Succeeded" | "Failed", exitCode = 0): void => {
  for (const {
    metadata: { name },
    status,
  } of scene.list(pods)) {
    if (status?.phase === "Succeeded" || status?.phase === "Failed") continue;
    scene.editStatus(pods, name, (pod) => {
      const state = { terminated: { exitCode } };
      const containerStatuses = [{ name: "c", image: "b", imageID: "b", ready: false, restartCount: 0, state }];
      pod.status = { ...pod.status, phase, containerStatuses };
    });
  }
};

/** One test a row. */
export const check = (rows: readonly Row[]): void => {
  test.each(rows.map((row) => [row.what, row] as const))("%s", (_what, { act, about, conditions, events, scene }) => {
    const stage = new Scene(scene);
    act(stage);
    if (conditions !== undefined) expect(conditionsOf(stage, about)).toEqual([...conditions].sort());
    if (events !== undefined) expect(eventsOf(stage, about)).toEqual(events);
  });
};
