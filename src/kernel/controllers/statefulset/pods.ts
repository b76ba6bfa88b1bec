/**
 * The pods of a StatefulSet: their names, hostnames and volumes, and what is said when one is made or deleted.
 *
 * Models pkg/controller/statefulset/stateful_pod_control.go and stateful_set_utils.go.
 */
import type { Pod, StatefulSet, Volume } from "#kernel/api/types.gen";
import { isStatus, StatusError } from "#kernel/apimachinery/errors";
import { keyOf } from "#kernel/apimachinery/meta";
import { podFrom } from "#kernel/controllers/shared/pods";
import { applyRetention, createMissingClaims } from "#kernel/controllers/statefulset/claims";
import type { Context } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import {
  CONTROLLER_REVISION_HASH_LABEL,
  claimName,
  POD_INDEX_LABEL,
  STATEFUL_POD_NAME_LABEL,
  statefulIdentity,
  statefulPodName,
} from "#kernel/resources/apps/statefulset.facts";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";
import { isPodAvailable, isPodReady, isPodTerminating } from "#kernel/resources/core/pod.facts";
import type { Instant } from "#kernel/sim/instant";

const SOURCE = { component: "statefulset-controller" };

/** True if the pod runs and is ready, going or not. */
export const isRunningAndReady = (pod: Pod): boolean => pod.status?.phase === "Running" && isPodReady(pod);

/** True if the pod has been ready for as long as the set wants. */
export const isRunningAndAvailable = (pod: Pod, set: StatefulSet, now: Instant): boolean =>
  pod.status?.phase === "Running" && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now);

/** True if there is a pod that runs, is ready, and stays. */
export const isHealthy = (pod: Pod | undefined): boolean =>
  pod !== undefined && isRunningAndReady(pod) && !isPodTerminating(pod);

/** The number in a pod's name; undefined if it is no pod of the set. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const identity = statefulIdentity(metadata.name);
  return identity?.parent === set.metadata.name ? identity.ordinal : undefined;
}

/** The pod with this number, as `set` (at one of its revisions) wants it. */
function draftOf(set: StatefulSet, revision: string, ordinal: number): Draft<Pod> {
  const name = statefulPodName(set, ordinal);
  const { generateName: _, ...metadata } = podFrom(set.spec.template, set, statefulsets).metadata;
  const { template, serviceName = "" } = set.spec;
  const volumes = volumesOf(set, ordinal);
  return {
    metadata: {
      ...metadata,
      name,
      labels: { ...metadata.labels, ...identityLabels(name, ordinal), [CONTROLLER_REVISION_HASH_LABEL]: revision },
    },
    spec: {
      ...template.spec,
      hostname: name,
      ...(serviceName !== "" && { subdomain: serviceName }),
      ...(volumes.length > 0 && { volumes }),
    },
  };
}

const identityLabels = (name: string, ordinal: number): Record<string, string> => ({
  [STATEFUL_POD_NAME_LABEL]: name,
  [POD_INDEX_LABEL]: String(ordinal),
});

/** A claim of the pod's own takes the place of a volume of the same name. */
function volumesOf(set: StatefulSet, ordinal: number): Volume[] {
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(set, template, ordinal) },
  }));
  const others = (set.spec.template.spec.volumes ?? []).filter(({ name }) => !claims.some((one) => one.name === name));
  return [...claims, ...others];
}

/** Makes a pod and the claims it lacks. @throws what creating one of them raised */
export function createStatefulPod(context: Context, set: StatefulSet, revision: string, ordinal: number): void {
  const { client } = context;
  const name = statefulPodName(set, ordinal);
  try {
    createMissingClaims(context, set, ordinal, name);
    const created = client.create(pods, draftOf(set, revision, ordinal));
    say(context, set, "create", name);
    applyRetention(client, set, created);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // A namesake of another owner: the set says so only by not getting on.
    if (!isStatus(error, "AlreadyExists")) say(context, set, "create", name, error);
    throw error;
  }
}

/** Deletes a pod. @throws what deleting it raised */
export function deleteStatefulPod(context: Context, set: StatefulSet, pod: Pod): void {
  const { name } = pod.metadata;
  try {
    context.client.delete(pods, keyOf(pod));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    say(context, set, "delete", name, error);
    throw error;
  }
  say(context, set, "delete", name);
}

/** Gives a pod back the labels of its identity. True if it had lost them. */
export function restoreIdentity(context: Context, set: StatefulSet, pod: Pod, ordinal: number): boolean {
  const { name, labels } = pod.metadata;
  const wanted = identityLabels(name, ordinal);
  if (Object.keys(wanted).every((label) => labels?.[label] === wanted[label])) return false;
  context.client.update(pods, { ...pod, metadata: { ...pod.metadata, labels: { ...labels, ...wanted } } });
  say(context, set, "update", name);
  return true;
}

function say({ client, now }: Context, set: StatefulSet, verb: string, pod: string, error?: StatusError): void {
  const act = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
  const what = verb.charAt(0).toUpperCase() + verb.slice(1);
  const isGood = error === undefined;
  const observation = {
    regarding: set,
    type: isGood ? "Normal" : "Warning",
    reason: `${isGood ? "Successful" : "Failed"}${what}`,
    message: isGood ? `${act} successful` : `${act} failed error: ${error.message}`,
    source: SOURCE,
  } as const;
  recordEvent(client, observation, now);
}
