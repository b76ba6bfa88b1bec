/**
 * Which changes concern the scheduler, as keys: "try the queue", "this pod changed", "this may help those that wait".
 */
import type { Node, Pod } from "#kernel/api/types.gen";
import { type Key, keyText } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { ResourceWatch, RoomWatch, Watch } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { configmaps } from "#kernel/resources/core/configmap";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { SCHEDULER_CONFIG } from "#kernel/resources/scheduling/configuration";
import type { ClusterEvent } from "#kernel/scheduler/framework";
import { DEVICE_RESOURCES } from "#kernel/scheduler/plugins/dynamicresources";
import { VOLUME_RESOURCES } from "#kernel/scheduler/plugins/volumes";
import { QUEUE, type QueueRecord } from "#kernel/scheduler/queue";
import { isWaiting, snapshots } from "#kernel/scheduler/snapshot";
import { traceOf } from "#kernel/scheduler/trace";
import { equal } from "#kernel/sim/clone";
import type { Change, KubeObject } from "#kernel/store/object";

/** Try what is in the queue. */
export const TRY: Key = { namespace: "", name: "queue" };

/** Prefix of the keys that name a pod. */
export const POD = "pod";

const eventKey = (event: ClusterEvent, name = ""): Key => ({ namespace: event, name });

/** True while somebody waits: otherwise no event helps anybody. */
const isAwaited = ({ registry }: Client): boolean => registry.views.of(snapshots).pending.size > 0;

/** True while there is somebody who found no node: only they can be helped, all others are tried anyway. */
const isAnybodyStuck = ({ registry }: Client): boolean => registry.cells.count(QUEUE) > 0;

const takesRoom = (pod: Pod | undefined): pod is Pod => pod !== undefined && isPodScheduled(pod) && !isPodTerminal(pod);

function podKeys({ type, key, object, previous }: Change<Pod>, client: Client): readonly Key[] {
  const before = previous;
  const after = type === "DELETED" ? undefined : object;
  const wasWaiting = before !== undefined && isWaiting(before);
  if (after !== undefined && isWaiting(after)) {
    if (!wasWaiting) return [TRY];
    const isSame = before.spec === after.spec || equal(before.spec, after.spec);
    if (isSame && equal(before.metadata.labels, after.metadata.labels)) return [];
    return [{ namespace: POD, name: keyText(key) }, TRY];
  }
  const keys: Key[] = wasWaiting ? [{ namespace: POD, name: keyText(key) }] : [];
  if (!isAnybodyStuck(client)) return keys;
  if (takesRoom(before) && !takesRoom(after)) keys.push(eventKey("PodDelete", traceOf(before)));
  else if (!takesRoom(before) && takesRoom(after)) keys.push(eventKey("PodAdd", traceOf(after)));
  else if (takesRoom(before) && takesRoom(after)) {
    // It may have been given less.
    if (before.spec !== after.spec) keys.push(eventKey("PodDelete", traceOf(before)));
    const isGoing = after.metadata.deletionTimestamp !== before.metadata.deletionTimestamp;
    const { labels } = after.metadata;
    if (isGoing || (labels !== before.metadata.labels && !equal(labels, before.metadata.labels))) {
      keys.push(eventKey("PodLabel", traceOf(after)));
    }
  }
  return keys;
}

function nodeKeys({ type, key, object, previous }: Change<Node>, client: Client): readonly Key[] {
  if (!isAnybodyStuck(client)) return [];
  if (type === "DELETED") return [eventKey("NodeDelete")];
  if (previous === undefined) return [eventKey("NodeAdd", key.name)];
  const keys: Key[] = [];
  const { metadata, spec, status } = object;
  if (!equal(status?.allocatable, previous.status?.allocatable)) keys.push(eventKey("NodeAllocatable", key.name));
  if (!equal(metadata.labels, previous.metadata.labels)) keys.push(eventKey("NodeLabel", key.name));
  const isOpened = spec.unschedulable !== previous.spec.unschedulable;
  if (isOpened || !equal(spec.taints, previous.spec.taints)) keys.push(eventKey("NodeTaint", key.name));
  return keys;
}

const watch = <T extends KubeObject>(
  resource: Resource<T>,
  keys: (change: Change<T>, client: Client) => readonly Key[],
): ResourceWatch => ({
  resource: resource as unknown as Resource<KubeObject>,
  keys: (change, client) => keys(change as unknown as Change<T>, client),
});

const records: RoomWatch = {
  room: QUEUE,
  keys: (_id, record) => ((record as QueueRecord).isMoved ? [TRY] : []),
};

/** What a pod that waits for its volumes waits for may have come. */
const volumes: readonly ResourceWatch[] = VOLUME_RESOURCES.map((resource) => ({
  resource: resource as unknown as Resource<KubeObject>,
  keys: (_change, client) => (isAnybodyStuck(client) ? [eventKey("VolumeChange")] : []),
}));

/** What a pod that waits for devices waits for may have come; one that was kept out of the queue may enter. */
const devices: readonly ResourceWatch[] = DEVICE_RESOURCES.map((resource) => ({
  resource: resource as unknown as Resource<KubeObject>,
  keys: (_change, client) => (isAwaited(client) ? [eventKey("ClaimChange"), TRY] : []),
}));

/** A new configuration may help anybody. */
const configuration: ResourceWatch = watch(configmaps, ({ key }) =>
  key.namespace === SCHEDULER_CONFIG.namespace && key.name === SCHEDULER_CONFIG.name
    ? [eventKey("Configuration"), TRY]
    : [],
);

export const WATCHES: readonly Watch[] = [
  watch(pods, podKeys),
  watch(nodes, nodeKeys),
  records,
  configuration,
  ...volumes,
  ...devices,
];
