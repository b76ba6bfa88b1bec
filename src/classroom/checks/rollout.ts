/**
 * `rollout`: a Deployment went through such images in this order, and has arrived.
 *
 * Its ReplicaSets remember: each carries the revisions at which it was the current one.
 */
import { z } from "zod";
import { checkKind, failed, passed } from "#classroom/checks/verdict";
import type { Deployment, ReplicaSet } from "#kernel/api/types.gen";
import { isControlledBy } from "#kernel/apimachinery/meta";
import type { Cluster } from "#kernel/cluster/cluster";
import { deployments } from "#kernel/resources/apps/deployment";
import {
  desiredReplicas,
  isDeploymentComplete,
  REVISION_HISTORY_ANNOTATION,
  revisionOf,
} from "#kernel/resources/apps/deployment.facts";
import { replicasets } from "#kernel/resources/apps/replicaset";

const schema = z.strictObject({
  type: z.literal("rollout"),
  namespace: z.string().optional(),
  name: z.string().min(1),
  /** Ends of image names, the last one the present: [":1.0", ":2.0", ":1.0"]; others may have come between. */
  images: z.array(z.string().min(1)).min(1).max(20),
});

export const rolloutCheck = checkKind(schema, (cluster, { namespace = "default", name, images }) => {
  const called = `Deployment ${namespace}/${name}`;
  const deployment = cluster.admin.get(deployments, { namespace, name });
  if (deployment === undefined) return failed(`${called}: 아직 없습니다.`, `${called} does not exist yet.`);
  const history = imagesOf(cluster, deployment);
  const came = history.join(" → ");
  const expected = images.join(" → ");
  if (!isWay(history, images)) {
    return failed(
      `${called}: 지금까지의 이미지 이력은 ${came}, 기대하는 이력은 ${expected} 입니다.`,
      `${called}: its images so far were ${came}, expected ${expected}.`,
    );
  }
  if (!isDeploymentComplete(deployment)) {
    const { updatedReplicas = 0 } = deployment.status ?? {};
    const wanted = desiredReplicas(deployment);
    return failed(
      `${called}: 롤아웃이 끝나지 않았습니다. 새 파드 ${updatedReplicas}개, 기대하는 수는 ${wanted}개입니다.`,
      `${called}: the rollout has not finished: ${updatedReplicas} new pods, expected ${wanted}.`,
    );
  }
  return passed(`${called}: 이미지 이력 ${came}.`, `${called}: its images were ${came}.`);
});

/** The image of the first container at each revision that is still known, the oldest first. */
function imagesOf(cluster: Cluster, deployment: Deployment): string[] {
  const mine = cluster.admin
    .list(replicasets, { namespace: deployment.metadata.namespace ?? "" })
    .filter((rs) => isControlledBy(rs, deployment));
  return mine
    .flatMap((rs) => revisionsOf(rs).map((revision) => ({ revision, image: imageOf(rs) })))
    .sort((a, b) => a.revision - b.revision)
    .map(({ image }) => image);
}

const imageOf = ({ spec }: ReplicaSet): string => spec.template?.spec?.containers[0]?.image ?? "";

function revisionsOf(rs: ReplicaSet): number[] {
  const former = rs.metadata.annotations?.[REVISION_HISTORY_ANNOTATION] ?? "";
  return [
    ...former
      .split(",")
      .filter((text) => text !== "")
      .map(Number),
    Number(revisionOf(rs)),
  ];
}

/** Whether the wanted images came in this order, the last of them being the last there was. */
function isWay(history: readonly string[], wanted: readonly string[]): boolean {
  const last = wanted.at(-1) ?? "";
  if (history.at(-1)?.endsWith(last) !== true) return false;
  let next = 0;
  for (const image of history) if (image.endsWith(wanted[next] ?? "\n")) next += 1;
  return next >= wanted.length;
}
