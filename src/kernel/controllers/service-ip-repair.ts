/**
 * The addresses of Services as objects: every cluster IP has an IPAddress, and none is held for a Service that is gone.
 *
 * Models pkg/registry/core/service/ipallocator and its repair controller (controller/repairip.go).
 */
import type { IPAddress, Service } from "#kernel/api/types.gen";
import type { Key } from "#kernel/apimachinery/meta";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { services } from "#kernel/resources/core/service";
import { clusterIpsOf } from "#kernel/resources/core/service.facts";
import { ipaddresses } from "#kernel/resources/networking/ipaddress";

const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";
const FAMILY = "ipaddress.kubernetes.io/ip-family";
const ALLOCATOR = "ipallocator.k8s.io";

const addressKeys = (service: Service | undefined): Key[] =>
  service === undefined ? [] : clusterIpsOf(service).map((name) => ({ namespace: "", name }));

export const serviceIpRepair: Controller = {
  name: "service-ip-repair-controller",
  // The API server's own work: nobody stops it.
  component: "world",
  watches: [
    itself(ipaddresses),
    watching(services, (service, _client, previous) => {
      const [now, before] = [clusterIpsOf(service), previous === undefined ? [] : clusterIpsOf(previous)];
      return [...addressKeys(previous), ...(String(now) === String(before) ? [] : addressKeys(service))];
    }),
  ],

  reconcile({ client }, key) {
    const [holder] = client.by(services, "clusterIP", key.name);
    const address = client.get(ipaddresses, key);
    if (holder !== undefined && address === undefined) {
      const { namespace = "", name } = holder.metadata;
      client.create(ipaddresses, {
        metadata: {
          name: key.name,
          labels: { [FAMILY]: key.name.includes(":") ? "IPv6" : "IPv4", [MANAGED_BY]: ALLOCATOR },
        },
        spec: { parentRef: { group: "", resource: "services", namespace, name } },
      });
    } else if (holder === undefined && address !== undefined && isLeft(address)) client.delete(ipaddresses, key);
    return done;
  },
};

/** What the allocator made for a Service; what somebody else made is his. */
const isLeft = ({ metadata, spec }: IPAddress): boolean =>
  metadata.deletionTimestamp === undefined &&
  metadata.labels?.[MANAGED_BY] === ALLOCATOR &&
  spec.parentRef.resource === "services" &&
  (spec.parentRef.group ?? "") === "";
