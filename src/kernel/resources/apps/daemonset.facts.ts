/**
 * Pure questions anybody may ask of a DaemonSet: how far an update may go, which generation its template is.
 *
 * Models pkg/controller/daemon/util.
 */
import type { DaemonSet } from "#kernel/api/types.gen";
import { type IntOrString, scaledValue } from "#kernel/apimachinery/int-or-string";

/** Counts changes of the template; apps/v1 keeps it here what the old API had as a field. */
export const TEMPLATE_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation";
/** The same on the pods. */
export const TEMPLATE_GENERATION_LABEL = "pod-template-generation";

/** The generation of the template; undefined if nobody counted. */
export function templateGeneration({ metadata }: DaemonSet): number | undefined {
  const text = metadata.annotations?.[TEMPLATE_GENERATION_ANNOTATION];
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** How many nodes an update may leave without an available pod, and give a second one. */
export interface DaemonBounds {
  readonly surge: number;
  readonly unavailable: number;
}

/** Resolves shares against the number of nodes, rounded up; both zero would never move. */
export function daemonBounds({ spec }: DaemonSet, nodes: number): DaemonBounds {
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type !== "RollingUpdate" || rollingUpdate === undefined) return { surge: 0, unavailable: 0 };
  const resolve = (value: IntOrString | undefined): number => scaledValue(value ?? 0, nodes, true);
  const surge = resolve(rollingUpdate.maxSurge);
  const unavailable = resolve(rollingUpdate.maxUnavailable);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** True if an update starts the new pod of a node before it stops the old one. */
export const allowsSurge = (set: DaemonSet): boolean => daemonBounds(set, 1).surge > 0;
