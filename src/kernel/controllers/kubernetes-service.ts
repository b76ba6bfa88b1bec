/**
 * The endpoints of the `kubernetes` Service: where the API server itself listens.
 *
 * Models pkg/controlplane/reconcilers and pkg/controlplane/controller/kubernetesservice.
 */

import type { Key } from "#kernel/apimachinery/meta";
import { type Controller, done, watching } from "#kernel/registry/controller";
import { endpoints } from "#kernel/resources/core/endpoints";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { livingMembers, membersOf } from "#kernel/runtime/quorum";
import { equal } from "#kernel/sim/clone";
import type { Cells } from "#kernel/store/cells";
import type { KubeObject } from "#kernel/store/object";

const KEY: Key = { namespace: "default", name: "kubernetes" };

/** The control plane's address, beside those of the machines. */
const ADDRESS = "172.18.0.1";
const PORT = { name: "https", port: 6443, protocol: "TCP" };

/** Where API servers listen: on the masters that live, or out of sight. */
function addressesOf(cells: Cells): string[] {
  if (membersOf(cells).length === 0) return [ADDRESS];
  return livingMembers(cells).flatMap((name) => cells.get<Machine>(MACHINES, name)?.internalIP ?? []);
}

const itIs = ({ metadata: { namespace, name } }: KubeObject): readonly Key[] =>
  namespace === KEY.namespace && name === KEY.name ? [KEY] : [];

export const kubernetesServiceController: Controller = {
  name: "kubernetes-service-endpoints",
  component: "controllerManager",
  watches: [
    watching(services, itIs),
    watching(endpoints, itIs),
    watching(endpointslices, itIs),
    {
      room: MACHINES,
      keys: (_id: string, machine: unknown) => ((machine as Machine).isControlPlane === true ? [KEY] : []),
    },
  ],

  reconcile({ client, cells }) {
    if (client.get(services, KEY) === undefined) return done;
    const addresses = addressesOf(cells);
    const known = client.get(endpoints, KEY);
    const subsets = [{ addresses: addresses.map((ip) => ({ ip })), ports: [PORT] }];
    if (known === undefined) {
      client.create(endpoints, {
        metadata: { ...KEY, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
        subsets,
      });
    } else if (!equal(known.subsets, subsets)) client.update(endpoints, { ...known, subsets });
    const slice = client.get(endpointslices, KEY);
    const ready = addresses.map((ip) => ({ addresses: [ip], conditions: { ready: true } }));
    if (slice === undefined) {
      client.create(endpointslices, {
        metadata: { ...KEY, labels: { "kubernetes.io/service-name": KEY.name } },
        addressType: "IPv4",
        endpoints: ready,
        ports: [PORT],
      });
    } else if (!equal(slice.endpoints, ready)) client.update(endpointslices, { ...slice, endpoints: ready });
    return done;
  },
};
