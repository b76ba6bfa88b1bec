/**
 * The controllers of kube-controller-manager, in the order they look at a round: who makes things before who counts
 * them.
 */

import { apiServiceController } from "#kernel/controllers/apiservice";
import { attachDetachController } from "#kernel/controllers/attachdetach";
import { csrApproving, csrCleaner, csrSigning } from "#kernel/controllers/certificates";
import { clusterRoleAggregation } from "#kernel/controllers/clusterrole-aggregation";
import { cronjobController } from "#kernel/controllers/cronjob";
import { customResourceDefinitionController } from "#kernel/controllers/customresourcedefinition";
import { daemonsetController } from "#kernel/controllers/daemonset";
import { deploymentController } from "#kernel/controllers/deployment";
import { deviceTaintEvictionController } from "#kernel/controllers/device-taint-eviction";
import { disruptionController } from "#kernel/controllers/disruption";
import { endpointsController } from "#kernel/controllers/endpoints";
import { endpointSliceController } from "#kernel/controllers/endpointslice";
import { endpointSliceMirroringController } from "#kernel/controllers/endpointslicemirroring";
import { ephemeralVolumeController } from "#kernel/controllers/ephemeral-volume";
import { eventTtlController } from "#kernel/controllers/event-ttl";
import { flowControl } from "#kernel/controllers/flowcontrol";
import { garbageCollector } from "#kernel/controllers/garbage-collector";
import { gatewayController } from "#kernel/controllers/gateway";
import { horizontalPodAutoscalerController } from "#kernel/controllers/horizontalpodautoscaler";
import { ingressController } from "#kernel/controllers/ingress";
import { jobController } from "#kernel/controllers/job";
import { kubernetesServiceController } from "#kernel/controllers/kubernetes-service";
import { localPathProvisioner } from "#kernel/controllers/local-path-provisioner";
import { namespaceController } from "#kernel/controllers/namespace";
import { nodeLifecycleController } from "#kernel/controllers/node-lifecycle";
import { persistentVolumeBinder } from "#kernel/controllers/persistentvolume-binder";
import { podGcController } from "#kernel/controllers/pod-gc";
import { pvProtectionController } from "#kernel/controllers/pv-protection";
import { pvcProtectionController } from "#kernel/controllers/pvc-protection";
import { replicasetController } from "#kernel/controllers/replicaset";
import { replicationController } from "#kernel/controllers/replicationcontroller";
import { resourceClaimController } from "#kernel/controllers/resourceclaim";
import { resourceQuotaController } from "#kernel/controllers/resourcequota";
import { rootCaPublisher } from "#kernel/controllers/root-ca";
import { serviceIpRepair } from "#kernel/controllers/service-ip-repair";
import { serviceLbController } from "#kernel/controllers/service-lb";
import { serviceAccountController } from "#kernel/controllers/serviceaccount";
import { serviceAccountTokenController } from "#kernel/controllers/serviceaccount-token";
import { defaultServiceCidr, serviceCidrController } from "#kernel/controllers/servicecidr";
import { statefulsetController } from "#kernel/controllers/statefulset";
import { taintEvictionController } from "#kernel/controllers/taint-eviction";
import { ttlController } from "#kernel/controllers/ttl";
import { ttlAfterFinishedController } from "#kernel/controllers/ttl-after-finished";
import { vacProtectionController } from "#kernel/controllers/vac-protection";
import { validatingAdmissionPolicyStatusController } from "#kernel/controllers/validatingadmissionpolicy-status";
import { volumeExpandController } from "#kernel/controllers/volume-expand";
import { volumeSnapshotController } from "#kernel/controllers/volume-snapshot";
import type { Controller } from "#kernel/registry/controller";

export const CONTROLLERS: readonly Controller[] = [
  defaultServiceCidr,
  serviceIpRepair,
  flowControl,
  serviceCidrController,
  serviceAccountController,
  serviceAccountTokenController,
  clusterRoleAggregation,
  csrApproving,
  csrSigning,
  csrCleaner,
  rootCaPublisher,
  nodeLifecycleController,
  ttlController,
  taintEvictionController,
  podGcController,
  replicationController,
  replicasetController,
  deploymentController,
  statefulsetController,
  daemonsetController,
  cronjobController,
  jobController,
  horizontalPodAutoscalerController,
  ttlAfterFinishedController,
  ephemeralVolumeController,
  resourceClaimController,
  deviceTaintEvictionController,
  persistentVolumeBinder,
  localPathProvisioner,
  volumeExpandController,
  attachDetachController,
  pvcProtectionController,
  pvProtectionController,
  vacProtectionController,
  kubernetesServiceController,
  endpointsController,
  endpointSliceController,
  endpointSliceMirroringController,
  serviceLbController,
  ingressController,
  gatewayController,
  volumeSnapshotController,
  resourceQuotaController,
  disruptionController,
  validatingAdmissionPolicyStatusController,
  garbageCollector,
  namespaceController,
  eventTtlController,
  customResourceDefinitionController,
  apiServiceController,
];
