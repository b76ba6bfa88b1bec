/**
 * Service ranges: one is ready as soon as it is known, and goes only when no address needs it any more.
 *
 * Models pkg/controller/servicecidrs and pkg/controlplane/controller/defaultservicecidr.
 */
import type { Condition, ServiceCIDR } from "#kernel/api/types.gen";
import { parseIp } from "#kernel/apimachinery/ip";
import { timeText } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { ipaddresses } from "#kernel/resources/networking/ipaddress";
import { servicecidrs } from "#kernel/resources/networking/servicecidr";
import {
  DEFAULT_CIDR,
  isInside,
  isReady,
  rangesOf,
  SERVICE_CIDR_FINALIZER,
} from "#kernel/resources/networking/servicecidr.facts";
import type { Instant } from "#kernel/sim/instant";

const READY = { type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" } as const;
const TERMINATING = {
  type: "Ready",
  status: "False",
  reason: "Terminating",
  message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
} as const;

export const serviceCidrController: Controller = {
  name: "service-cidr-controller",
  component: "controllerManager",
  watches: [
    itself(servicecidrs),
    // A range that waits for its addresses hears of each that goes, and of each range that takes them over.
    watching(ipaddresses, (_address, client) => leaving(client)),
    watching(servicecidrs, (_cidr, client) => leaving(client)),
  ],

  reconcile({ client, now }, key) {
    const one = client.get(servicecidrs, key);
    if (one === undefined) return done;
    const { deletionTimestamp, finalizers = [] } = one.metadata;
    if (deletionTimestamp === undefined) {
      if (!finalizers.includes(SERVICE_CIDR_FINALIZER)) {
        const metadata = { ...one.metadata, finalizers: [...finalizers, SERVICE_CIDR_FINALIZER] };
        client.update(servicecidrs, { ...one, metadata });
        return done;
      }
      if (!isReady(one)) setCondition(client, one, READY, now);
      return done;
    }
    if (!finalizers.includes(SERVICE_CIDR_FINALIZER)) return done;
    if (isNeeded(client, one)) {
      setCondition(client, one, TERMINATING, now);
      return done;
    }
    const left = finalizers.filter((name) => name !== SERVICE_CIDR_FINALIZER);
    client.update(servicecidrs, { ...one, metadata: { ...one.metadata, finalizers: left } });
    return done;
  },
};

const leaving = (client: Client) =>
  client
    .list(servicecidrs)
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(({ metadata: { name } }) => ({ namespace: "", name }));

/** Whether an address lies in this range and in no other that stays. */
function isNeeded(client: Client, one: ServiceCIDR): boolean {
  const own = rangesOf(one.spec.cidrs ?? []);
  const others = client
    .list(servicecidrs)
    .filter((other) => other.metadata.name !== one.metadata.name && isReady(other));
  const elsewhere = rangesOf(others.flatMap(({ spec }) => spec.cidrs ?? []));
  return client.list(ipaddresses).some(({ metadata }) => {
    const value = Number(parseIp(metadata.name)?.value ?? 0n);
    return isInside(own, value) && !isInside(elsewhere, value);
  });
}

type ConditionText = Pick<Condition, "type" | "status" | "reason" | "message">;

function setCondition(client: Client, one: ServiceCIDR, condition: ConditionText, now: Instant): void {
  const known = one.status?.conditions?.find(({ type }) => type === condition.type);
  if (known?.status === condition.status && known.message === condition.message) return;
  client.updateStatus(servicecidrs, one, { conditions: [{ ...condition, lastTransitionTime: timeText(now) }] });
}

/** The range the API server itself needs: it is made again if somebody took it away. */
export const defaultServiceCidr: Controller = {
  name: "default-service-cidr-controller",
  component: "world",
  watches: [watching(servicecidrs, ({ metadata: { name } }) => (name === DEFAULT_CIDR.name ? [KEY] : []))],

  reconcile({ client, now }) {
    ensureDefaultCidr(client, now);
    return done;
  },
};

const KEY = { namespace: "", name: DEFAULT_CIDR.name } as const;

/** Makes the default range where it is not there, ready from its first moment. */
export function ensureDefaultCidr(client: Client, now: Instant): void {
  if (client.get(servicecidrs, KEY) !== undefined) return;
  const made = client.create(servicecidrs, {
    metadata: { name: DEFAULT_CIDR.name },
    spec: { cidrs: [DEFAULT_CIDR.cidr] },
  });
  const message = "Kubernetes default Service CIDR is ready";
  client.updateStatus(servicecidrs, made, { conditions: [{ ...READY, message, lastTransitionTime: timeText(now) }] });
}
