/**
 * Revisions: which ReplicaSet has the Deployment's template, how it is made and numbered, and which old ones go.
 *
 * Models pkg/controller/deployment/sync.go and util/deployment_util.go.
 * Leaves out spec.rollbackTo: it left with extensions/v1beta1; kubectl rolls back by patching the template.
 */
import type { Deployment, DeploymentCondition, PodTemplateSpec, ReplicaSet } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { isControlledBy, keyOf, ownerReferenceTo, timeText } from "#kernel/apimachinery/meta";
import { byAge, type Rollout, SOURCE, sizeOf, sum } from "#kernel/controllers/deployment/rollout";
import { sizeAnnotations } from "#kernel/controllers/deployment/scaling";
import { withCondition } from "#kernel/controllers/shared/status";
import type { Context } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { deployments } from "#kernel/resources/apps/deployment";
import {
  DESIRED_REPLICAS_ANNOTATION,
  deploymentCondition,
  desiredReplicas,
  hasProgressDeadline,
  hasRevisionHistoryLimit,
  isRecreate,
  MAX_REPLICAS_ANNOTATION,
  maxSurge,
  nextRevision,
  REVISION_ANNOTATION,
  REVISION_HISTORY_ANNOTATION,
  revisionOf,
} from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { equalIgnoringHash, podTemplateHash } from "#kernel/resources/apps/replicaset.facts";
import { recordEvent } from "#kernel/resources/core/event.record";
import { POD_TEMPLATE_HASH_LABEL } from "#kernel/resources/core/pod.facts";

/** Annotations of a Deployment its ReplicaSets do not inherit. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION_ANNOTATION,
  REVISION_HISTORY_ANNOTATION,
  DESIRED_REPLICAS_ANNOTATION,
  MAX_REPLICAS_ANNOTATION,
  "deprecated.deployment.rollback.to",
]);

/** Longest list of former revisions a ReplicaSet keeps, in characters. */
const HISTORY_CHARS_MAX = 2000;

/** Sorts a Deployment's ReplicaSets into the current one and the old ones. */
export function sortOut(deployment: Deployment, sets: readonly ReplicaSet[]): Pick<Rollout, "current" | "old"> {
  const sorted = [...sets].sort(byAge);
  const current = sorted.find((rs) => equalIgnoringHash(rs.spec.template, deployment.spec.template));
  return { current, old: sorted.filter((rs) => rs !== current) };
}

/** Brings annotations, revision and minReadySeconds of the current ReplicaSet up to date; gives it as it is then. */
export function syncRevision(rollout: Rollout): Rollout {
  const { context, deployment, current, old } = rollout;
  if (current === undefined) return rollout;
  const revision = nextRevision(old);
  const annotations = annotationsFor(deployment, current, revision);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const isAnnotated = Object.keys(annotations).every(
    (name) => current.metadata.annotations?.[name] === annotations[name],
  );
  if (!isAnnotated || (current.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const updated = context.client.update(replicasets, {
      ...current,
      metadata: { ...current.metadata, annotations },
      spec: { ...current.spec, minReadySeconds },
    });
    return { ...rollout, current: updated };
  }
  const numbered = setRevision(context, deployment, annotations[REVISION_ANNOTATION] ?? String(revision));
  if (!hasProgressDeadline(deployment) || deploymentCondition(numbered, "Progressing") !== undefined) {
    return { ...rollout, deployment: numbered };
  }
  const message = `Found new replica set "${current.metadata.name}"`;
  const found = setProgressing(context, numbered, { status: "True", reason: "FoundNewReplicaSet", message });
  return { ...rollout, deployment: found };
}

/** The Deployment's annotations over those the ReplicaSet has, with the revision if it is a higher one. */
function annotationsFor(deployment: Deployment, rs: ReplicaSet | undefined, revision: bigint): Record<string, string> {
  const annotations = { ...rs?.metadata.annotations };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!OWN_ANNOTATIONS.has(name)) annotations[name] = value;
  }
  const before = rs?.metadata.annotations?.[REVISION_ANNOTATION];
  if (rs !== undefined && revisionOf(rs) >= revision) return annotations;
  annotations[REVISION_ANNOTATION] = String(revision);
  if (before === undefined) return annotations;
  // Rolled back to an old ReplicaSet: its former numbers are kept, the oldest dropped first.
  let history = [...(annotations[REVISION_HISTORY_ANNOTATION] ?? "").split(",").filter((one) => one !== ""), before];
  while (history.join(",").length > HISTORY_CHARS_MAX && history.length > 1) history = history.slice(1);
  annotations[REVISION_HISTORY_ANNOTATION] = history.join(",");
  return annotations;
}

function setRevision({ client }: Context, deployment: Deployment, revision: string): Deployment {
  const { annotations } = deployment.metadata;
  if (annotations?.[REVISION_ANNOTATION] === revision) return deployment;
  const metadata = { ...deployment.metadata, annotations: { ...annotations, [REVISION_ANNOTATION]: revision } };
  return client.update(deployments, { ...deployment, metadata });
}

/** Writes the Progressing condition of a Deployment and gives the Deployment as it is then. */
export function setProgressing(
  { client, now }: Context,
  deployment: Deployment,
  condition: Pick<DeploymentCondition, "status" | "reason" | "message">,
): Deployment {
  const time = timeText(now);
  const next = { type: "Progressing", ...condition, lastUpdateTime: time, lastTransitionTime: time };
  const conditions = [...withCondition<DeploymentCondition>(deployment.status?.conditions ?? [], next)];
  return client.updateStatus(deployments, deployment, { ...deployment.status, conditions });
}

/**
 * Makes the ReplicaSet of the Deployment's template.
 * Raises what creating it raised; a namesake with another template raises AlreadyExists once it is counted.
 */
export function createCurrent(rollout: Rollout): Rollout {
  const { context, deployment, old } = rollout;
  const { client, now } = context;
  const draft = draftOf(rollout);
  let created: ReplicaSet;
  try {
    created = client.create(replicasets, draft);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return afterFailure(rollout, draft, error);
  }
  const size = sizeOf(created);
  if (size > 0) {
    const message = `Scaled up replica set ${created.metadata.name} from 0 to ${size}`;
    const reason = "ScalingReplicaSet";
    recordEvent(client, { regarding: deployment, type: "Normal", reason, message, source: SOURCE }, now);
  }
  const revision = created.metadata.annotations?.[REVISION_ANNOTATION] ?? "1";
  let changed = setRevision(context, deployment, revision);
  if (hasProgressDeadline(deployment)) {
    const message = `Created new replica set "${created.metadata.name}"`;
    changed = setProgressing(context, changed, { status: "True", reason: "NewReplicaSetCreated", message });
  }
  return { ...rollout, deployment: changed, current: created, old };
}

function draftOf({ deployment, old }: Rollout): Draft<ReplicaSet> & { metadata: { name: string } } {
  const { spec, metadata } = deployment;
  const hash = podTemplateHash(spec.template, deployment.status?.collisionCount);
  const withHash = (labels: Record<string, string> = {}) => ({ ...labels, [POD_TEMPLATE_HASH_LABEL]: hash });
  const labels = withHash(spec.template.metadata?.labels);
  const template: PodTemplateSpec = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  const revision = nextRevision(old);
  const minReadySeconds = spec.minReadySeconds ?? 0;
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace ?? "",
      labels,
      annotations: { ...annotationsFor(deployment, undefined, revision), ...sizeAnnotations(deployment) },
      ownerReferences: [ownerReferenceTo(deployment, deployments.gvk)],
    },
    spec: {
      replicas: newSize(deployment, old, 0),
      ...(minReadySeconds > 0 && { minReadySeconds }),
      selector: { ...spec.selector, matchLabels: withHash(spec.selector.matchLabels) },
      template,
    },
  };
}

/** How large the current ReplicaSet may be now, beside the others. */
export function newSize(deployment: Deployment, sets: readonly ReplicaSet[], size: number): number {
  const desired = desiredReplicas(deployment);
  if (isRecreate(deployment)) return desired;
  const room = desired + maxSurge(deployment) - sum(sets, sizeOf);
  return room <= 0 ? size : size + Math.min(room, desired - size);
}

/** A namesake may be ours already, or stand in the way; anything else is reported. */
function afterFailure(
  rollout: Rollout,
  draft: Draft<ReplicaSet> & { metadata: { name: string } },
  error: StatusError,
): Rollout {
  const { context, deployment } = rollout;
  const { client, now } = context;
  const { name } = draft.metadata;
  if (error.reason === "AlreadyExists") {
    const found = client.get(replicasets, { namespace: deployment.metadata.namespace ?? "", name });
    const isOurs = found !== undefined && isControlledBy(found, deployment);
    if (isOurs && equalIgnoringHash(found.spec.template, deployment.spec.template))
      return { ...rollout, current: found };
    const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
    client.updateStatus(deployments, deployment, { ...deployment.status, collisionCount });
    throw error;
  }
  const isNamespaceGoing = error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating");
  if (isNamespaceGoing === true) throw error;
  const message = `Failed to create new replica set "${name}": ${error.message}`;
  const reason = "ReplicaSetCreateError";
  if (hasProgressDeadline(deployment)) setProgressing(context, deployment, { status: "False", reason, message });
  recordEvent(client, { regarding: deployment, type: "Warning", reason, message, source: SOURCE }, now);
  throw error;
}

/** Deletes the oldest of the empty ReplicaSets beyond what the history keeps. */
export function cleanUp({ context, deployment, old }: Rollout): void {
  if (!hasRevisionHistoryLimit(deployment)) return;
  const alive = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const surplus = alive.length - (deployment.spec.revisionHistoryLimit ?? 0);
  if (surplus <= 0) return;
  const oldest = alive.sort((a, b) => Number(revisionOf(a) - revisionOf(b)) || byAge(a, b)).slice(0, surplus);
  for (const rs of oldest) {
    const isSeen = (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0);
    if ((rs.status?.replicas ?? 0) === 0 && sizeOf(rs) === 0 && isSeen) context.client.delete(replicasets, keyOf(rs));
  }
}
