/**
 * The controllers of kube-controller-manager, in the order they look at a round: who makes things before who counts
 * them.
 */
import { deploymentController } from "#kernel/controllers/deployment";
import { endpointsController } from "#kernel/controllers/endpoints";
import { endpointSliceController } from "#kernel/controllers/endpointslice";
import { eventTtlController } from "#kernel/controllers/event-ttl";
import { garbageCollector } from "#kernel/controllers/garbage-collector";
import { namespaceController } from "#kernel/controllers/namespace";
import { replicasetController } from "#kernel/controllers/replicaset";
import { rootCaCertPublisher } from "#kernel/controllers/root-ca-cert-publisher";
import { serviceAccountController } from "#kernel/controllers/serviceaccount";
import type { Controller } from "#kernel/registry/controller";

export const CONTROLLERS: readonly Controller[] = [
  serviceAccountController,
  rootCaCertPublisher,
  replicasetController,
  deploymentController,
  endpointsController,
  endpointSliceController,
  garbageCollector,
  namespaceController,
  eventTtlController,
];
