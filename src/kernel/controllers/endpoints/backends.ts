/**
 * What the two endpoint controllers agree on: which pods stand behind a Service, at which ports, and what of a pod
 * concerns a Service at all.
 *
 * Models k8s.io/endpointslice/util and pkg/controller/endpoint.
 * Leaves out IPv6 and dual stack: simulated pods have one IPv4 address.
 */
import type { Pod, Service, ServicePort } from "#kernel/api/types.gen";
import { matchesSet } from "#kernel/apimachinery/labels";
import { type Key, keyOf, parseTime } from "#kernel/apimachinery/meta";
import { selectedPods } from "#kernel/controllers/shared/selected-pods";
import type { Client } from "#kernel/registry/client";
import { type Outcome, type ResourceWatch, wakeAt } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady, isPodTerminal, podCondition, resolvePort } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

export const HEADLESS_LABEL = "service.kubernetes.io/headless";
export const TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

/** A Service of more pods than this is looked at in steps of `BATCH_MS`, so that a rollout costs what it should. */
const BATCH_PODS = 200;
const BATCH_MS = 500;

/** Whether a controller fills in the endpoints of this Service. */
export const hasEndpoints = ({ spec }: Service): boolean => spec.selector !== undefined && spec.type !== "ExternalName";

/** Whether DNS answers with the pods themselves. */
export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === "None";

/** Pods behind a Service that have an address, sorted by name; those on their way out only if asked for. */
export function backendsOf(client: Client, service: Service, withTerminating: boolean): Pod[] {
  const { namespace = "" } = service.metadata;
  return selectedPods(client.registry, namespace, service.spec.selector).filter(
    (pod) =>
      !isPodTerminal(pod) && addressOf(pod) !== "" && (withTerminating || pod.metadata.deletionTimestamp === undefined),
  );
}

/** The pod's address; empty while it has none. */
export const addressOf = ({ status }: Pod): string => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "";

/** A port as both kinds of endpoints write it; undefined if the pod has no port of the name. */
export function backendPort(pod: Pod, { name, protocol, port, targetPort, appProtocol }: ServicePort) {
  const number = resolvePort(pod, targetPort ?? port, protocol);
  if (number === undefined) return undefined;
  return {
    name: name ?? "",
    port: number,
    protocol: protocol ?? "TCP",
    ...(appProtocol !== undefined && { appProtocol }),
  };
}

/** The host name under which DNS knows a pod of a headless Service; undefined if it has none. */
export function hostnameOf({ spec }: Pod, service: Service): string | undefined {
  return (spec.hostname ?? "") !== "" && spec.subdomain === service.metadata.name ? spec.hostname : undefined;
}

/** The last instant at which readiness or the Service gave a reason to write endpoints, as text. */
export function triggerTime(service: Service, backends: readonly Pod[]): string {
  let last = service.metadata.creationTimestamp;
  for (const pod of backends) {
    const time = podCondition(pod, "Ready")?.lastTransitionTime;
    if (time !== undefined && parseTime(time) > parseTime(last)) last = time;
  }
  return last;
}

/** Waits for the next step if the Service is a large one; undefined = look now. */
export function batched(backends: number, now: Instant): Outcome | undefined {
  const next = Math.ceil(now / BATCH_MS) * BATCH_MS;
  return backends > BATCH_PODS && next > now ? wakeAt(next) : undefined;
}

/** Watches pods for what Services say of them. */
export const watchingBackends: ResourceWatch = {
  resource: pods as unknown as Resource<KubeObject>,
  // A pod that is gone is no longer what it was, even if its last state says the same.
  keys: ({ type, object, previous }, client) =>
    servicesOf(object as Pod, client, type === "DELETED" ? undefined : (previous as Pod | undefined)),
};

/** Services that select a pod as it is, or as it was before a change that concerns them. */
function servicesOf(pod: Pod, client: Client, previous: Pod | undefined): readonly Key[] {
  const isSame = previous !== undefined && facts(previous) === facts(pod);
  const labels = pod.metadata.labels;
  const former = previous?.metadata.labels;
  if (isSame && (labels === former || (matchesSet(labels, former) && matchesSet(former, labels)))) return [];
  return client
    .list(services, { namespace: pod.metadata.namespace ?? "" })
    .filter(
      (service) =>
        hasEndpoints(service) &&
        (matchesSet(service.spec.selector, labels) ||
          (previous !== undefined && matchesSet(service.spec.selector, former))),
    )
    .map(keyOf);
}

/** What of a pod its endpoints show. */
function facts(pod: Pod): string {
  const { deletionTimestamp = "" } = pod.metadata;
  const { nodeName = "", hostname = "", subdomain = "" } = pod.spec;
  const isGoing = deletionTimestamp !== "";
  const state = `${addressOf(pod)} ${isPodReady(pod)} ${isPodTerminal(pod)} ${isGoing}`;
  return `${state} ${nodeName} ${hostname}.${subdomain}`;
}
