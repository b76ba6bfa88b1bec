/**
 * EndpointSlice mirroring: Endpoints somebody wrote by hand for a Service without a selector, as slices.
 *
 * Models pkg/controller/endpointslicemirroring.
 */
import type { Endpoint, EndpointAddress, EndpointSlice, EndpointSubset, Endpoints } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { keyOf, ownerReferenceTo } from "#kernel/apimachinery/meta";
import { type PortGroup, planSlices } from "#kernel/controllers/endpoints/slices";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { endpoints } from "#kernel/resources/core/endpoints";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { equal } from "#kernel/sim/clone";

const MANAGER = "endpointslicemirroring-controller.k8s.io";
const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";
const SERVICE_LABEL = "kubernetes.io/service-name";
const SKIP_LABEL = "endpointslice.kubernetes.io/skip-mirror";
const CONTROLLER_LABEL = "endpoints.kubernetes.io/managed-by";
const LEADER_ANNOTATION = "control-plane.alpha.kubernetes.io/leader";

/** Annotations that say something about the Endpoints object alone. */
const OWN_ANNOTATIONS = ["kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/over-capacity"];

/** Addresses of one subset that are mirrored at most. */
const ADDRESSES_MAX = 1000;

export const endpointSliceMirroringController: Controller = {
  name: "endpointslice-mirroring-controller",
  component: "controllerManager",
  watches: [
    itself(services),
    itself(endpoints),
    watching(endpointslices, ({ metadata }) => {
      const name = metadata.labels?.[SERVICE_LABEL];
      const isOurs = metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;
      return name === undefined || !isOurs ? [] : [{ namespace: metadata.namespace ?? "", name }];
    }),
  ],

  reconcile({ client }, key) {
    const service = client.get(services, key);
    const source = client.get(endpoints, key);
    const existing = client
      .by(endpointslices, "service", `${key.namespace}/${key.name}`)
      .filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === MANAGER)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const isWanted = service !== undefined && service.spec.selector === undefined && isMirrored(source);
    if (isWanted && source !== undefined) mirror(client, source, existing);
    else for (const slice of existing) client.delete(endpointslices, keyOf(slice));
    return done;
  },
};

function isMirrored(source: Endpoints | undefined): boolean {
  if (source === undefined || source.metadata.deletionTimestamp !== undefined) return false;
  const { labels, annotations } = source.metadata;
  if (labels?.[SKIP_LABEL] === "true" || labels?.[CONTROLLER_LABEL] !== undefined) return false;
  return annotations?.[LEADER_ANNOTATION] === undefined;
}

function mirror(client: Client, source: Endpoints, existing: readonly EndpointSlice[]): void {
  const { namespace = "", name, labels: own = {}, annotations: all = {} } = source.metadata;
  const labels = { ...own, [SERVICE_LABEL]: name, [MANAGED_BY_LABEL]: MANAGER };
  const annotations = Object.fromEntries(Object.entries(all).filter(([key]) => !OWN_ANNOTATIONS.includes(key)));
  for (const family of [4, 6] as const) {
    const addressType = `IPv${family}`;
    const groups = (source.subsets ?? []).flatMap((subset) => groupOf(subset, family) ?? []);
    const plan = planSlices(
      groups,
      existing.filter((slice) => slice.addressType === addressType),
    );
    for (const slice of plan.remove) client.delete(endpointslices, keyOf(slice));
    for (const { slice, endpoints: list } of plan.update) {
      client.update(endpointslices, {
        ...slice,
        metadata: { ...slice.metadata, labels, annotations },
        endpoints: [...list],
      });
    }
    for (const slice of plan.keep) {
      if (equal(slice.metadata.labels, labels) && equal(slice.metadata.annotations ?? {}, annotations)) continue;
      client.update(endpointslices, { ...slice, metadata: { ...slice.metadata, labels, annotations } });
    }
    for (const { ports, endpoints: list } of plan.create) {
      const ownerReferences = [ownerReferenceTo(source, endpoints.gvk)];
      client.create(endpointslices, {
        metadata: { generateName: `${name}-`, namespace, labels, annotations, ownerReferences },
        addressType,
        endpoints: [...list],
        ports: [...ports],
      });
    }
  }
}

/** The endpoints of one family in a subset; undefined if there are none. */
function groupOf(subset: EndpointSubset, family: 4 | 6): PortGroup | undefined {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  const isIn = ({ ip }: EndpointAddress): boolean => parseIp(ip)?.family === family;
  const list = [
    ...addresses.filter(isIn).map((address) => endpointFrom(address, true)),
    ...notReadyAddresses.filter(isIn).map((address) => endpointFrom(address, false)),
  ];
  if (list.length === 0) return undefined;
  const named = ports.map((port) => ({ ...port, name: port.name ?? "" }));
  return { ports: named, endpoints: list.slice(0, ADDRESSES_MAX) };
}

function endpointFrom({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname !== undefined && { hostname }),
    ...(nodeName !== undefined && { nodeName }),
    ...(targetRef !== undefined && { targetRef }),
  };
}
