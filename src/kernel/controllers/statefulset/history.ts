/**
 * Which revisions of its template a StatefulSet is at and on its way to, and which old ones go.
 *
 * Models pkg/controller/statefulset/stateful_set_control.go (getStatefulSetRevisions, truncateHistory).
 */
import type { ControllerRevision, Pod, PodTemplateSpec, StatefulSet } from "#kernel/api/types.gen";
import { stableStringify } from "#kernel/apimachinery/json";
import { keyOf } from "#kernel/apimachinery/meta";
import { claim } from "#kernel/controllers/shared/claim";
import {
  byRevision,
  createRevision,
  isSameRevision,
  renumber,
  templatePatch,
} from "#kernel/controllers/shared/history";
import type { Client } from "#kernel/registry/client";
import type { Resource } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { CONTROLLER_REVISION_HASH_LABEL } from "#kernel/resources/apps/statefulset.facts";
import { fnv32, safeEncode } from "#kernel/resources/core/pod.hash";
import type { KubeObject } from "#kernel/store/object";

const HASH_LABEL = "controller.kubernetes.io/hash";

export interface Revisions {
  /** All of them, the newest last. */
  readonly all: readonly ControllerRevision[];
  /** What pods below the partition have. */
  readonly current: ControllerRevision;
  /** What the set's template says now. */
  readonly update: ControllerRevision;
  readonly collisions: number;
}

const resource = statefulsets as unknown as Resource<KubeObject>;

/**
 * Finds the revision of the present template, or makes it, and the one the set was at. A set that is being deleted
 * gets no new one: undefined if it has none.
 */
export function syncRevisions(client: Client, set: StatefulSet): Revisions | undefined {
  const { selector, template } = set.spec;
  const known = claim(client, { owner: set, resource, selector }, controllerrevisions).sort(byRevision);
  const data = templatePatch(template);
  const newest = known.at(-1);
  const equals = known.filter((one) => isSameRevision(data, one));
  const equal = equals.at(-1);
  const next = (newest?.revision ?? 0) + 1;
  let collisions = set.status?.collisionCount ?? 0;
  let update: ControllerRevision;
  if (equal === undefined && set.metadata.deletionTimestamp !== undefined) return undefined;
  if (equal !== undefined) update = equal === newest ? equal : renumber(client, equal, next);
  else {
    const labels = template.metadata?.labels ?? {};
    const wanted = { owner: set, kind: resource, labels, data, revision: next, hashLabel: HASH_LABEL };
    const hash = (count: number): string => safeEncode(String(fnv32(stableStringify(data) + String(count))));
    const made = createRevision(client, { ...wanted, hash }, collisions);
    ({ created: update, collisions } = made);
  }
  const all = [...known.filter(({ metadata }) => metadata.uid !== update.metadata.uid), update];
  const current = all.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  return { all, current, update, collisions };
}

/** The set as it was at a revision. */
export function atRevision(set: StatefulSet, { data }: ControllerRevision): StatefulSet {
  const spec = data?.["spec"] as { template?: PodTemplateSpec & { $patch?: string } } | undefined;
  if (spec?.template === undefined) return set;
  const { $patch: _, ...template } = spec.template;
  return { ...set, spec: { ...set.spec, template } };
}

/** The name of the revision a pod was made from. */
export const revisionOfPod = ({ metadata }: Pod): string => metadata.labels?.[CONTROLLER_REVISION_HASH_LABEL] ?? "";

/** Deletes the oldest of the revisions nobody is at, beyond what the history keeps. */
export function truncateHistory(client: Client, set: StatefulSet, revisions: Revisions, pods: readonly Pod[]): void {
  const live = new Set([revisions.current.metadata.name, revisions.update.metadata.name, ...pods.map(revisionOfPod)]);
  const idle = revisions.all.filter(({ metadata }) => !live.has(metadata.name)).sort(byRevision);
  const limit = set.spec.revisionHistoryLimit ?? 10;
  if (limit < 0) return;
  for (const revision of idle.slice(0, Math.max(0, idle.length - limit))) {
    client.delete(controllerrevisions, keyOf(revision));
  }
}
