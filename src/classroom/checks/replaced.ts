/**
 * `replaced`: pods of a Deployment were lost that it had not given up itself, and others stand in their place.
 *
 * What was lost is found by its traces: a ReplicaSet's Events say how many pods it made and how many it deleted; what
 * is in neither account and not there was taken from it. Events live for an hour: let such a task stay passed.
 */
import { z } from "zod";
import { checkKind, failed, passed } from "#classroom/checks/verdict";
import type { ReplicaSet } from "#kernel/api/types.gen";
import { isControlledBy } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import { deployments } from "#kernel/resources/apps/deployment";
import { desiredReplicas } from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { events } from "#kernel/resources/core/event";
import { pods } from "#kernel/resources/core/pod";

const schema = z.strictObject({
  type: z.literal("replaced"),
  namespace: z.string().optional(),
  /** The Deployment. */
  name: z.string().min(1),
  /** How many pods must have been replaced; 1 by default. */
  atLeast: z.int().min(1).max(1_000).optional(),
});

export const replacedCheck = checkKind(schema, (cluster, { namespace = "default", name, atLeast = 1 }) => {
  const called = `Deployment ${namespace}/${name}`;
  const { admin } = cluster;
  const deployment = admin.get(deployments, { namespace, name });
  if (deployment === undefined) return failed(`${called}: 아직 없습니다.`, `${called} does not exist yet.`);
  const mine = admin.list(replicasets, { namespace }).filter((rs) => isControlledBy(rs, deployment));
  const lost = mine.reduce((sum, rs) => sum + Math.max(0, lostPods(cluster, rs)), 0);
  if (lost < atLeast) {
    return failed(
      `${called}: 사라졌다가 새로 채워진 파드가 ${lost}개, 기대하는 수는 ${atLeast} 이상입니다.`,
      `${called}: ${lost} pods were lost and replaced, expected at least ${atLeast}.`,
    );
  }
  const ready = deployment.status?.readyReplicas ?? 0;
  const wanted = desiredReplicas(deployment);
  if (ready < wanted) {
    return failed(
      `${called}: 준비된 파드가 ${ready}개, 기대하는 수는 ${wanted}개입니다.`,
      `${called}: ${ready} pods are ready, expected ${wanted}.`,
    );
  }
  return passed(
    `${called}: 파드 ${lost}개가 사라졌고 모두 새로 채워졌습니다.`,
    `${called}: ${lost} pods were lost, and all of them were replaced.`,
  );
});

function lostPods({ admin }: Cluster, rs: ReplicaSet): number {
  const said = admin.by(events, "regarding", rs.metadata.uid);
  const times = (wanted: string): number =>
    said.filter(({ reason }) => reason === wanted).reduce((sum, { count = 1 }) => sum + count, 0);
  const present = admin
    .list(pods, { namespace: rs.metadata.namespace ?? "" })
    .filter((pod) => isControlledBy(pod, rs) && pod.metadata.deletionTimestamp === undefined);
  return times("SuccessfulCreate") - times("SuccessfulDelete") - present.length;
}
