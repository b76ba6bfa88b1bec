/**
 * Runtime handlers: which runtimes a node knows, by the names that runtime classes call them.
 *
 * Models the runtime lookup of containerd's CRI service.
 * Leaves out what a sandboxed runtime changes inside of containers: all of them run alike.
 */

import type { PodWork } from "#kernel/kubelet/pod-work";
import { runtimeclasses } from "#kernel/resources/node/runtimeclass";

/** The names under which the usual runtimes are installed. */
const KNOWN =
  /^(|runc|crun|youki|test-handler|runsc(-.*)?|gvisor|kata(-.*)?|nvidia(-.*)?|krun|spin|slight|wws|lunatic|wasm(time|edge|er)?)$/;

/** Why the runtime that a pod's class names cannot make its sandbox; undefined if it can. */
export function handlerProblem({ context, pod }: PodWork): string | undefined {
  const name = pod.spec.runtimeClassName;
  if (name === undefined || name === "") return undefined;
  const handler = context.client.get(runtimeclasses, { namespace: "", name })?.handler;
  if (handler === undefined) return `runtimeclass.node.k8s.io "${name}" not found`;
  if (KNOWN.test(handler)) return undefined;
  return `rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "${handler}" is configured`;
}
