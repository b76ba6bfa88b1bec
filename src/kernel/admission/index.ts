/**
 * The admission plugins every cluster runs, in the order in which they are asked.
 *
 * Models pkg/kubeapiserver/options/plugins.go.
 */
import { certificateApproval, certificateRequests, certificateSigning } from "#kernel/admission/certificates";
import { defaultIngressClass } from "#kernel/admission/defaultingressclass";
import { defaultStorageClass } from "#kernel/admission/defaultstorageclass";
import { defaultTolerationSeconds } from "#kernel/admission/defaulttolerationseconds";
import { limitRanger } from "#kernel/admission/limitranger";
import { mutatingAdmissionPolicy } from "#kernel/admission/mutatingadmissionpolicy";
import { mutatingAdmissionWebhook } from "#kernel/admission/mutatingadmissionwebhook";
import { namespaceLifecycle } from "#kernel/admission/namespacelifecycle";
import { persistentVolumeClaimResize } from "#kernel/admission/persistentvolumeclaimresize";
import { podSecurity } from "#kernel/admission/podsecurity";
import { podTopologyLabels } from "#kernel/admission/podtopologylabels";
import { priority } from "#kernel/admission/priority";
import { rbacEscalation } from "#kernel/admission/rbacescalation";
import { resourceQuota } from "#kernel/admission/resourcequota";
import { runtimeClass } from "#kernel/admission/runtimeclass";
import { schedulerConfiguration } from "#kernel/admission/schedulerconfiguration";
import { serviceAccount } from "#kernel/admission/serviceaccount";
import { storageObjectInUseProtection } from "#kernel/admission/storageobjectinuseprotection";
import { taintNodesByCondition } from "#kernel/admission/taintnodesbycondition";
import { validatingAdmissionPolicy } from "#kernel/admission/validatingadmissionpolicy";
import { validatingAdmissionWebhook } from "#kernel/admission/validatingadmissionwebhook";
import type { AdmissionPlugin } from "#kernel/registry/admission";

export const ADMISSION: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  rbacEscalation,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateRequests,
  defaultIngressClass,
  schedulerConfiguration,
  podTopologyLabels,
  mutatingAdmissionPolicy,
  mutatingAdmissionWebhook,
  validatingAdmissionPolicy,
  validatingAdmissionWebhook,
  resourceQuota,
];
