/**
 * The kubelets of all machines: their nodes, the containers that run there, the pods.
 */
import { containerWake } from "#kernel/kubelet/container-wake";
import { evictionManager } from "#kernel/kubelet/eviction";
import { nodeAgent } from "#kernel/kubelet/node-agent";
import { shutdownManager } from "#kernel/kubelet/shutdown";
import { staticPods } from "#kernel/kubelet/static-pods";
import { podSync } from "#kernel/kubelet/sync-pod";
import type { Controller } from "#kernel/registry/controller";

export const KUBELET: readonly Controller[] = [
  shutdownManager,
  evictionManager,
  nodeAgent,
  containerWake,
  staticPods,
  podSync,
];
