/**
 * DynamicResources: a pod that claims devices goes where there are such devices, and they are set aside for it.
 *
 * Models pkg/scheduler/framework/plugins/dynamicresources.
 * Leaves out extended resources that devices stand for (DeviceClass.spec.extendedResourceName).
 */
import type { Pod, ResourceClaim } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import type { Registry } from "#kernel/registry/registry";
import { matchesNodeSelector } from "#kernel/resources/core/node.selector";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import {
  CLAIM_FINALIZER,
  claimNameFor,
  claimNamesOf,
  claimProblem,
  isReservedFor,
  RESERVED_MAX,
} from "#kernel/resources/resource/resourceclaim.facts";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { Allocator, ClaimProblem } from "#kernel/scheduler/dra/allocator";
import { Inventory } from "#kernel/scheduler/dra/inventory";
import { type Plugin, rejectsForGood } from "#kernel/scheduler/framework";
import { snapshots } from "#kernel/scheduler/snapshot";

const NAME = "DynamicResources";
const NONE_FIT = rejectsForGood(NAME, "cannot allocate all claims");
const ELSEWHERE = rejectsForGood(NAME, "resourceclaim not available on the node");
const IN_USE = rejectsForGood(NAME, "resourceclaim in use");

/** What a pod that waits for its devices waits for. */
export const DEVICE_RESOURCES = [resourceclaims, deviceclasses, resourceslices] as const;

const hasClaims = ({ spec }: Pod): boolean => (spec.resourceClaims ?? []).length > 0;

/** The pod's claims as they are stored. */
function claimsOf({ store }: Registry, pod: Pod): ResourceClaim[] {
  const namespace = pod.metadata.namespace ?? "";
  return claimNamesOf(pod).flatMap(
    (name) => (store.get(resourceclaims.bucket, { namespace, name }) as ResourceClaim | undefined) ?? [],
  );
}

const isAllocated = ({ status }: ResourceClaim): boolean => status?.allocation !== undefined;

export const dynamicResources: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeLabel", "PodDelete", "ClaimChange"],

  /** A pod whose claims are not there is not tried at all. */
  preEnqueue(pod, { store }) {
    const namespace = pod.metadata.namespace ?? "";
    for (const entry of pod.spec.resourceClaims ?? []) {
      const name = claimNameFor(pod, entry);
      if (name === null) continue;
      if (name === undefined) {
        return `pod "${namespace}/${pod.metadata.name}": ResourceClaim not created yet`;
      }
      const claim = store.get(resourceclaims.bucket, { namespace, name }) as ResourceClaim | undefined;
      if (claim === undefined) return `resourceclaim.resource.k8s.io "${name}" not found`;
      const problem = claimProblem(pod, entry, claim);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },

  filter({ pod }, { registry }) {
    if (!hasClaims(pod)) return undefined;
    const claims = claimsOf(registry, pod);
    const allocated = claims.filter(isAllocated);
    const isFull = ({ status }: ResourceClaim): boolean => (status?.reservedFor ?? []).length >= RESERVED_MAX;
    if (allocated.some((claim) => !isReservedFor(claim, pod) && isFull(claim))) return IN_USE;
    const open = claims.filter((claim) => !isAllocated(claim));
    try {
      const allocator = open.length === 0 ? undefined : new Allocator(new Inventory(registry), open);
      return {
        check(node) {
          for (const { status } of allocated) {
            const selector = status?.allocation?.nodeSelector;
            if (selector !== undefined && !matchesNodeSelector(selector, node)) return ELSEWHERE;
          }
          return allocator === undefined || isPossible(() => allocator.on(node) !== undefined) ? undefined : NONE_FIT;
        },
      };
    } catch (error) {
      if (error instanceof ClaimProblem) return rejectsForGood(NAME, error.message);
      throw error;
    }
  },

  /** Sets the devices aside and reserves them for the pod. */
  preBind(client, pod, nodeName) {
    if (!hasClaims(pod)) return true;
    const { registry } = client;
    const open = claimsOf(registry, pod).filter((claim) => !isAllocated(claim));
    const node = registry.views.of(snapshots).node(nodeName);
    const results = open.length === 0 ? [] : node && new Allocator(new Inventory(registry), open).on(node);
    if (results === undefined) return false;
    open.forEach((claim, n) => {
      const allocation = results[n];
      if (allocation !== undefined) bindClaim(client, claim, { ...claim.status, allocation });
    });
    for (const claim of claimsOf(registry, pod)) if (!isReservedFor(claim, pod)) reserve(client, claim, pod);
    return true;
  },
};

/** An expression that fails for a device of this node says no to this node alone. */
function isPossible(question: () => boolean): boolean {
  try {
    return question();
  } catch (error) {
    if (error instanceof ClaimProblem) return false;
    throw error;
  }
}

function bindClaim(client: Client, claim: ResourceClaim, status: NonNullable<ResourceClaim["status"]>): void {
  const { finalizers = [] } = claim.metadata;
  const isProtected = finalizers.includes(CLAIM_FINALIZER);
  const metadata = { ...claim.metadata, finalizers: [...finalizers, CLAIM_FINALIZER] };
  const kept = isProtected ? claim : client.update(resourceclaims, { ...claim, metadata } as Draft<ResourceClaim>);
  client.updateStatus(resourceclaims, kept, status);
}

function reserve(client: Client, claim: ResourceClaim, { metadata: { name, uid } }: Pod): void {
  const reservedFor = [...(claim.status?.reservedFor ?? []), { resource: "pods", name, uid }];
  client.updateStatus(resourceclaims, claim, { ...claim.status, reservedFor });
}

/**
 * Gives back the devices of one of the pod's claims that hold it where it does not fit, if nobody else uses them; and
 * says what came of it.
 */
export function deallocate(client: Client, pod: Pod): string {
  if (!hasClaims(pod)) return "no new claims to deallocate";
  for (const claim of claimsOf(client.registry, pod)) {
    const { allocation, reservedFor = [], ...rest } = claim.status ?? {};
    if (allocation === undefined || reservedFor.some(({ uid }) => uid !== pod.metadata.uid)) continue;
    client.updateStatus(resourceclaims, claim, rest);
    return "deallocation of ResourceClaim completed";
  }
  return "still not schedulable";
}
