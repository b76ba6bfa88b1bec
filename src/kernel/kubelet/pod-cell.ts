/**
 * The kubelet's memory of a pod: what is under way for it and for each of its containers, as one cell.
 *
 * Models what pkg/kubelet keeps in its pod workers, back-off managers and probe workers.
 */
import type { ContainerStateTerminated, ResourceRequirements } from "#kernel/api/types.gen";
import { type Key, keyText } from "#kernel/apimachinery/meta";
import { clone, equal } from "#kernel/sim/clone";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of the kubelets' memory; the id is `namespace/name` of the pod, the uid stands inside. */
export const KUBELET_PODS = "kubelet";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface ProbeState {
  /** When it is due next. */
  next: Instant;
  /** What the last runs said, and how many in a row. */
  verdict?: "success" | "failure";
  run: number;
  /** The result that holds until enough runs say otherwise. */
  result: boolean;
  /** Since when runs fail without a break. */
  failingSince?: Instant;
}

/** Why a container cannot start, as its waiting state says it. */
export interface Trouble {
  reason: string;
  message: string;
}

/** Why a pod failed as a whole. */
export interface Failure extends Trouble {
  /** Of a pod that was running: what its containers get to end; absent = their own grace, or nothing ever ran. */
  graceSeconds?: number;
  /** What its condition DisruptionTarget says. */
  disruption?: string;
}

/** An orderly end under way. */
export interface Stop {
  /** When SIGKILL falls. */
  killAt: Instant;
  /** Until when the preStop hook runs; SIGTERM comes then. */
  hookUntil?: Instant;
  isSignalled?: boolean;
}

export interface ContainerCell {
  /** The current container, or the last one; without `containerd://`. */
  id?: string;
  /** The one before it: its log is what `kubectl logs --previous` shows. */
  previousId?: string;
  /** How many containers were created for it; all but the first are restarts. */
  starts: number;
  /** How the one before it ended. */
  last?: ContainerStateTerminated;
  /** A pull under way; `failure` is what a registry that is down says to it. */
  pull?: { startedAt: Instant; until: Instant; failure?: string };
  imageBackoff?: { seconds: number; until: Instant; showAt: Instant };
  /** The image is there, and the event that says so was written: true until the container is created. */
  hasImage?: boolean;
  trouble?: Trouble;
  crash?: { seconds: number; at: Instant };
  isBackoffShown?: boolean;
  /** Until when the postStart hook runs. */
  hookUntil?: Instant;
  stop?: Stop;
  probes?: { startup?: ProbeState; liveness?: ProbeState; readiness?: ProbeState };
  /** What it was granted, and what the running container was given of that. */
  allocated?: ResourceRequirements;
  actual?: ResourceRequirements;
  /** When the machine lost it without an exit code. */
  lostAt?: Instant;
  /** Its end was seen; from then on it may be started again. */
  restartAt?: Instant;
}

export interface PodCell {
  uid: string;
  namespace: string;
  name: string;
  node: string;
  /** Boot of the machine under which the sandbox was made. */
  bootedAt?: Instant;
  admittedAt?: Instant;
  /** When a pod the node will not have is told so. */
  refusedAt?: Instant;
  /** The node would not have it, or its time ran out: status.reason and status.message of a failed pod. */
  failure?: Failure;
  podIP?: string;
  /** When the sandbox is ready. */
  sandboxAt?: Instant;
  /** What the mounted sources were when they were last written: resourceVersions in one text. */
  mounted?: string;
  /** Names of the volumes that are the pod's own and go with it. */
  volumes?: string[];
  /** The trees of files behind its claims, by the name of the volume. */
  claims?: Record<string, string>;
  /** Why what it asks for is not granted. */
  resize?: Trouble;
  /** Granted amounts are on their way to its containers. */
  isResizing?: boolean;
  mountTrouble?: { tries: number; nextAt: Instant };
  /** When changed sources are written again. */
  refreshAt?: Instant;
  /** When what it stores, which is too much, is measured. */
  measureAt?: Instant;
  /** Since when the pod is being ended. */
  endingAt?: Instant;
  /** When everything is gone and the object may go too. */
  goneAt?: Instant;
  /** Its init containers have done their work in this sandbox. */
  isInitialized?: boolean;
  /** All its containers have ended for good. */
  isFinished?: boolean;
  containers: Record<string, ContainerCell>;
}

const idOf = (key: Key): string => keyText(key);

/** What the kubelet remembers of a pod. Shared: take a copy before changing it. */
export const podCell = (cells: Cells, key: Key): PodCell | undefined => cells.get<PodCell>(KUBELET_PODS, idOf(key));

/** A copy to work on: the stored one's, or a new one. */
export function draftCell(stored: PodCell | undefined, fresh: Omit<PodCell, "containers">): PodCell {
  return stored === undefined ? { ...fresh, containers: {} } : clone(stored);
}

/** Keeps the draft if it says anything new. */
export function keepCell(cells: Cells, draft: PodCell, stored: PodCell | undefined): void {
  if (stored !== undefined && equal(draft, stored)) return;
  cells.put(KUBELET_PODS, idOf(draft), draft);
}

/** Puts a cell whole, for whoever ends a pod from outside its own sync. */
export function putCell(cells: Cells, cell: PodCell): void {
  cells.put(KUBELET_PODS, idOf(cell), cell);
}

/** Forgets a pod. */
export function dropCell(cells: Cells, key: Key): void {
  cells.delete(KUBELET_PODS, idOf(key));
}

/** The memory of one container, made on first use. */
export function containerCell(cell: PodCell, name: string): ContainerCell {
  let found = cell.containers[name];
  if (found === undefined) {
    found = { starts: 0 };
    cell.containers[name] = found;
  }
  return found;
}
