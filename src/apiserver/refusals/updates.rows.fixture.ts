/**
 * How the tables of refused changes are written: an object, a merge patch, and what is said of it. The text stops at
 * "…" where it goes on with what the object has; the subresource the patch is for, if any, comes last.
 */
import { manifest } from "#apiserver/refusals/rows.fixture";

export type Change = readonly [made: object, patch: object, text: string, subresource?: string];

export const IMMUTABLE = "field is immutable";
export const labels = { app: "a" };
export const container = { name: "c", image: "nginx" };
export const template = { metadata: { labels }, spec: { containers: [container] } };
/** A workload of apps that is right but for what is given. */
export const workload = (kind: string, spec: object = {}) =>
  manifest("apps/v1", kind, { spec: { selector: { matchLabels: labels }, template, ...spec } });
/** A Pod that is right but for what is given; it has no token, which a patch of its containers would take away. */
export const pod = (spec: object = {}, metadata: Record<string, unknown> = {}) =>
  manifest("v1", "Pod", { spec: { containers: [container], automountServiceAccountToken: false, ...spec } }, metadata);
/** A Job that is right but for what is given. */
export const job = (spec: object = {}) =>
  manifest("batch/v1", "Job", {
    spec: { template: { spec: { containers: [container], restartPolicy: "Never" } }, ...spec },
  });
/** A patch of the spec. */
export const spec = (fields: object): object => ({ spec: fields });
export const port = { port: 80 };
/** A Service of one port, right but for what is given. */
export const service = (fields: object) => manifest("v1", "Service", { spec: { ports: [port], ...fields } });

export const POD_UPDATE =
  "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`," +
  "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing " +
  "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n…";
export const OTHER = { matchLabels: { app: "b" } };
export const GREATER = "cannot be greater than status.replicas";
export const NEGATIVE = "must be greater than or equal to 0";
