/**
 * The kinds every cluster serves, in the order discovery lists their groups.
 */
import type { AnyResource } from "#kernel/registry/definition";
import { leases } from "#kernel/resources/coordination/lease";
import { configmaps } from "#kernel/resources/core/configmap";
import { endpoints } from "#kernel/resources/core/endpoints";
import { events } from "#kernel/resources/core/event";
import { namespaces } from "#kernel/resources/core/namespace";
import { secrets } from "#kernel/resources/core/secret";
import { services } from "#kernel/resources/core/service";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";

export const RESOURCES: readonly AnyResource[] = [
  configmaps,
  endpoints,
  events,
  namespaces,
  secrets,
  serviceaccounts,
  services,
  leases,
  endpointslices,
];
