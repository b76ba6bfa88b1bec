/**
 * Deployment controller: rolls a pod template out through ReplicaSets.
 *
 * Models pkg/controller/deployment.
 */
import type { Deployment, Pod } from "#kernel/api/types.gen";
import * as labels from "#kernel/apimachinery/labels";
import { controllerOf, type Key } from "#kernel/apimachinery/meta";
import { syncStatus } from "#kernel/controllers/deployment/progress";
import { cleanUp, setProgressing, sortOut, syncRevision } from "#kernel/controllers/deployment/revisions";
import { NAME, type Rollout, SOURCE } from "#kernel/controllers/deployment/rollout";
import { isScalingEvent, scale } from "#kernel/controllers/deployment/scaling";
import { recreate, rollOut } from "#kernel/controllers/deployment/strategies";
import { claim, claimantsOf } from "#kernel/controllers/shared/claim";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  ownedBy,
  watching,
} from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { deployments } from "#kernel/resources/apps/deployment";
import { deploymentCondition, hasProgressDeadline, isRecreate } from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import type { KubeObject } from "#kernel/store/object";

export const deploymentController: Controller = {
  name: NAME,
  component: "controllerManager",
  watches: [
    itself(deployments),
    ownedBy(deployments, replicasets),
    watching(replicasets, (rs, client) => claimantsOf(client, rs, deployments, ({ spec }) => spec.selector)),
    watching(pods, (pod, client) => recreatorOf(client, pod)),
  ],

  reconcile(context, key) {
    const { client } = context;
    const deployment = client.get(deployments, key);
    if (deployment === undefined) return done;
    if (labels.isEmpty(deployment.spec.selector)) return refuseAll(context, deployment);

    const resource = deployments as unknown as Resource<KubeObject>;
    const sets = claim(client, { owner: deployment, resource, selector: deployment.spec.selector }, replicasets);
    if (deployment.metadata.deletionTimestamp !== undefined) {
      return syncStatus(syncRevision({ context, deployment, ...sortOut(deployment, sets) }));
    }
    const known = checkPaused(context, deployment);
    const rollout: Rollout = { context, deployment: known, ...sortOut(known, sets) };
    if (known.spec.paused === true) return scaleOnly(rollout);
    const numbered = syncRevision(rollout);
    if (isScalingEvent(numbered)) return scaleOnly(numbered);
    return isRecreate(known) ? recreate(numbered) : rollOut(numbered);
  },
};

/** A Deployment that recreates waits for the last old pod to be gone. */
function recreatorOf(client: Client, pod: Pod): readonly Key[] {
  const owner = controllerOf(pod);
  if (owner?.kind !== "ReplicaSet") return [];
  const namespace = pod.metadata.namespace ?? "";
  const rs = client.get(replicasets, { namespace, name: owner.name });
  const parent = rs === undefined ? undefined : controllerOf(rs);
  if (parent?.kind !== "Deployment") return [];
  const key = { namespace, name: parent.name };
  const deployment = client.get(deployments, key);
  return deployment !== undefined && isRecreate(deployment) ? [key] : [];
}

function refuseAll({ client, now }: Context, deployment: Deployment): Outcome {
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  recordEvent(client, { regarding: deployment, type: "Warning", reason: "SelectingAll", message, source: SOURCE }, now);
  const observedGeneration = deployment.metadata.generation ?? 0;
  client.updateStatus(deployments, deployment, { ...deployment.status, observedGeneration });
  return done;
}

/** Time spent paused does not count against the deadline. */
function checkPaused(context: Context, deployment: Deployment): Deployment {
  if (!hasProgressDeadline(deployment)) return deployment;
  const reason = deploymentCondition(deployment, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded") return deployment;
  const isPaused = deployment.spec.paused === true;
  if (isPaused === (reason === "DeploymentPaused")) return deployment;
  return setProgressing(context, deployment, {
    status: "Unknown",
    reason: isPaused ? "DeploymentPaused" : "DeploymentResumed",
    message: isPaused ? "Deployment is paused" : "Deployment is resumed",
  });
}

/** A scaled or paused Deployment keeps its templates as they are. */
function scaleOnly(before: Rollout): Outcome {
  const rollout = syncRevision(before);
  scale(rollout);
  if (rollout.deployment.spec.paused === true) cleanUp(rollout);
  return syncStatus(rollout);
}
