/**
 * How the programs of Kubernetes begin a line of their log.
 *
 * Models k8s.io/klog.
 */
import type { Instant } from "#kernel/sim/instant";

/** `1123 20:00:00.000000`: month and day, then the time with microseconds. */
export function klogDate(at: Instant): string {
  const text = new Date(at).toISOString();
  return `${text.slice(5, 7)}${text.slice(8, 10)} ${text.slice(11, 23)}000`;
}
