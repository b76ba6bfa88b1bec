/**
 * The kubelets' care for pods: a pod bound to a machine whose kubelet is alive is admitted, started, watched, reported
 * and ended.
 *
 * Models SyncPod, SyncTerminatingPod and SyncTerminatedPod of pkg/kubelet/kubelet.go. A kubelet that reaches no API
 * server goes on with the pods it knows, and tells what became of them once it is heard again.
 */
import type { Pod } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { type Key, keyOf, keyText } from "#kernel/apimachinery/meta";
import { refusal } from "#kernel/kubelet/admit";
import { ensureImage, needsPull } from "#kernel/kubelet/images";
import { nextMeasure, ofLimitedFiles, overflow } from "#kernel/kubelet/local-storage";
import {
  containerCell,
  draftCell,
  dropCell,
  KUBELET_PODS,
  keepCell,
  type PodCell,
  podCell,
} from "#kernel/kubelet/pod-cell";
import { endContainers, runContainers } from "#kernel/kubelet/pod-containers";
import { leaseAddress, releaseAddresses } from "#kernel/kubelet/pod-ip";
import { later, membersOf, type PodWork, say } from "#kernel/kubelet/pod-work";
import { REFERENCES } from "#kernel/kubelet/references";
import { countRefusal, refusalMs } from "#kernel/kubelet/refusals";
import { report } from "#kernel/kubelet/report";
import { allocate } from "#kernel/kubelet/resize";
import { sayCompleted } from "#kernel/kubelet/resize-events";
import { handlerProblem } from "#kernel/kubelet/runtime-handlers";
import { mountVolumes, unmountVolumes } from "#kernel/kubelet/volumes";
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  earliest,
  type Outcome,
  routineAt,
  type Watch,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { configmaps } from "#kernel/resources/core/configmap";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { hasStorageLimit, isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import { secrets } from "#kernel/resources/core/secret";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { containerRecord, killContainer, removeContainer } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { isKubeletAlive } from "#kernel/runtime/machine.facts";
import { isOwnChange, quietly } from "#kernel/runtime/own-changes";
import type { Instant } from "#kernel/sim/instant";

/** Making a sandbox, its network and a container in it. */
const SANDBOX_MS = 600;
/** Taking a sandbox down, once its containers have ended. */
const TEARDOWN_MS = 700;
/** How soon a sandbox that got no address is tried again. */
const SANDBOX_RETRY_MS = 15_000;

const ofPods: Watch = watching(pods, (pod, _client, previous) => {
  const isOnNode = (pod.spec.nodeName ?? "") !== "" || (previous?.spec.nodeName ?? "") !== "";
  return !isOnNode || isOwnChange(pod.metadata.uid) ? [] : [keyOf(pod)];
});

const ofContainers: Watch = {
  room: CONTAINERS,
  keys: (_id: string, value: unknown) => {
    const { state, namespace, pod, podUid } = value as ContainerRecord;
    return state === "exited" && !isOwnChange(podUid) ? [{ namespace, name: pod }] : [];
  },
};

/** Somebody else decided that a pod is over: eviction, or the shutdown of its node. */
const ofEndings: Watch = {
  room: KUBELET_PODS,
  keys: (_id: string, value: unknown) => {
    const { failure, isFinished, namespace, name } = value as PodCell;
    return failure?.graceSeconds !== undefined && isFinished !== true ? [{ namespace, name }] : [];
  },
};

/** One order, however the index was built. */
const byKey = (a: Key, b: Key): number => compareText(keyText(a), keyText(b));

const ofMachines: Watch = {
  room: MACHINES,
  keys: (id: string, _value: unknown, client: Client) => {
    // Besides the pods that are there, those that went while nobody could tell the kubelet.
    const known = [...client.registry.cells.entries<PodCell>(KUBELET_PODS)]
      .filter(([, { node }]) => node === id)
      .map(([, { namespace, name }]) => ({ namespace, name }))
      .filter((key) => client.get(pods, key) === undefined);
    return [...client.by(pods, "node", id).map(keyOf), ...known].sort(byKey);
  },
};

const referring = (kind: "configmap" | "secret") => (object: { metadata: Pod["metadata"] }, client: Client) =>
  client.registry.views.of(REFERENCES).to(kind, keyOf(object));

export const podSync: Controller = {
  name: "kubelet",
  component: "kubelet",
  watches: [
    ofPods,
    ofContainers,
    ofEndings,
    ofMachines,
    ofLimitedFiles,
    watching(configmaps, referring("configmap")),
    watching(secrets, referring("secret")),
    watching(persistentvolumeclaims, (claim, client) =>
      client
        .by(pods, "claim", keyText(keyOf(claim)))
        .filter(isPodScheduled)
        .map(keyOf)
        .sort(byKey),
    ),
  ],

  reconcile(context, key) {
    const pod = context.client.get(pods, key);
    const stored = podCell(context.cells, key);
    if (pod === undefined && stored !== undefined && runsOn(context, stored.node)) return done;
    if (stored !== undefined && (pod === undefined || pod.metadata.uid !== stored.uid)) forget(context, key, stored);
    const machine = context.cells.get<Machine>(MACHINES, pod?.spec.nodeName ?? "");
    if (pod !== undefined && machine === undefined && stored?.uid === pod.metadata.uid) forget(context, key, stored);
    if (pod === undefined || machine === undefined) return done;

    const kept = stored?.uid === pod.metadata.uid ? stored : undefined;
    if (kept === undefined && isPodTerminal(pod)) return done;
    if (machine.isUnheard === true && kept === undefined) return done;
    const cell = draftCell(kept, { uid: pod.metadata.uid, ...key, node: machine.name });
    const latency = context.cells.get<{ readonly latency?: string }>("cluster", "options")?.latency;
    const known = machine.isUnheard === true ? asLastHeard(pod, cell) : pod;
    const isInstant = latency === "none";
    const work: PodWork = { context, world: worldOf(context), pod: known, key, machine, cell, isInstant };
    if (!machine.isPowered) loseContainers(work);
    const outcome = isKubeletAlive(machine) || machine.isUnheard === true ? sync(work) : done;
    keepCell(context.cells, cell, kept);
    return outcome;
  },
};

/** True if what a machine runs goes on although its pod is gone: nobody can tell its kubelet. */
function runsOn({ cells }: Context, node: string): boolean {
  const machine = cells.get<Machine>(MACHINES, node);
  return machine?.isPowered === true && !isKubeletAlive(machine);
}

/** The pod as a kubelet knows it that hears nothing: a deletion has not come to it, unless it had begun before. */
function asLastHeard(pod: Pod, { endingAt }: PodCell): Pod {
  if (endingAt !== undefined || pod.metadata.deletionTimestamp === undefined) return pod;
  const { deletionTimestamp: _, deletionGracePeriodSeconds: __, ...metadata } = pod.metadata;
  return { ...pod, metadata };
}

function sync(work: PodWork): Outcome {
  const { cell, pod, context } = work;
  const isDeleted = pod.metadata.deletionTimestamp !== undefined;
  if (cell.admittedAt === undefined && !isDeleted && !isPodTerminal(pod)) {
    const waiting = admit(work);
    if (waiting.wakeAt !== undefined) return waiting;
  }
  if (cell.bootedAt !== undefined && cell.bootedAt !== work.machine.bootedAt) startAnew(work);
  if (isDeleted || (isPodTerminal(pod) && cell.isFinished !== true)) return end(work);
  if (cell.isFinished === true) return report(work, done);
  const deadline = deadlineOf(work);
  if (cell.failure !== undefined || (deadline !== undefined && deadline <= context.now)) return runOutOfTime(work);

  const { isMounted, outcome: mounting } = mountVolumes(work);
  const alarm = deadline === undefined ? done : wakeAt(deadline);
  if (!isMounted) return report(work, earliest(mounting, alarm));
  const sandboxAt = makeSandbox(work);
  if (sandboxAt === undefined) return report(work, earliest(alarm, routineAt(context.now + SANDBOX_RETRY_MS)));
  if (context.now < sandboxAt) return report(work, earliest(mounting, alarm, prefetch(work, sandboxAt)));
  const resizing = allocate(work);
  const running = runContainers(work);
  sayCompleted(work);
  releaseIfFinished(work);
  return report(work, earliest(mounting, running, alarm, resizing, measure(work)));
}

/** What the pod stores is measured in time; one that stores too much is ended. */
function measure(work: PodWork): Outcome {
  const { cell, pod, context } = work;
  if (cell.isFinished === true || !hasStorageLimit(pod) || overflow(work) === undefined) {
    delete cell.measureAt;
    return done;
  }
  cell.measureAt ??= nextMeasure(context.now);
  if (context.now < cell.measureAt) return wakeAt(cell.measureAt);
  const message = overflow(work) ?? "";
  cell.failure = { reason: "Evicted", message, graceSeconds: 0 };
  say(work, { type: "Warning", reason: "Evicted", message });
  return wakeAt(context.now + 1);
}

/** Takes a pod on, or turns it away once that has had its time. */
function admit(work: PodWork): Outcome {
  const { cell, context, machine } = work;
  const why = refusal(work);
  if (why !== undefined) {
    cell.refusedAt ??= context.now + refusalMs(context.cells, machine.name, context.now);
    if (context.now < cell.refusedAt) return wakeAt(cell.refusedAt);
  }
  cell.admittedAt = context.now;
  cell.bootedAt = machine.bootedAt;
  if (why === undefined) return done;
  countRefusal(context.cells, machine.name, context.now);
  cell.failure = why;
  cell.isFinished = true;
  say(work, { type: "Warning", reason: why.reason, message: why.message });
  return done;
}

/** The sandbox with its network: when it is (or was) ready. Undefined if the node has no address left. */
function makeSandbox(work: PodWork): Instant | undefined {
  const { cell, context, machine, pod } = work;
  if (cell.sandboxAt !== undefined) return cell.sandboxAt;
  const problem = handlerProblem(work);
  if (problem !== undefined) {
    const message = `Failed to create pod sandbox: ${problem}`;
    say(work, { type: "Warning", reason: "FailedCreatePodSandBox", message });
    return undefined;
  }
  const isOnHost = pod.spec.hostNetwork === true;
  const address = isOnHost ? machine.internalIP : leaseAddress(context.cells, machine, cell.uid);
  if (address === undefined) {
    const message =
      "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: " +
      'plugin type="ptp" failed (add): failed to allocate for range 0: ' +
      `no IP addresses available in range set: ${machine.podCIDR}`;
    say(work, { type: "Warning", reason: "FailedCreatePodSandBox", message });
    return undefined;
  }
  cell.podIP = address;
  cell.sandboxAt = later(work, SANDBOX_MS);
  return cell.sandboxAt;
}

/** The first image is pulled while the sandbox is made: both are one wait. */
function prefetch(work: PodWork, sandboxAt: Instant): Outcome {
  const [first] = membersOf(work.pod);
  if (first === undefined || !needsPull(work, first)) return wakeAt(sandboxAt);
  const own = containerCell(work.cell, first.container.name);
  ensureImage(work, first, own);
  return wakeAt(Math.max(sandboxAt, own.pull?.until ?? sandboxAt));
}

/** After a reboot nothing of the sandbox is left: the pod starts anew, its init containers too. */
function startAnew(work: PodWork): void {
  const { cell, context, machine, pod } = work;
  cell.bootedAt = machine.bootedAt;
  if (cell.sandboxAt === undefined || cell.isFinished === true) return;
  say(work, { reason: "SandboxChanged", message: "Pod sandbox changed, it will be killed and re-created." });
  releaseAddresses(context.cells, machine.name, cell.uid);
  loseContainers(work);
  for (const { role, container } of membersOf(pod)) {
    const own = cell.containers[container.name];
    if (own === undefined) continue;
    delete own.pull;
    delete own.stop;
    if (own.id !== undefined && role !== "regular" && role !== "ephemeral") own.lostAt ??= context.now;
  }
  delete cell.sandboxAt;
  delete cell.podIP;
  delete cell.isInitialized;
}

/** The machine is off: what ran on it is gone without a word. */
function loseContainers({ cell, context, world }: PodWork): void {
  for (const own of Object.values(cell.containers)) {
    if (own.id === undefined || own.lostAt !== undefined) continue;
    if (containerRecord(context.cells, own.id)?.state !== "running") continue;
    const { id } = own;
    quietly(cell.uid, () => killContainer(world, id));
    own.lostAt = context.now;
  }
}

/** When the pod's own deadline comes. */
function deadlineOf({ pod, cell }: PodWork): Instant | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined || cell.admittedAt === undefined ? undefined : cell.admittedAt + seconds * 1000;
}

function runOutOfTime(work: PodWork): Outcome {
  const { cell, pod } = work;
  const message = "Pod was active on the node longer than the specified deadline";
  if (cell.failure === undefined) {
    cell.failure = { reason: "DeadlineExceeded", message };
    say(work, { reason: "DeadlineExceeded", message });
  }
  const outcome = endContainers(work, cell.failure.graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
  if (outcome.wakeAt === undefined) cell.isFinished = true;
  releaseIfFinished(work);
  return report(work, outcome);
}

/** Ends a pod that is being deleted, or that somebody declared over; then the object may go. */
function end(work: PodWork): Outcome {
  const { cell, pod, context, key } = work;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, uid } = pod.metadata;
  cell.endingAt ??= context.now;
  const graceSeconds =
    deletionTimestamp === undefined ? (pod.spec.terminationGracePeriodSeconds ?? 30) : deletionGracePeriodSeconds;
  const outcome = endContainers(work, graceSeconds);
  if (outcome.wakeAt !== undefined) return report(work, outcome);
  cell.isFinished = true;
  releaseIfFinished(work);
  // What remains with a grace of 0 is held by its finalizers.
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === 0) return report(work, done);
  cell.goneAt ??= later(work, TEARDOWN_MS);
  if (context.now < cell.goneAt) return report(work, wakeAt(cell.goneAt));
  if (work.machine.isUnheard !== true) {
    context.client.delete(pods, key, { gracePeriodSeconds: 0, preconditions: { uid } });
  }
  return done;
}

/** Once nothing of the pod runs any more its address is free. */
function releaseIfFinished({ cell, context }: PodWork): void {
  if (cell.isFinished === true) releaseAddresses(context.cells, cell.node, cell.uid);
}

/** The object is gone, or another has its name: nothing of the pod stays on the node. */
function forget(context: Context, key: Key, cell: PodCell): void {
  const world = worldOf(context);
  for (const { id, previousId } of Object.values(cell.containers)) {
    for (const one of [id, previousId]) if (one !== undefined) quietly(cell.uid, () => removeContainer(world, one));
  }
  unmountVolumes(context.cells, cell.uid, cell.volumes ?? []);
  releaseAddresses(context.cells, cell.node, cell.uid);
  dropCell(context.cells, key);
}
