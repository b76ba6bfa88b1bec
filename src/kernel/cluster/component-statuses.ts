/**
 * How the API server finds its neighbours, told when somebody asks: the scheduler, the controller manager, etcd.
 *
 * Models pkg/registry/core/componentstatus (rest.go) and the servers pkg/registry/core/rest asks.
 */
import type { ComponentStatus } from "#kernel/api/types.gen";
import type { ClusterOptions } from "#kernel/cluster/options";
import { OPTIONS_CELL } from "#kernel/cluster/options";
import type { Source } from "#kernel/registry/computed";
import type { Registry } from "#kernel/registry/registry";

/** Name -> address of its health endpoint. */
const PROBED = { scheduler: 10_259, "controller-manager": 10_257 } as const;

function statuses({ cells }: Registry): readonly ComponentStatus[] {
  const { components } = cells.get<ClusterOptions>(...OPTIONS_CELL) ?? {};
  const isUp = {
    scheduler: components?.scheduler !== false,
    "controller-manager": components?.controllerManager !== false,
  };
  return [
    statusOf("controller-manager", isUp["controller-manager"] ? undefined : PROBED["controller-manager"]),
    statusOf("etcd-0", undefined),
    statusOf("scheduler", isUp.scheduler ? undefined : PROBED.scheduler),
  ];
}

/** `refused` is the port nobody listens on, if so. */
function statusOf(name: string, refused: number | undefined): ComponentStatus {
  const url = `https://127.0.0.1:${refused}/healthz`;
  const message = `Get "${url}": dial tcp 127.0.0.1:${refused}: connect: connection refused`;
  const condition =
    refused === undefined
      ? { type: "Healthy", status: "True", message: "ok" }
      : { type: "Healthy", status: "False", message };
  const metadata = { name } as ComponentStatus["metadata"];
  return { apiVersion: "v1", kind: "ComponentStatus", metadata, conditions: [condition] };
}

export const componentStatusSource: Source = {
  get: (registry, { name }) => statuses(registry).find(({ metadata }) => metadata.name === name),
  list: statuses,
};
