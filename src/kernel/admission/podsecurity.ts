/**
 * PodSecurity: what a namespace's labels demand of its pods is enforced, or only told to whoever makes them.
 *
 * Models pod-security-admission/admission.
 * Leaves out exemptions, which no cluster has, and the audit mode, which speaks to a log there is none of.
 */
import {
  type LevelVersion,
  policyOf,
  policyText,
  strictness,
  validatePolicyLabels,
} from "#kernel/admission/podsecurity/policy";
import { violationsOf } from "#kernel/admission/podsecurity/restricted";
import type { Subject, Violation } from "#kernel/admission/podsecurity/violations";
import { refusal } from "#kernel/admission/refusal";
import type { Namespace, Pod } from "#kernel/api/types.gen";
import { invalid } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { compareText } from "#kernel/apimachinery/go-text";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import { groupKindOf } from "#kernel/registry/registry";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import type { KubeObject } from "#kernel/store/object";

export const podSecurity: AdmissionPlugin = {
  name: "PodSecurity",

  concerns({ operation, resource, subresource }) {
    if (resource.bucket === namespaces.bucket) return subresource === "" && operation !== "DELETE";
    if (resource.bucket !== pods.bucket) return false;
    return operation === "CREATE" ? subresource === "" : subresource === "ephemeralcontainers";
  },

  validate(request, client) {
    const { resource, namespace, object } = request;
    if (resource.bucket === namespaces.bucket) {
      const at = collector();
      validatePolicyLabels((object as Namespace).metadata.labels, at);
      if (at.errors.length > 0) throw invalid(groupKindOf(resource), request.name, at.errors);
      return;
    }
    const policy = policyOf(labelsOf(client, namespace), "enforce");
    const found = violationsOf(object as Pod, policy);
    if (found.length > 0) throw refusal(request, `violates PodSecurity "${policyText(policy)}": ${detailsText(found)}`);
  },
};

const labelsOf = (client: Client, name: string) => client.get(namespaces, { namespace: "", name })?.metadata.labels;

const detailsText = (found: readonly Violation[]): string =>
  found.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");

/** The pod in an object: itself, or the template it makes pods of. */
function subjectOf(object: KubeObject): Subject | undefined {
  if (object.kind === "Pod") return object as Pod;
  const { spec, template } = object as KubeObject & {
    spec?: { template?: Subject; jobTemplate?: { spec?: { template?: Subject } } };
    template?: Subject;
  };
  const found = spec?.template ?? spec?.jobTemplate?.spec?.template ?? template;
  return found?.spec === undefined ? undefined : { metadata: found.metadata ?? {}, spec: found.spec };
}

const WORKLOADS = new Set([
  ...["pods", "podtemplates", "replicationcontrollers", "replicasets.apps", "deployments.apps"],
  ...["statefulsets.apps", "daemonsets.apps", "jobs.batch", "cronjobs.batch"],
]);

/** What to tell the writer of an object: what its pods would violate, or which pods violate a namespace's new level. */
export function podSecurityWarnings(
  client: Client,
  resource: AnyResource,
  object: KubeObject,
  old: KubeObject | undefined,
): string[] {
  if (resource.bucket === namespaces.bucket) {
    return old === undefined ? [] : namespaceWarnings(client, object as Namespace, old as Namespace);
  }
  if (!WORKLOADS.has(resource.bucket) || (resource.bucket === pods.bucket && old !== undefined)) return [];
  const policy = policyOf(labelsOf(client, object.metadata.namespace ?? ""), "warn");
  const subject = policy.level === "privileged" ? undefined : subjectOf(object);
  const found = subject === undefined ? [] : violationsOf(subject, policy);
  return found.length === 0 ? [] : [`would violate PodSecurity "${policyText(policy)}": ${detailsText(found)}`];
}

function namespaceWarnings(client: Client, { metadata }: Namespace, old: Namespace): string[] {
  const policy = policyOf(metadata.labels, "enforce");
  const before = policyOf(old.metadata.labels, "enforce");
  const isSame = policyText(policy) === policyText(before);
  const isEased = policy.version === before.version && strictness(policy) < strictness(before);
  if (isSame || isEased || policy.level === "privileged") return [];
  const lines = offenders(client, metadata.name, policy);
  if (lines.length === 0) return [];
  const what = `violate the new PodSecurity enforce level "${policyText(policy)}"`;
  return [`existing pods in namespace "${metadata.name}" ${what}`, ...lines];
}

/** Pods by what they violate: `web-1 (and 2 other pods): hostPort`. */
function offenders(client: Client, namespace: string, policy: LevelVersion): string[] {
  const byReasons = new Map<string, string[]>();
  for (const pod of client.list(pods, { namespace })) {
    const reasons = violationsOf(pod, policy).map(({ reason }) => reason);
    if (reasons.length === 0) continue;
    const text = reasons.join(", ");
    byReasons.set(text, [...(byReasons.get(text) ?? []), pod.metadata.name]);
  }
  return [...byReasons]
    .map(([reasons, names]) => {
      const others = names.length - 1;
      const more = others === 0 ? "" : ` (and ${others} other pod${others === 1 ? "" : "s"})`;
      return `${names[0]}${more}: ${reasons}`;
    })
    .sort(compareText);
}
