/**
 * TTL controller: tells each node's kubelet how long it may keep Secrets and ConfigMaps before it asks again; the
 * larger the cluster, the longer.
 *
 * Models pkg/controller/ttl.
 */
import type { Node } from "#kernel/api/types.gen";
import { type Controller, done, itself } from "#kernel/registry/controller";
import { nodes } from "#kernel/resources/core/node";

const ANNOTATION = "node.alpha.kubernetes.io/ttl";

/** Cluster sizes and what they mean; they overlap, so that a size that wavers does not change every node. */
const STEPS: readonly { readonly from: number; readonly to: number; readonly seconds: number }[] = [
  { from: 0, to: 100, seconds: 0 },
  { from: 90, to: 500, seconds: 15 },
  { from: 450, to: 1_000, seconds: 30 },
  { from: 900, to: 2_000, seconds: 60 },
  { from: 1_800, to: Number.POSITIVE_INFINITY, seconds: 300 },
];

/** The step of a size: the one a node is told already, if it fits, else the first that does. */
function secondsFor(size: number, told: number | undefined): number {
  const fitting = STEPS.filter(({ from, to }) => size >= from && size <= to);
  return (fitting.find(({ seconds }) => seconds === told) ?? fitting[0])?.seconds ?? 0;
}

const toldTo = ({ metadata }: Node): number | undefined => {
  const text = metadata.annotations?.[ANNOTATION];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
};

export const ttlController: Controller = {
  name: "ttl-controller",
  component: "controllerManager",
  watches: [itself(nodes)],

  reconcile({ client }, key) {
    const node = client.get(nodes, key);
    if (node === undefined) return done;
    const told = toldTo(node);
    const seconds = secondsFor(client.registry.store.count(nodes.bucket), told);
    if (seconds === told) return done;
    const annotations = { ...node.metadata.annotations, [ANNOTATION]: String(seconds) };
    client.update(nodes, { ...node, metadata: { ...node.metadata, annotations } });
    return done;
  },
};
