/**
 * Pod: containers that run together on one node.
 *
 * Models pkg/registry/core/pod and its table printer.
 */
import type { Pod } from "#kernel/api/types.gen";
import { defineResource, type Grace } from "#kernel/registry/definition";
import { claimKeysOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { podColumns } from "#kernel/resources/core/pod.columns";
import { defaultPod } from "#kernel/resources/core/pod.defaults";
import { hasStorageLimit, isPodScheduled, isPodTerminal } from "#kernel/resources/core/pod.facts";
import {
  preparePodForCreate,
  preparePodForStatusUpdate,
  preparePodForUpdate,
} from "#kernel/resources/core/pod.strategy";
import { validateNewPod, validatePod } from "#kernel/resources/core/pod.validate";
import { validatePodStatusUpdate } from "#kernel/resources/core/pod.validate.status";
import { validateEphemeralUpdate, validateResize } from "#kernel/resources/core/pod.validate.subresources";
import { validatePodUpdate } from "#kernel/resources/core/pod.validate.update";
import { warningsForPod } from "#kernel/resources/core/pod.warnings";

export const pods = defineResource<Pod>({
  group: "",
  version: "v1",
  names: { kind: "Pod", plural: "pods", singular: "pod", short: ["po"], categories: ["all"] },
  scope: "Namespaced",
  fixedOnStatus: ["ownerReferences"],
  subresources: {
    status: true,
    others: [
      { name: "attach", verbs: ["create", "get"], kind: "PodAttachOptions" },
      { name: "binding", verbs: ["create"], kind: "Binding" },
      { name: "ephemeralcontainers", verbs: ["get", "patch", "update"], kind: "Pod" },
      { name: "eviction", verbs: ["create"], kind: "Eviction", group: "policy", version: "v1" },
      { name: "exec", verbs: ["create", "get"], kind: "PodExecOptions" },
      { name: "log", verbs: ["get"], kind: "Pod" },
      { name: "portforward", verbs: ["create", "get"], kind: "PodPortForwardOptions" },
      { name: "proxy", verbs: ["create", "delete", "get", "patch", "update"], kind: "PodProxyOptions" },
      { name: "resize", verbs: ["get", "patch", "update"], kind: "Pod" },
    ],
  },
  hasGeneration: true,
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults: defaultPod,
  prepareForCreate: (pod) => preparePodForCreate(pod),
  prepareForUpdate: (pod, old, _context, subresource) => preparePodForUpdate(pod, old, subresource),
  prepareForStatusUpdate: (pod, old) => preparePodForStatusUpdate(pod, old),
  validate(pod, at) {
    validatePod(pod, at);
    // A pod that was never stored has no version yet: what holds for new pods alone is checked here.
    if ((pod.metadata.resourceVersion ?? "") === "") validateNewPod(pod, at);
  },
  validateUpdate(pod, old, at, _context, subresource) {
    if (subresource === "ephemeralcontainers") validateEphemeralUpdate(pod, old, at);
    else if (subresource === "resize") validateResize(pod, old, at);
    else validatePodUpdate(pod, old, at);
  },
  validateStatusUpdate: (pod, old, at) => validatePodStatusUpdate(pod, old, at),
  // People seldom update pods themselves, so upstream saves itself the effort there.
  warnings: (pod, old) => (old === undefined ? warningsForPod(pod) : []),

  grace: (pod, requestedSeconds) => ({ seconds: graceSeconds(pod, requestedSeconds) }),

  columns: podColumns,
  indexes: {
    node: ({ spec: { nodeName = "" } }) => (nodeName === "" ? [] : [nodeName]),
    claim: claimKeysOfPod,
    storageLimit: (pod) => (hasStorageLimit(pod) ? [pod.metadata.uid] : []),
  },
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork === true),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
});

/** A pod nobody runs goes at once; a negative wait means the shortest. */
function graceSeconds(pod: Pod, requestedSeconds: number | undefined): Grace["seconds"] {
  if (!isPodScheduled(pod) || isPodTerminal(pod)) return 0;
  const seconds = requestedSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}
