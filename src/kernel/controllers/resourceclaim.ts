/**
 * Resource claim controller: makes claims from templates, reserves allocated ones for pods that found their node by
 * themselves, takes them back from pods that have ended, and gives devices back that nobody uses.
 *
 * Models pkg/controller/resourceclaim.
 */
import type { Pod, PodResourceClaim, PodResourceClaimStatus, ResourceClaim } from "#kernel/api/types.gen";
import { StatusError, unknownError } from "#kernel/apimachinery/errors";
import { controllerOf, isControlledBy, type Key, keyOf, ownerReferenceTo } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, type Outcome, watching } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal } from "#kernel/resources/core/pod.facts";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import {
  CLAIM_FINALIZER,
  claimNameFor,
  claimNamesOf,
  isReservedFor,
  RESERVED_MAX,
} from "#kernel/resources/resource/resourceclaim.facts";
import { resourceclaimtemplates } from "#kernel/resources/resource/resourceclaimtemplate";

const SOURCE = { component: "resource_claim" };

/** Which entry of its pod a claim was made for. */
const POD_CLAIM = "resource.kubernetes.io/pod-claim-name";

/** Keys name a pod or a claim. */
const POD = "pod:";
const CLAIM = "claim:";

const podKey = (pod: Pod): Key => ({ namespace: POD + (pod.metadata.namespace ?? ""), name: pod.metadata.name });
const claimKey = (namespace: string, name: string): Key => ({ namespace: CLAIM + namespace, name });

export const resourceClaimController: Controller = {
  name: "resource-claim-controller",
  component: "controllerManager",
  watches: [
    watching(pods, (pod) => {
      if ((pod.spec.resourceClaims ?? []).length === 0) return [];
      const namespace = pod.metadata.namespace ?? "";
      return [podKey(pod), ...claimNamesOf(pod).map((name) => claimKey(namespace, name))];
    }),
    watching(resourceclaims, (claim, client) => [
      claimKey(claim.metadata.namespace ?? "", claim.metadata.name),
      ...usersOf(client, claim).map(podKey),
    ]),
    watching(resourceclaimtemplates, ({ metadata }, client) =>
      podsIn(client, metadata.namespace ?? "")
        .filter(({ spec }) => spec.resourceClaims?.some((one) => one.resourceClaimTemplateName === metadata.name))
        .map(podKey),
    ),
  ],

  reconcile(context, { namespace, name }) {
    const { client } = context;
    if (namespace.startsWith(CLAIM)) {
      return syncClaim(client, client.get(resourceclaims, { namespace: namespace.slice(CLAIM.length), name }));
    }
    const pod = client.get(pods, { namespace: namespace.slice(POD.length), name });
    if (pod !== undefined && pod.metadata.deletionTimestamp === undefined && !isPodTerminal(pod)) syncPod(context, pod);
    return done;
  },
};

const podsIn = (client: Client, namespace: string): readonly Pod[] =>
  client.list(pods, { namespace }).filter(({ spec }) => (spec.resourceClaims ?? []).length > 0);

/** The pods that speak of a claim, or that it was made for. */
function usersOf(client: Client, claim: ResourceClaim): readonly Pod[] {
  const owner = controllerOf(claim);
  return podsIn(client, claim.metadata.namespace ?? "").filter(
    (pod) => pod.metadata.uid === owner?.uid || claimNamesOf(pod).includes(claim.metadata.name),
  );
}

/** Makes what the pod lacks, and reserves what is allocated for a pod that has a node. */
function syncPod(context: Context, pod: Pod): void {
  const { client } = context;
  const before = pod.status?.resourceClaimStatuses ?? [];
  const entries = pod.spec.resourceClaims ?? [];
  const made = entries.flatMap((entry) =>
    entry.resourceClaimTemplateName === undefined ? [] : statusOf(context, pod, entry),
  );
  const isSame =
    made.length === before.length && made.every((one, n) => one.resourceClaimName === before[n]?.resourceClaimName);
  const current = isSame ? pod : client.updateStatus(pods, pod, { ...pod.status, resourceClaimStatuses: made });
  if ((current.spec.nodeName ?? "") === "") return;
  for (const name of claimNamesOf(current)) {
    const claim = client.get(resourceclaims, { namespace: current.metadata.namespace ?? "", name });
    if (claim?.status?.allocation === undefined || isReservedFor(claim, current)) continue;
    const reservedFor = claim.status.reservedFor ?? [];
    if (reservedFor.length >= RESERVED_MAX) continue;
    const { name: podName, uid } = current.metadata;
    client.updateStatus(resourceclaims, claim, {
      ...claim.status,
      reservedFor: [...reservedFor, { resource: "pods", name: podName, uid }],
    });
  }
}

/** The entry's claim as the pod's status names it, made if there is none. */
function statusOf(context: Context, pod: Pod, entry: PodResourceClaim): PodResourceClaimStatus[] {
  const known = claimNameFor(pod, entry);
  if (known === null) return [{ name: entry.name }];
  const { client, now } = context;
  const namespace = pod.metadata.namespace ?? "";
  const existing =
    known === undefined
      ? client
          .list(resourceclaims, { namespace })
          .find((one) => isControlledBy(one, pod) && one.metadata.annotations?.[POD_CLAIM] === entry.name)
      : client.get(resourceclaims, { namespace, name: known });
  if (existing !== undefined) return [{ name: entry.name, resourceClaimName: existing.metadata.name }];
  try {
    return [{ name: entry.name, resourceClaimName: makeClaim(client, pod, entry).metadata.name }];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const message = `PodResourceClaim ${entry.name}: ${error.message}`;
    const reason = "FailedResourceClaimCreation";
    recordEvent(client, { regarding: pod, type: "Warning", reason, message, source: SOURCE }, now);
    throw error;
  }
}

/** Longest beginning of a claim's name, which leaves room for what is drawn by lot. */
const BASE_CHARS_MAX = 57;

/** How the name of a pod's claim begins: both names have their share where they are too long together. */
function baseName(pod: string, entry: string): string {
  const whole = `${pod}-${entry}-`;
  if (whole.length <= BASE_CHARS_MAX) return whole;
  const share = (name: string): string => name.slice(0, Math.floor((name.length * BASE_CHARS_MAX) / whole.length));
  return `${share(pod)}-${share(entry)}`;
}

/** @throws StatusError if the template is not there, or the claim is refused */
function makeClaim(
  client: Client,
  pod: Pod,
  { name, resourceClaimTemplateName = "" }: PodResourceClaim,
): ResourceClaim {
  const namespace = pod.metadata.namespace ?? "";
  const template = client.get(resourceclaimtemplates, { namespace, name: resourceClaimTemplateName });
  if (template === undefined) {
    const named = JSON.stringify(resourceClaimTemplateName);
    const missing = `resourceclaimtemplate.${resourceclaimtemplates.group} ${named} not found`;
    throw unknownError(`resource claim template ${named}: ${missing}`);
  }
  const { spec } = template;
  const { labels, annotations } = spec.metadata ?? {};
  const draft: Draft<ResourceClaim> = {
    metadata: {
      generateName: baseName(pod.metadata.name, name),
      namespace,
      ownerReferences: [ownerReferenceTo(pod, pods.gvk)],
      ...(labels && { labels }),
      annotations: { ...annotations, [POD_CLAIM]: name },
    },
    spec: spec.spec,
  };
  try {
    return client.create(resourceclaims, draft);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw unknownError(`create ResourceClaim : ${error.message}`);
  }
}

/** Takes a claim back from pods that are gone or have ended; gives its devices back once nobody uses them. */
function syncClaim(client: Client, found: ResourceClaim | undefined): Outcome {
  if (found === undefined) return done;
  const namespace = found.metadata.namespace ?? "";
  const reservedFor = found.status?.reservedFor ?? [];
  const valid = reservedFor.filter(
    ({ resource, name, uid }) => resource !== "pods" || isUsing(client.get(pods, { namespace, name }), uid),
  );
  const isGoing = found.metadata.deletionTimestamp !== undefined;
  const isProtected = found.metadata.finalizers?.includes(CLAIM_FINALIZER) === true;
  const isFreed = valid.length === 0 && isProtected && (reservedFor.length > 0 || isGoing);
  let claim = found;
  if (valid.length < reservedFor.length || (isFreed && found.status?.allocation !== undefined)) {
    const { reservedFor: _, allocation, ...rest } = found.status ?? {};
    const status = {
      ...rest,
      ...(allocation !== undefined && !isFreed && { allocation }),
      ...(valid.length > 0 && { reservedFor: valid }),
    };
    claim = client.updateStatus(resourceclaims, found, status);
  }
  if (isProtected && claim.status?.allocation === undefined && valid.length === 0) claim = release(client, claim);
  deleteOfEnded(client, claim);
  return done;
}

/** True if the pod that reserved is still there and has not ended. */
function isUsing(pod: Pod | undefined, uid: string): boolean {
  if (pod === undefined || pod.metadata.uid !== uid || isPodTerminal(pod)) return false;
  return pod.metadata.deletionTimestamp === undefined || (pod.spec.nodeName ?? "") !== "";
}

function release(client: Client, claim: ResourceClaim): ResourceClaim {
  const { finalizers = [], ...rest } = claim.metadata;
  const kept = finalizers.filter((one) => one !== CLAIM_FINALIZER);
  const metadata = { ...rest, ...(kept.length > 0 && { finalizers: kept }) };
  return client.update(resourceclaims, { ...claim, metadata } as Draft<ResourceClaim>);
}

/** A claim that was made for a pod is of no use once the pod has ended. */
function deleteOfEnded(client: Client, claim: ResourceClaim): void {
  const owner = controllerOf(claim);
  if (owner?.kind !== "Pod" || client.get(resourceclaims, keyOf(claim)) === undefined) return;
  if (claim.metadata.deletionTimestamp !== undefined || claim.metadata.annotations?.[POD_CLAIM] === undefined) return;
  const pod = client.get(pods, { namespace: claim.metadata.namespace ?? "", name: owner.name });
  if (pod?.metadata.uid === owner.uid && isPodTerminal(pod)) client.delete(resourceclaims, keyOf(claim));
}
