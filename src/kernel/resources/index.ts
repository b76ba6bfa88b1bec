/**
 * The kinds every cluster serves, in the order discovery lists their groups.
 */
import type { AnyResource } from "#kernel/registry/definition";
import { mutatingadmissionpolicies } from "#kernel/resources/admissionregistration/mutatingadmissionpolicy";
import { mutatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/mutatingadmissionpolicybinding";
import { mutatingwebhookconfigurations } from "#kernel/resources/admissionregistration/mutatingwebhookconfiguration";
import { validatingadmissionpolicies } from "#kernel/resources/admissionregistration/validatingadmissionpolicy";
import { validatingadmissionpolicybindings } from "#kernel/resources/admissionregistration/validatingadmissionpolicybinding";
import { validatingwebhookconfigurations } from "#kernel/resources/admissionregistration/validatingwebhookconfiguration";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { daemonsets } from "#kernel/resources/apps/daemonset";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { selfsubjectreviews } from "#kernel/resources/authentication/selfsubjectreview";
import { tokenreviews } from "#kernel/resources/authentication/tokenreview";
import { selfsubjectaccessreviews } from "#kernel/resources/authorization/selfsubjectaccessreview";
import { selfsubjectrulesreviews } from "#kernel/resources/authorization/selfsubjectrulesreview";
import { localsubjectaccessreviews, subjectaccessreviews } from "#kernel/resources/authorization/subjectaccessreview";
import { horizontalpodautoscalers } from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { horizontalpodautoscalersV1 } from "#kernel/resources/autoscaling/horizontalpodautoscaler.v1";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { jobs } from "#kernel/resources/batch/job";
import { certificatesigningrequests } from "#kernel/resources/certificates/certificatesigningrequest";
import { leases } from "#kernel/resources/coordination/lease";
import { bindings } from "#kernel/resources/core/binding";
import { componentstatuses } from "#kernel/resources/core/componentstatus";
import { configmaps } from "#kernel/resources/core/configmap";
import { endpoints } from "#kernel/resources/core/endpoints";
import { events } from "#kernel/resources/core/event";
import { limitranges } from "#kernel/resources/core/limitrange";
import { namespaces } from "#kernel/resources/core/namespace";
import { nodes } from "#kernel/resources/core/node";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { podtemplates } from "#kernel/resources/core/podtemplate";
import { replicationcontrollers } from "#kernel/resources/core/replicationcontroller";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { events as eventsV1 } from "#kernel/resources/events/event";
import { flowschemas } from "#kernel/resources/flowcontrol/flowschema";
import { prioritylevelconfigurations } from "#kernel/resources/flowcontrol/prioritylevelconfiguration";
import { ingresses } from "#kernel/resources/networking/ingress";
import { ingressclasses } from "#kernel/resources/networking/ingressclass";
import { ipaddresses } from "#kernel/resources/networking/ipaddress";
import { networkpolicies } from "#kernel/resources/networking/networkpolicy";
import { servicecidrs } from "#kernel/resources/networking/servicecidr";
import { runtimeclasses } from "#kernel/resources/node/runtimeclass";
import { poddisruptionbudgets } from "#kernel/resources/policy/poddisruptionbudget";
import { clusterroles } from "#kernel/resources/rbac/clusterrole";
import { clusterrolebindings } from "#kernel/resources/rbac/clusterrolebinding";
import { roles } from "#kernel/resources/rbac/role";
import { rolebindings } from "#kernel/resources/rbac/rolebinding";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { resourceclaimtemplates } from "#kernel/resources/resource/resourceclaimtemplate";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import { priorityclasses } from "#kernel/resources/scheduling/priorityclass";
import { csidrivers } from "#kernel/resources/storage/csidriver";
import { csinodes } from "#kernel/resources/storage/csinode";
import { csistoragecapacities } from "#kernel/resources/storage/csistoragecapacity";
import { storageclasses } from "#kernel/resources/storage/storageclass";
import { volumeattachments } from "#kernel/resources/storage/volumeattachment";
import { volumeattributesclasses } from "#kernel/resources/storage/volumeattributesclass";

export const RESOURCES: readonly AnyResource[] = [
  configmaps,
  endpoints,
  events,
  limitranges,
  namespaces,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  bindings,
  componentstatuses,
  pods,
  podtemplates,
  replicationcontrollers,
  resourcequotas,
  secrets,
  serviceaccounts,
  services,
  controllerrevisions,
  daemonsets,
  deployments,
  replicasets,
  statefulsets,
  horizontalpodautoscalers,
  horizontalpodautoscalersV1,
  cronjobs,
  jobs,
  certificatesigningrequests,
  leases,
  eventsV1,
  flowschemas,
  prioritylevelconfigurations,
  endpointslices,
  ingressclasses,
  ingresses,
  ipaddresses,
  servicecidrs,
  networkpolicies,
  runtimeclasses,
  poddisruptionbudgets,
  tokenreviews,
  selfsubjectreviews,
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
  clusterrolebindings,
  clusterroles,
  rolebindings,
  roles,
  deviceclasses,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
  mutatingadmissionpolicies,
  mutatingadmissionpolicybindings,
  mutatingwebhookconfigurations,
  validatingadmissionpolicies,
  validatingadmissionpolicybindings,
  validatingwebhookconfigurations,
  priorityclasses,
  csidrivers,
  csinodes,
  csistoragecapacities,
  storageclasses,
  volumeattachments,
  volumeattributesclasses,
  customresourcedefinitions,
  apiservices,
];
