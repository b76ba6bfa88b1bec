/**
 * Endpoints controller: the addresses behind each Service in one object, for clients older than EndpointSlice.
 *
 * Models pkg/controller/endpoint and pkg/api/v1/endpoints (RepackSubsets).
 */
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from "#kernel/api/types.gen";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import {
  addressOf,
  backendPort,
  backendsOf,
  batched,
  HEADLESS_LABEL,
  hasEndpoints,
  hostnameOf,
  isHeadless,
  TRIGGER_ANNOTATION,
  triggerTime,
  watchingBackends,
} from "#kernel/controllers/endpoints/backends";
import { type Controller, done, itself } from "#kernel/registry/controller";
import { endpoints } from "#kernel/resources/core/endpoints";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import { equal } from "#kernel/sim/clone";

const MANAGED_BY_LABEL = "endpoints.kubernetes.io/managed-by";
const MANAGER = "endpoint-controller";
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

/** Addresses one Endpoints object holds at most. */
const ADDRESSES_MAX = 1000;

export const endpointsController: Controller = {
  name: MANAGER,
  component: "controllerManager",
  watches: [itself(services), itself(endpoints), watchingBackends],

  reconcile({ client, now }, key) {
    const service = client.get(services, key);
    const existing = client.get(endpoints, key);
    if (service === undefined) {
      if (existing?.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER) client.delete(endpoints, key);
      return done;
    }
    if (!hasEndpoints(service)) return done;
    const backends = backendsOf(client, service, service.spec.publishNotReadyAddresses === true);
    const later = batched(backends.length, now);
    if (later !== undefined) return later;

    const { subsets, isTruncated } = truncated(subsetsOf(service, backends));
    const labels = labelsOf(service);
    const isOver = existing?.metadata.annotations?.[OVER_CAPACITY] === "truncated";
    const isSame = semanticEqual(existing?.subsets, subsets) && equal(existing?.metadata.labels, labels);
    if (existing !== undefined && isSame && isOver === isTruncated) return done;

    const { [OVER_CAPACITY]: _, ...others } = existing?.metadata.annotations ?? {};
    const annotations = {
      ...others,
      [TRIGGER_ANNOTATION]: triggerTime(service, backends),
      ...(isTruncated && { [OVER_CAPACITY]: "truncated" }),
    };
    const body = subsets.length > 0 ? { subsets } : {};
    if (existing === undefined) client.create(endpoints, { metadata: { ...key, labels, annotations }, ...body });
    else client.update(endpoints, { metadata: { ...existing.metadata, labels, annotations }, ...body });
    return done;
  },
};

function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS_LABEL]: _, ...own } = service.metadata.labels ?? {};
  return { ...own, [MANAGED_BY_LABEL]: MANAGER, ...(isHeadless(service) && { [HEADLESS_LABEL]: "" }) };
}

/** Groups addresses that have the same ports; ready ones and others stand apart in each group. */
function subsetsOf(service: Service, backends: readonly Pod[]): EndpointSubset[] {
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  const wanted = service.spec.ports ?? [];
  for (const pod of backends) {
    const ports = wanted.flatMap((port) => portOf(pod, port) ?? []).sort(byName);
    if (ports.length === 0 && !(wanted.length === 0 && isHeadless(service))) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    const isReady = isPodReady(pod) || service.spec.publishNotReadyAddresses === true;
    (isReady ? group.ready : group.notReady).push(addressFor(service, pod));
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { ports, ready, notReady }]) => ({
      ...(ready.length > 0 && { addresses: ready.sort(byAddress) }),
      ...(notReady.length > 0 && { notReadyAddresses: notReady.sort(byAddress) }),
      ...(ports.length > 0 && { ports }),
    }));
}

/** The port as Endpoints writes it: an empty name is no name. */
function portOf(pod: Pod, port: Parameters<typeof backendPort>[1]): EndpointPort | undefined {
  const found = backendPort(pod, port);
  if (found === undefined || found.name !== "") return found;
  const { name: _, ...unnamed } = found;
  return unnamed;
}

const byName = (a: EndpointPort, b: EndpointPort): number => ((a.name ?? "") < (b.name ?? "") ? -1 : 1);

const byAddress = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : 1);

function addressFor(service: Service, pod: Pod): EndpointAddress {
  const { namespace = "", name, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  const hostname = hostnameOf(pod, service);
  return {
    ip: addressOf(pod),
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

/** At most so many addresses, ready ones first. */
function truncated(subsets: readonly EndpointSubset[]): { subsets: EndpointSubset[]; isTruncated: boolean } {
  const count = subsets.reduce((n, one) => n + (one.addresses?.length ?? 0) + (one.notReadyAddresses?.length ?? 0), 0);
  if (count <= ADDRESSES_MAX) return { subsets: [...subsets], isTruncated: false };
  let left = ADDRESSES_MAX;
  const take = (list: readonly EndpointAddress[] | undefined): EndpointAddress[] => {
    const taken = (list ?? []).slice(0, left);
    left -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  const kept = subsets.map(({ ports }, n) => ({
    ...((ready[n]?.length ?? 0) > 0 && { addresses: ready[n] ?? [] }),
    ...((notReady[n]?.length ?? 0) > 0 && { notReadyAddresses: notReady[n] ?? [] }),
    ...(ports !== undefined && { ports }),
  }));
  return {
    subsets: kept.filter((one) => one.addresses !== undefined || one.notReadyAddresses !== undefined),
    isTruncated: true,
  };
}
