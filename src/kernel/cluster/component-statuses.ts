/**
 * How the API server finds its neighbours, told when somebody asks: the scheduler, the controller manager, etcd.
 *
 * Models pkg/registry/core/componentstatus (rest.go) and the servers pkg/registry/core/rest asks.
 */
import type { ComponentStatus } from "#kernel/api/types.gen";
import type { Source } from "#kernel/registry/computed";
import type { Registry } from "#kernel/registry/registry";
import { faultsOf } from "#kernel/runtime/fault";
import { hasQuorum } from "#kernel/runtime/quorum";

/** Name -> port of its health endpoint. */
const PROBED = { scheduler: 10_259, "controller-manager": 10_257 } as const;

function statuses({ cells }: Registry): readonly ComponentStatus[] {
  const stopped = faultsOf(cells, "component-stop").map(({ target }) => target.component);
  return [
    statusOf("controller-manager", refusalOf(stopped.includes("controllerManager"), PROBED["controller-manager"])),
    statusOf("etcd-0", hasQuorum(cells) ? undefined : "context deadline exceeded"),
    statusOf("scheduler", refusalOf(stopped.includes("scheduler"), PROBED.scheduler)),
  ];
}

const refusalOf = (isStopped: boolean, port: number): string | undefined =>
  isStopped
    ? `Get "https://127.0.0.1:${port}/healthz": dial tcp 127.0.0.1:${port}: connect: connection refused`
    : undefined;

/** `trouble` is what the probe came back with, if it is not well. */
function statusOf(name: string, trouble: string | undefined): ComponentStatus {
  const condition =
    trouble === undefined
      ? { type: "Healthy", status: "True", message: "ok" }
      : { type: "Healthy", status: "False", message: trouble };
  const metadata = { name } as ComponentStatus["metadata"];
  return { apiVersion: "v1", kind: "ComponentStatus", metadata, conditions: [condition] };
}

export const componentStatusSource: Source = {
  get: (registry, { name }) => statuses(registry).find(({ metadata }) => metadata.name === name),
  list: statuses,
};
