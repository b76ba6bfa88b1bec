/**
 * Device taint eviction: pods leave devices with a NoExecute taint, at once or as late as their claims tolerate.
 *
 * Models pkg/controller/devicetainteviction.
 * Leaves out DeviceTaintRules: their kind is a beta one, which no server offers by itself.
 */
import type { DeviceTaint, Pod, ResourceClaim, ResourceSlice } from "#kernel/api/types.gen";
import { keyOf, parseTime } from "#kernel/apimachinery/meta";
import { disrupt } from "#kernel/controllers/shared/disrupt";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, type Outcome, wakeAt, watching } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodTerminal } from "#kernel/resources/core/pod.facts";
import { toleratesDeviceTaint } from "#kernel/resources/resource/device.facts";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { claimNamesOf } from "#kernel/resources/resource/resourceclaim.facts";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";

const SOURCE = { component: "device-taint-eviction" };

/** The room of pods that are to leave later; the id is the pod's uid. */
const LEAVING = "device-taint-evictions";

type Result = NonNullable<NonNullable<NonNullable<ResourceClaim["status"]>["allocation"]>["devices"]>["results"];

const resultsOf = ({ status }: ResourceClaim): NonNullable<Result> => status?.allocation?.devices?.results ?? [];

const usersOf = ({ metadata, status }: ResourceClaim) =>
  (status?.reservedFor ?? [])
    .filter(({ resource }) => resource === "pods")
    .map(({ name }) => ({ namespace: metadata.namespace ?? "", name }));

const taintsIn = (slice: ResourceSlice | undefined) => (slice?.spec.devices ?? []).map(({ taints }) => taints ?? []);

export const deviceTaintEvictionController: Controller = {
  name: "device-taint-eviction-controller",
  component: "controllerManager",
  watches: [
    watching(pods, (pod) => ((pod.spec.resourceClaims ?? []).length > 0 ? [keyOf(pod)] : [])),
    watching(resourceclaims, usersOf),
    watching(resourceslices, (slice, client, previous) => {
      if (equal(taintsIn(slice), taintsIn(previous))) return [];
      const { driver, pool } = slice.spec;
      const isOfSlice = (one: { driver: string; pool: string }): boolean =>
        one.driver === driver && one.pool === pool.name;
      return client
        .list(resourceclaims)
        .filter((claim) => resultsOf(claim).some(isOfSlice))
        .flatMap(usersOf);
    }),
  ],

  reconcile(context, key) {
    const { client, cells } = context;
    const pod = client.get(pods, key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) {
      if (pod !== undefined) cells.delete(LEAVING, pod.metadata.uid);
      return done;
    }
    return judge(context, pod, leavesAt(client, pod));
  },
};

/** When a pod has to leave because of a device of its claims; undefined if it may stay. */
function leavesAt(client: Client, pod: Pod): Instant | undefined {
  let at: Instant | undefined;
  for (const name of claimNamesOf(pod)) {
    const claim = client.get(resourceclaims, { namespace: pod.metadata.namespace ?? "", name });
    if (claim?.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) !== true) continue;
    for (const result of resultsOf(claim)) {
      for (const taint of taintsOf(client, result)) {
        const seconds = patienceWith(taint, result.tolerations ?? []);
        if (seconds === undefined) continue;
        const end = (taint.timeAdded === undefined ? 0 : parseTime(taint.timeAdded)) + seconds * 1000;
        at = Math.min(at ?? end, end);
      }
    }
  }
  return at;
}

/** The taints that drive pods from an allocated device, as its pool's latest slices have them. */
function taintsOf(client: Client, { driver, pool, device }: NonNullable<Result>[number]): readonly DeviceTaint[] {
  const slices = client.by(resourceslices, "driver", driver).filter(({ spec }) => spec.pool.name === pool);
  const latest = Math.max(...slices.map(({ spec }) => spec.pool.generation));
  return slices
    .filter(({ spec }) => spec.pool.generation === latest)
    .flatMap(({ spec }) => spec.devices ?? [])
    .filter(({ name }) => name === device)
    .flatMap(({ taints }) => taints ?? [])
    .filter(({ effect }) => effect === "NoExecute");
}

/** For how many seconds a taint is borne; undefined = for ever. */
function patienceWith(
  taint: DeviceTaint,
  tolerations: Parameters<typeof toleratesDeviceTaint>[0][],
): number | undefined {
  const matching = tolerations.filter((one) => toleratesDeviceTaint(one, taint));
  if (matching.length === 0) return 0;
  const limits = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  return limits.length === 0 ? undefined : Math.max(0, Math.min(...limits));
}

function judge(context: Context, pod: Pod, at: Instant | undefined): Outcome {
  const { cells, now } = context;
  const { uid } = pod.metadata;
  if (at === undefined) {
    if (cells.get(LEAVING, uid) === undefined) return done;
    cells.delete(LEAVING, uid);
    say(context, pod, "Cancelling deletion");
    return done;
  }
  if (at > now) {
    if (cells.get(LEAVING, uid) === undefined) cells.put(LEAVING, uid, true);
    return wakeAt(at);
  }
  evict(context, pod);
  return done;
}

function evict(context: Context, pod: Pod): void {
  context.cells.delete(LEAVING, pod.metadata.uid);
  say(context, pod, "Marking for deletion");
  const message = "Device Taint manager: deleting due to NoExecute taint";
  disrupt(context, pod, { reason: "DeletionByDeviceTaintManager", message });
}

function say({ client, now }: Context, regarding: Pod, message: string): void {
  const reason = "DeviceTaintManagerEviction";
  recordEvent(client, { regarding, type: "Normal", reason, message, source: SOURCE }, now);
}
