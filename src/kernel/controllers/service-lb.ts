/**
 * Service load balancers: what a cloud would do for Services of type LoadBalancer, an external address after a while.
 *
 * Models k8s.io/cloud-provider/controllers/service.
 */
import type { Service } from "#kernel/api/types.gen";
import { hasFinalizer, keyOf } from "#kernel/apimachinery/meta";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { services } from "#kernel/resources/core/service";

const NAME = "service-lb-controller";
const SOURCE = { component: "service-controller" };
const FINALIZER = "service.kubernetes.io/load-balancer-cleanup";

/** External addresses: 172.19.255.200 to 172.19.255.250. */
const PREFIX = "172.19.255.";
const FIRST = 200;
const LAST = 250;

/** How long a cloud takes to set up a balancer. */
const SETUP_MS = 2_000;

/** The room of balancers that are being set up; the id is the Service's uid. */
const BALANCERS = "load-balancers";

interface Balancer {
  readonly startedAt: number;
}

export const serviceLbController: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [
    itself(services),
    // An address that becomes free may be what another Service waits for.
    watching(services, (_service, client, previous) =>
      previous !== undefined && addressOf(previous) !== undefined
        ? client
            .list(services)
            .filter((one) => isWanted(one) && addressOf(one) === undefined)
            .map(keyOf)
        : [],
    ),
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    const service = client.get(services, key);
    if (service === undefined) return done;
    if (isWanted(service) && service.metadata.deletionTimestamp === undefined) return ensure(context, service);
    cells.delete(BALANCERS, service.metadata.uid);
    if (hasFinalizer(service, FINALIZER)) tearDown(context, service);
    return done;
  },
};

const isWanted = ({ spec }: Service): boolean => spec.type === "LoadBalancer" && spec.loadBalancerClass === undefined;

const addressOf = ({ status }: Service): string | undefined => status?.loadBalancer?.ingress?.[0]?.ip;

function ensure(context: Context, service: Service): Outcome {
  const { client, cells, now } = context;
  if (addressOf(service) !== undefined && hasFinalizer(service, FINALIZER)) return done;
  const { uid } = service.metadata;
  const known = cells.get<Balancer>(BALANCERS, uid);
  if (known === undefined) {
    cells.put(BALANCERS, uid, { startedAt: now } satisfies Balancer);
    say(context, service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
    if (!hasFinalizer(service, FINALIZER)) {
      const finalizers = [...(service.metadata.finalizers ?? []), FINALIZER];
      client.update(services, { ...service, metadata: { ...service.metadata, finalizers } });
    }
  }
  const readyAt = (known?.startedAt ?? now) + setupMs(context);
  if (readyAt > now) return wakeAt(readyAt);
  const fresh = client.need(services, keyOf(service));
  const ip = freeAddress(context, fresh);
  if (ip === undefined) {
    const message = "Error syncing load balancer: failed to ensure load balancer: no available IPs";
    say(context, fresh, "Warning", "SyncLoadBalancerFailed", message);
    return done;
  }
  cells.delete(BALANCERS, uid);
  client.updateStatus(services, fresh, { ...fresh.status, loadBalancer: { ingress: [{ ip, ipMode: "VIP" }] } });
  say(context, fresh, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
  return done;
}

/** Nothing takes time in a cluster without latency. */
function setupMs({ cells }: Context): number {
  return cells.get<{ latency?: string }>("cluster", "options")?.latency === "none" ? 0 : SETUP_MS;
}

/** The address the Service asks for, if it is ours and free; else the lowest that is. */
function freeAddress({ client }: Context, service: Service): string | undefined {
  const taken = new Set(client.list(services).map(addressOf));
  const asked = service.spec.loadBalancerIP ?? "";
  if (asked !== "") return isOurs(asked) && !taken.has(asked) ? asked : undefined;
  for (let last = FIRST; last <= LAST; last += 1) if (!taken.has(PREFIX + last)) return PREFIX + last;
  return undefined;
}

function isOurs(ip: string): boolean {
  const last = Number(ip.slice(PREFIX.length));
  return ip.startsWith(PREFIX) && Number.isInteger(last) && last >= FIRST && last <= LAST;
}

function tearDown(context: Context, service: Service): void {
  const { client } = context;
  say(context, service, "Normal", "DeletingLoadBalancer", "Deleting load balancer");
  let current = service;
  if (addressOf(service) !== undefined) {
    current = client.updateStatus(services, service, { ...service.status, loadBalancer: {} });
  }
  say(context, current, "Normal", "DeletedLoadBalancer", "Deleted load balancer");
  const { finalizers = [], ...rest } = current.metadata;
  const kept = finalizers.filter((one) => one !== FINALIZER);
  client.update(services, { ...current, metadata: { ...rest, ...(kept.length > 0 && { finalizers: kept }) } });
}

function say(
  { client, now }: Context,
  regarding: Service,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}
