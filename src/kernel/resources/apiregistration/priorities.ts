/**
 * Which group, and which of its versions, comes first where a client does not say which it means.
 *
 * Models cmd/kube-apiserver/app/server.go and aggregator.go (DefaultGenericAPIServicePriorities), the CRD registration
 * controller, and apimachinery/pkg/version (CompareKubeAwareVersionStrings).
 */
import { compareText } from "#kernel/apimachinery/go-text";

export interface Priority {
  readonly group: number;
  readonly version: number;
}

const GROUPS: Readonly<Record<string, number>> = {
  // Nothing comes before the group that says which groups there are.
  "apiregistration.k8s.io": 20001,
  "": 18000,
  apps: 17800,
  "events.k8s.io": 17750,
  "authentication.k8s.io": 17700,
  "authorization.k8s.io": 17600,
  autoscaling: 17500,
  batch: 17400,
  "certificates.k8s.io": 17300,
  "networking.k8s.io": 17200,
  policy: 17100,
  "rbac.authorization.k8s.io": 17000,
  "storage.k8s.io": 16800,
  "apiextensions.k8s.io": 16700,
  "admissionregistration.k8s.io": 16700,
  "scheduling.k8s.io": 16600,
  "coordination.k8s.io": 16500,
  "node.k8s.io": 16300,
  "discovery.k8s.io": 16200,
  "flowcontrol.apiserver.k8s.io": 16100,
  "internal.apiserver.k8s.io": 16000,
  "resource.k8s.io": 15900,
  "storagemigration.k8s.io": 15800,
  "metrics.k8s.io": 100,
};

const VERSIONS: Readonly<Record<string, number>> = {
  "/v1": 1,
  "events.k8s.io/v1": 15,
  "autoscaling/v2": 30,
  "autoscaling/v1": 15,
  "flowcontrol.apiserver.k8s.io/v1": 21,
};

/** The priority of a group served here; kinds made by definitions come after all built-in ones. */
export function priorityOf(group: string, version: string): Priority {
  const known = GROUPS[group];
  if (known === undefined) return { group: 1000, version: 100 };
  const stable = VERSIONS[`${group}/${version}`];
  if (stable !== undefined) return { group: known, version: stable };
  return { group: known, version: /^v\d+$/.test(version) ? 15 : /beta/.test(version) ? 12 : 9 };
}

/** Orders versions as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1, then whatever else by its name. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  if (x === undefined && y === undefined) return compareText(a, b);
  if (x === undefined) return 1;
  if (y === undefined) return -1;
  for (const [n, part] of x.entries()) if (part !== y[n]) return (y[n] ?? 0) - part;
  return 0;
}

/** Stability, major, minor; undefined for what is no such version. */
function partsOf(version: string): readonly number[] | undefined {
  const found = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (found === null) return undefined;
  const stability = found[2] === undefined ? 2 : found[2] === "beta" ? 1 : 0;
  return [stability, Number(found[1]), Number(found[3] ?? 0)];
}

/** Orders groups and versions as discovery lists them. */
export function comparePriorities(
  a: { readonly group: string; readonly version: string },
  b: { readonly group: string; readonly version: string },
): number {
  const [x, y] = [priorityOf(a.group, a.version), priorityOf(b.group, b.version)];
  if (a.group !== b.group) return y.group - x.group || compareText(a.group, b.group);
  return y.version - x.version || compareVersions(a.version, b.version);
}
