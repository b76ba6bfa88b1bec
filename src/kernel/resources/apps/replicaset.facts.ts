/**
 * Pure questions anybody may ask of a ReplicaSet: what its Deployment wrote on it, whether its template is another's.
 *
 * Models pkg/controller/deployment/util and pkg/controller/replicaset.
 */

import type { PodTemplateSpec, ReplicaSet } from "#kernel/api/types.gen";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import { DESIRED_REPLICAS_ANNOTATION, MAX_REPLICAS_ANNOTATION } from "#kernel/resources/apps/deployment.facts";
import { POD_TEMPLATE_HASH_LABEL } from "#kernel/resources/core/pod.facts";

export { podTemplateHash } from "#kernel/resources/core/pod.hash";

/** True if both templates are the same but for the label with their hash. */
export function equalIgnoringHash(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

/** Without the label, and without what would be left empty by its absence. */
function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec | undefined {
  const labels = template?.metadata?.labels;
  if (template === undefined || labels?.[POD_TEMPLATE_HASH_LABEL] === undefined) return template;
  const { [POD_TEMPLATE_HASH_LABEL]: _, ...rest } = labels;
  const { labels: __, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: Object.keys(rest).length === 0 ? metadata : { ...metadata, labels: rest } };
}

/** The size its Deployment had when it last scaled this ReplicaSet; undefined if it never did. */
export const desiredAnnotation = (rs: ReplicaSet): number | undefined => numberOf(rs, DESIRED_REPLICAS_ANNOTATION);

/** The size its Deployment could have reached with surge when it last scaled this ReplicaSet. */
export const maxAnnotation = (rs: ReplicaSet): number | undefined => numberOf(rs, MAX_REPLICAS_ANNOTATION);

function numberOf({ metadata }: ReplicaSet, annotation: string): number | undefined {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
