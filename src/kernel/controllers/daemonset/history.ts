/**
 * Which revision of its template a DaemonSet is on its way to, and which old ones go.
 *
 * Models pkg/controller/daemon/update.go (constructHistory, cleanupHistory).
 */
import type { ControllerRevision, DaemonSet, Pod } from "#kernel/api/types.gen";
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
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { CONTROLLER_REVISION_HASH_LABEL } from "#kernel/resources/apps/statefulset.facts";
import { podTemplateHash } from "#kernel/resources/core/pod.hash";
import type { KubeObject } from "#kernel/store/object";

export interface DaemonHistory {
  /** The hash of the present template's revision. */
  readonly hash: string;
  /** The set, with collisions counted. */
  readonly set: DaemonSet;
  readonly old: readonly ControllerRevision[];
}

const resource = daemonsets as unknown as Resource<KubeObject>;

const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[CONTROLLER_REVISION_HASH_LABEL] ?? "";

/** Finds the revision of the present template, or makes it. */
export function syncHistory(client: Client, set: DaemonSet): DaemonHistory {
  const { selector, template } = set.spec;
  const known = claim(client, { owner: set, resource, selector }, controllerrevisions).sort(byRevision);
  const data = templatePatch(template);
  const equal = known.findLast((one) => isSameRevision(data, one));
  const old = known.filter((one) => one !== equal);
  const next = (old.at(-1)?.revision ?? 0) + 1;
  if (equal !== undefined) {
    const current = equal.revision < next ? renumber(client, equal, next) : equal;
    return { hash: hashOf(current), set, old };
  }
  const collisions = set.status?.collisionCount;
  const wanted = {
    owner: set,
    kind: resource,
    labels: template.metadata?.labels ?? {},
    data,
    revision: next,
    hashLabel: CONTROLLER_REVISION_HASH_LABEL,
    hash: (count: number): string => podTemplateHash(template, count === 0 ? collisions : count),
  };
  const made = createRevision(client, wanted, collisions ?? 0);
  const hash = hashOf(made.created);
  if (made.collisions === (collisions ?? 0) || set.status === undefined) return { hash, set, old };
  const counted = client.updateStatus(daemonsets, set, { ...set.status, collisionCount: made.collisions });
  return { hash, set: counted, old };
}

/** Deletes the oldest of the revisions no pod has, beyond what the history keeps. */
export function cleanHistory(client: Client, { set, old }: DaemonHistory, mine: readonly Pod[]): void {
  const live = new Set(mine.map(({ metadata }) => metadata.labels?.[CONTROLLER_REVISION_HASH_LABEL]));
  const surplus = old.length - (set.spec.revisionHistoryLimit ?? 10);
  const idle = old.filter((revision) => !live.has(hashOf(revision)));
  for (const revision of idle.slice(0, Math.max(0, surplus))) client.delete(controllerrevisions, keyOf(revision));
}
