/**
 * Volume expansion: a claim that asks for more than it has gets it, where whoever made its volume can give it.
 *
 * Models pkg/controller/volume/expand and github.com/kubernetes-csi/external-resizer.
 * Leaves out the second half on the node: the file system the nodes share grows without them.
 */
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { cmp } from "#kernel/apimachinery/quantity";
import { timeText } from "#kernel/apimachinery/time";
import { type Context, type Controller, done, type Outcome, wakeAt, watching } from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { PROVISIONED_BY, volumeStorage } from "#kernel/resources/core/persistentvolume.facts";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { isClaimBound, requestedStorage } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { LOCAL_PATH } from "#kernel/resources/storage/storageclass.facts";
import type { Instant } from "#kernel/sim/instant";

/** The room of expansions under way; the id is the claim's uid, the value when the volume has grown. */
const WORK = "volume-expand";
const RESIZE_MS = 2_000;

export const volumeExpandController: Controller = {
  name: "expand-controller",
  component: "controllerManager",
  watches: [watching(persistentvolumeclaims, (claim) => (wantsMore(claim) ? [keyOf(claim)] : []))],

  reconcile(context, key) {
    const claim = context.client.get(persistentvolumeclaims, key);
    return claim === undefined || !wantsMore(claim) ? done : expand(context, claim);
  },
};

/** True if the claim has less than it asks for. */
function wantsMore(claim: PersistentVolumeClaim): boolean {
  const has = claim.status?.capacity?.["storage"];
  return has !== undefined && isClaimBound(claim) && cmp(requestedStorage(claim), has) > 0;
}

const say = ({ client, now }: Context, claim: PersistentVolumeClaim, by: string, reason: string, message: string) =>
  recordEvent(client, { regarding: claim, type: "Normal", reason, message, source: { component: by } }, now);

function expand(context: Context, claim: PersistentVolumeClaim): Outcome {
  const { client, cells, now } = context;
  const { uid } = claim.metadata;
  const volume = client.get(persistentvolumes, { namespace: "", name: claim.spec.volumeName ?? "" });
  if (volume === undefined) return done;
  const readyAt = cells.get<Instant>(WORK, uid);
  if (readyAt === undefined) {
    const message = "waiting for an external controller to expand this PVC";
    say(context, claim, "volume_expand", "ExternalExpanding", message);
  }
  if (volume.metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PATH) return done;
  const size = requestedStorage(claim);
  const { conditions = [], allocatedResources: _, allocatedResourceStatuses: __, ...status } = claim.status ?? {};
  const others = conditions.filter(({ type }) => type !== "Resizing");
  if (readyAt === undefined) {
    const isInstant = cells.get<{ readonly latency?: string }>("cluster", "options")?.latency === "none";
    const doneAt = isInstant ? now : now + RESIZE_MS;
    cells.put(WORK, uid, doneAt);
    const condition = { type: "Resizing", status: "True", lastTransitionTime: timeText(now) };
    const resizing = client.updateStatus(persistentvolumeclaims, claim, {
      ...status,
      allocatedResources: { storage: size },
      allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
      conditions: [...others, condition],
    });
    const message = `External resizer is resizing volume ${volume.metadata.name}`;
    say(context, resizing, `external-resizer ${LOCAL_PATH}`, "Resizing", message);
    return wakeAt(doneAt);
  }
  if (readyAt > now) return wakeAt(readyAt);
  cells.delete(WORK, uid);
  if (cmp(volumeStorage(volume), size) < 0) {
    const capacity = { ...volume.spec.capacity, storage: size };
    client.update(persistentvolumes, { ...volume, spec: { ...volume.spec, capacity } });
  }
  const grown = client.updateStatus(persistentvolumeclaims, claim, {
    ...status,
    capacity: { ...status.capacity, storage: size },
    allocatedResources: { storage: size },
    ...(others.length > 0 && { conditions: others }),
  });
  say(context, grown, `external-resizer ${LOCAL_PATH}`, "VolumeResizeSuccessful", "Resize volume succeeded");
  return done;
}
