/**
 * EndpointSlice controller: writes down which pods stand behind each Service, a hundred to a slice.
 *
 * Models pkg/controller/endpointslice and k8s.io/endpointslice.
 */
import type { DiscoveryEndpointPort, Endpoint, EndpointSlice, Pod, Service } from "#kernel/api/types.gen";
import { keyOf, ownerReferenceTo } from "#kernel/apimachinery/meta";
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
import { type PortGroup, planSlices, portsKey } from "#kernel/controllers/endpoints/slices";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { nodes } from "#kernel/resources/core/node";
import { zoneOf } from "#kernel/resources/core/node.facts";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { equal } from "#kernel/sim/clone";

const MANAGER = "endpointslice-controller.k8s.io";
const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const SERVICE_LABEL = "kubernetes.io/service-name";

export const endpointSliceController: Controller = {
  name: "endpointslice-controller",
  component: "controllerManager",
  watches: [
    itself(services),
    watchingBackends,
    watching(endpointslices, ({ metadata }) => {
      const name = metadata.labels?.[SERVICE_LABEL];
      const isOurs = metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
      return name === undefined || !isOurs ? [] : [{ namespace: metadata.namespace ?? "", name }];
    }),
  ],

  reconcile({ client, now }, key) {
    const service = client.get(services, key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) return done;
    const existing = slicesOf(client, service);
    if (!hasEndpoints(service)) {
      if (service.spec.type === "ExternalName")
        for (const slice of existing) client.delete(endpointslices, keyOf(slice));
      return done;
    }
    const backends = backendsOf(client, service, true);
    const later = batched(backends.length, now);
    if (later !== undefined) return later;
    write(client, service, groupsOf(client, service, backends), existing, triggerTime(service, backends));
    return done;
  },
};

/** The slices this controller has made for a Service, sorted by name. */
function slicesOf(client: Client, { metadata: { namespace = "", name } }: Service): EndpointSlice[] {
  return client
    .by(endpointslices, "service", `${namespace}/${name}`)
    .filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === MANAGER)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The wanted endpoints: pods whose named ports have different numbers stand in different groups. */
function groupsOf(client: Client, service: Service, backends: readonly Pod[]): PortGroup[] {
  const groups = new Map<string, { ports: DiscoveryEndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of backends) {
    const ports = (service.spec.ports ?? []).flatMap((port) => backendPort(pod, port) ?? []);
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue;
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(client, service, pod));
  }
  return [...groups.values()];
}

function endpointOf(client: Client, service: Service, pod: Pod): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { nodeName = "" } = pod.spec;
  const node = nodeName === "" ? undefined : client.get(nodes, { namespace: "", name: nodeName });
  const zone = node === undefined ? "" : zoneOf(node);
  const hostname = hostnameOf(pod, service);
  const hints = hintsOf(service, zone, nodeName);
  const { namespace = "", name, uid } = pod.metadata;
  return {
    addresses: [addressOf(pod)],
    conditions: { ready, serving, terminating },
    ...(hints !== undefined && ready && { hints }),
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== "" && { nodeName }),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(zone !== "" && { zone }),
  };
}

/** Where traffic should rather come from, if the Service prefers what is near. */
function hintsOf({ spec }: Service, zone: string, nodeName: string): Endpoint["hints"] {
  const { trafficDistribution } = spec;
  const forZones = zone === "" ? undefined : [{ name: zone }];
  if (trafficDistribution === "PreferClose" || trafficDistribution === "PreferSameZone") {
    return forZones === undefined ? undefined : { forZones };
  }
  if (trafficDistribution !== "PreferSameNode" || nodeName === "") return undefined;
  return { forNodes: [{ name: nodeName }], ...(forZones !== undefined && { forZones }) };
}

function write(
  client: Client,
  service: Service,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
  trigger: string,
): void {
  const plan = planSlices(groups, existing);
  const labels = labelsOf(service);
  const annotations = { [TRIGGER_ANNOTATION]: trigger };
  // A Service nobody stands behind keeps one empty slice.
  if (plan.create.length + plan.update.length + plan.keep.length === 0) {
    const empty = plan.remove.findIndex(
      ({ endpoints = [], ports = [] }) => endpoints.length === 0 && ports.length === 0,
    );
    if (empty >= 0) plan.keep.push(...plan.remove.splice(empty, 1));
    else plan.create.push({ ports: [], endpoints: [] });
  }
  const relabel = ({ metadata }: EndpointSlice) => ({ ...metadata, labels });
  for (const slice of plan.remove) client.delete(endpointslices, keyOf(slice));
  for (const { slice, endpoints } of plan.update) {
    const metadata = { ...relabel(slice), annotations: { ...slice.metadata.annotations, ...annotations } };
    client.update(endpointslices, { ...slice, metadata, endpoints: [...endpoints] });
  }
  for (const slice of plan.keep) {
    if (!equal(slice.metadata.labels, labels)) client.update(endpointslices, { ...slice, metadata: relabel(slice) });
  }
  const { namespace = "", name } = service.metadata;
  for (const { ports, endpoints } of plan.create) {
    client.create(endpointslices, {
      metadata: {
        generateName: `${name}-`,
        namespace,
        labels,
        annotations,
        ownerReferences: [ownerReferenceTo(service, services.gvk)],
      },
      addressType: "IPv4",
      endpoints: [...endpoints],
      ports: [...ports],
    });
  }
}

/** The Service's own labels and those by which slices are found. */
function labelsOf(service: Service): Record<string, string> {
  const { [HEADLESS_LABEL]: _, ...own } = service.metadata.labels ?? {};
  return {
    ...own,
    [SERVICE_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGER,
    ...(isHeadless(service) && { [HEADLESS_LABEL]: "" }),
  };
}
