/**
 * Pure questions about CustomResourceDefinitions.
 *
 * Models apiextensions-apiserver/pkg/apihelpers.
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionVersion,
} from "#kernel/api/types.gen";

/** The finalizer that keeps a definition until the last of its objects is gone. */
export const CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

export const APPROVED_ANNOTATION = "api-approved.kubernetes.io";

/** A condition by its type. */
export const conditionOf = (
  { status }: CustomResourceDefinition,
  type: string,
): CustomResourceDefinitionCondition | undefined => status?.conditions?.find((condition) => condition.type === type);

const isTrue = (crd: CustomResourceDefinition, type: string): boolean => conditionOf(crd, type)?.status === "True";

/** Whether its kind is served. */
export const isEstablished = (crd: CustomResourceDefinition): boolean => isTrue(crd, "Established");
/** Whether it is going, and takes its objects along. */
export const isTerminating = (crd: CustomResourceDefinition): boolean => isTrue(crd, "Terminating");

/** The version that is stored; validation has seen that there is one. */
export const storageVersionOf = ({ spec }: CustomResourceDefinition): CustomResourceDefinitionVersion | undefined =>
  spec.versions.find(({ storage }) => storage);

/** Whether a group belongs to the Kubernetes community, whose kinds are reviewed before they may be used. */
export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

export type Approval = "Missing" | "Bypassed" | "Invalid" | "Approved";

const PULL = "https://github.com/kubernetes/enhancements/pull/1111";

/** What the approval annotation of a protected group's kind says, and the text that explains it. */
export function approvalOf({ metadata }: CustomResourceDefinition): {
  readonly state: Approval;
  readonly text: string;
} {
  const annotation = metadata.annotations?.[APPROVED_ANNOTATION] ?? "";
  const name = JSON.stringify(APPROVED_ANNOTATION);
  if (annotation === "") {
    return { state: "Missing", text: `protected groups must have approval annotation ${name}, see ${PULL}` };
  }
  if (annotation.startsWith("unapproved")) {
    return { state: "Bypassed", text: `not approved: ${JSON.stringify(annotation)}` };
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s]+\S*$/.test(annotation)) {
    return { state: "Approved", text: `approved in ${annotation}` };
  }
  const text = `protected groups must have approval annotation ${name} with either a URL or a reason starting with "unapproved", see ${PULL}`;
  return { state: "Invalid", text };
}
