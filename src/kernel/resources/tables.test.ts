/**
 * Goal: every kind's table has the columns upstream's has.
 * Method: the headings of every kind in a line: type, format, and w for those of `-o wide` alone. They were compared
 * with pkg/printers/internalversion/printers.go (AddHandlers), apiserver/pkg/registry/rest/table.go and
 * kube-aggregator's.
 */
import { expect, test } from "vitest";
import type { AnyResource, Column } from "#kernel/registry/definition";
import { RESOURCES } from "#kernel/resources/index";

const short = ({ name, type, format, priority }: Column<never>): string =>
  `${name}${type === "string" ? "" : `:${type}`}${format === undefined ? "" : `/${format}`}${priority > 0 ? " w" : ""}`;

function line({ names, group, table, columns }: AnyResource): string {
  const shown = ((table ?? columns ?? []) as readonly Column<never>[]).map(short).join(", ");
  const frame = table === undefined ? "NAME | " : "";
  return `${names.plural}${group === "" ? "" : `.${group}`}: ${frame}${shown}`;
}

const HEADINGS = [
  "configmaps: NAME | Data",
  "endpoints: NAME | Endpoints",
  "events: Last Seen, Type, Reason, Object, Subobject w, Source w, Message, First Seen w, Count w, Name/name w",
  "limitranges: Name/name, Created At:date",
  "namespaces: NAME | Status",
  "nodes: Name/name, Status, Roles, Age, Version, Internal-IP w, External-IP w, OS-Image w, Kernel-Version w, Container-Runtime w",
  "persistentvolumeclaims: Name/name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, VolumeMode w",
  "persistentvolumes: Name/name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, VolumeMode w",
  "bindings: NAME | ",
  "componentstatuses: Name/name, Status, Message, Error",
  "pods: NAME | Ready, Status, Restarts, IP w, Node w, Nominated Node w, Readiness Gates w",
  "podtemplates: Name/name, Containers, Images, Pod Labels",
  "replicationcontrollers: NAME | Desired:integer, Current:integer, Ready:integer, Containers w, Images w, Selector w",
  "resourcequotas: NAME | Request, Limit",
  "secrets: NAME | Type, Data",
  "serviceaccounts: NAME | Secrets",
  "services: NAME | Type, Cluster-IP, External-IP, Port(s), Selector w",
  "controllerrevisions.apps: NAME | Controller, Revision",
  "daemonsets.apps: NAME | Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector, Containers w, Images w, Selector w",
  "deployments.apps: NAME | Ready, Up-to-date, Available, Containers w, Images w, Selector w",
  "replicasets.apps: NAME | Desired:integer, Current:integer, Ready:integer, Containers w, Images w, Selector w",
  "statefulsets.apps: NAME | Ready, Containers w, Images w",
  "horizontalpodautoscalers.autoscaling: NAME | Reference, Targets, MinPods, MaxPods, Replicas",
  "horizontalpodautoscalers.autoscaling: NAME | Reference, Targets, MinPods, MaxPods, Replicas",
  "cronjobs.batch: NAME | Schedule, Timezone, Suspend:boolean, Active:integer, Last Schedule, Containers w, Images w, Selector w",
  "jobs.batch: NAME | Status, Completions, Duration, Containers w, Images w, Selector w",
  "certificatesigningrequests.certificates.k8s.io: Name/name, Age, SignerName, Requestor, RequestedDuration, Condition",
  "leases.coordination.k8s.io: NAME | Holder",
  "events.events.k8s.io: Last Seen, Type, Reason, Object, Subobject w, Source w, Message, First Seen w, Count w, Name/name w",
  "flowschemas.flowcontrol.apiserver.k8s.io: Name/name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL",
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io: NAME | Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit",
  "endpointslices.discovery.k8s.io: NAME | AddressType, Ports, Endpoints",
  "ingressclasses.networking.k8s.io: Name/name, Controller, Parameters, Age",
  "ingresses.networking.k8s.io: NAME | Class, Hosts, Address, Ports",
  "ipaddresses.networking.k8s.io: Name/name, ParentRef",
  "servicecidrs.networking.k8s.io: NAME | CIDRs",
  "networkpolicies.networking.k8s.io: NAME | Pod-Selector",
  "runtimeclasses.node.k8s.io: NAME | Handler",
  "poddisruptionbudgets.policy: NAME | Min Available, Max Unavailable, Allowed Disruptions:integer",
  "tokenreviews.authentication.k8s.io: NAME | ",
  "selfsubjectreviews.authentication.k8s.io: NAME | ",
  "localsubjectaccessreviews.authorization.k8s.io: NAME | ",
  "selfsubjectaccessreviews.authorization.k8s.io: NAME | ",
  "selfsubjectrulesreviews.authorization.k8s.io: NAME | ",
  "subjectaccessreviews.authorization.k8s.io: NAME | ",
  "clusterrolebindings.rbac.authorization.k8s.io: NAME | Role, Users w, Groups w, ServiceAccounts w",
  "clusterroles.rbac.authorization.k8s.io: Name/name, Created At:date",
  "rolebindings.rbac.authorization.k8s.io: NAME | Role, Users w, Groups w, ServiceAccounts w",
  "roles.rbac.authorization.k8s.io: Name/name, Created At:date",
  "deviceclasses.resource.k8s.io: NAME | ",
  "resourceclaims.resource.k8s.io: NAME | State",
  "resourceclaimtemplates.resource.k8s.io: NAME | ",
  "resourceslices.resource.k8s.io: NAME | Node, Driver, Pool",
  "mutatingadmissionpolicies.admissionregistration.k8s.io: NAME | Mutations:integer, ParamKind",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io: NAME | PolicyName, ParamRef",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io: NAME | Webhooks:integer",
  "validatingadmissionpolicies.admissionregistration.k8s.io: NAME | Validations:integer, ParamKind",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io: NAME | PolicyName, ParamRef",
  "validatingwebhookconfigurations.admissionregistration.k8s.io: NAME | Webhooks:integer",
  "priorityclasses.scheduling.k8s.io: Name/name, Value:integer, Global-Default:boolean, Age, PreemptionPolicy",
  "csidrivers.storage.k8s.io: NAME | AttachRequired:boolean, PodInfoOnMount:boolean, StorageCapacity:boolean, TokenRequests, RequiresRepublish:boolean, Modes",
  "csinodes.storage.k8s.io: NAME | Drivers:integer",
  "csistoragecapacities.storage.k8s.io: Name/name, StorageClassName, Capacity",
  "storageclasses.storage.k8s.io: Name/name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age",
  "volumeattachments.storage.k8s.io: NAME | Attacher/name, PV, Node, Attached:boolean",
  "volumeattributesclasses.storage.k8s.io: NAME | DriverName",
  "customresourcedefinitions.apiextensions.k8s.io: Name/name, Created At:date",
  "apiservices.apiregistration.k8s.io: Name/name, Service, Available, Age",
];

test("headings; where the name comes first by itself, the age comes last, before those of -o wide", () => {
  expect(RESOURCES.map(line)).toEqual(HEADINGS);
});
