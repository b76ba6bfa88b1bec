/**
 * Goal: whatever students do to workloads, Services and nodes, the cluster comes to be what its objects ask for; and it
 * comes to the same bytes if it is thrown out of memory on the way.
 * Method: a seeded vandal on the production kernel, pauses of random length, then peace; look at every object.
 */
import { expect, test } from "vitest";
import type { Deployment, Node, Service } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { matchesSet } from "#kernel/apimachinery/labels";
import type { Client } from "#kernel/registry/client";
import type { Draft } from "#kernel/registry/definition";
import { deployments } from "#kernel/resources/apps/deployment";
import { namespaces } from "#kernel/resources/core/namespace";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { isPodReady } from "#kernel/resources/core/pod.facts";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { Entropy } from "#kernel/sim/entropy";
import type { Cells } from "#kernel/store/cells";
import { Simulation } from "./clusters.ts";

const STEPS = 80;
const SEEDS = [1, 2, 3, 4, 5, 6];

type Act = (client: Client, dice: Entropy, namespace: string, cells: Cells, now: number) => void;

const oneOf = (client: Client, dice: Entropy, namespace: string): Deployment | undefined =>
  dice.pick(client.list(deployments, { namespace }));

const nodeOf = (client: Client, dice: Entropy): Node => dice.pick(client.list(nodes)) as Node;

/** Everything the vandal knows how to do. */
const ACTS: readonly Act[] = [
  (client, dice, namespace) => client.create(deployments, newDeployment(dice, namespace)),
  (client, dice, namespace) => {
    const found = oneOf(client, dice, namespace);
    if (found) client.update(deployments, { ...found, spec: { ...found.spec, replicas: dice.int(10) } });
  },
  (client, dice, namespace) => {
    const found = oneOf(client, dice, namespace);
    if (found === undefined) return;
    const containers = [{ name: "c", image: `nginx:1.${20 + dice.int(6)}` }];
    const template = { ...found.spec.template, spec: { ...found.spec.template.spec, containers } };
    client.update(deployments, { ...found, spec: { ...found.spec, template } });
  },
  (client, dice, namespace) => {
    const victim = dice.pick(client.list(pods, { namespace }));
    const options = dice.int(2) === 0 ? {} : { gracePeriodSeconds: 0 };
    if (victim) client.delete(pods, { namespace, name: victim.metadata.name }, options);
  },
  (client, dice, namespace) => {
    const victim = dice.pick(client.list(pods, { namespace }));
    if (victim === undefined) return;
    const labels = { ...victim.metadata.labels, app: `d${dice.int(4)}` };
    client.update(pods, { ...victim, metadata: { ...victim.metadata, labels } });
  },
  (client, dice, namespace) => {
    const found = oneOf(client, dice, namespace);
    const propagationPolicy = dice.pick(["Background", "Foreground", "Orphan"] as const) ?? "Background";
    if (found) client.delete(deployments, { namespace, name: found.metadata.name }, { propagationPolicy });
  },
  (client, dice, namespace) => client.create(services, newService(dice, namespace)),
  (client, dice) => {
    const node = nodeOf(client, dice);
    client.update(nodes, { ...node, spec: { ...node.spec, unschedulable: dice.int(2) === 0 } });
  },
  (client, dice) => {
    const node = nodeOf(client, dice);
    const taints = dice.int(2) === 0 ? [] : [{ key: "x", effect: dice.int(2) === 0 ? "NoSchedule" : "NoExecute" }];
    client.update(nodes, { ...node, spec: { ...node.spec, taints } });
  },
  (client, dice, _namespace, cells, now) => {
    const { name } = nodeOf(client, dice).metadata;
    const { silentSince, ...machine } = cells.get<Machine>(MACHINES, name) as Machine;
    cells.put(MACHINES, name, silentSince === undefined ? { ...machine, silentSince: now } : machine);
  },
  (client, dice) => {
    const key = { namespace: "", name: "b" };
    if (client.get(namespaces, key) === undefined) client.create(namespaces, { metadata: { name: "b" }, spec: {} });
    else if (dice.int(4) === 0) client.delete(namespaces, key);
  },
];

function newDeployment(dice: Entropy, namespace: string): Draft<Deployment> {
  const labels = { app: `d${dice.int(4)}` };
  return {
    metadata: { name: labels.app, namespace },
    spec: {
      replicas: dice.int(6),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "nginx:1.27" }] } },
      ...(dice.int(3) === 0 && { strategy: { type: "Recreate" } }),
    },
  };
}

const newService = (dice: Entropy, namespace: string): Draft<Service> => ({
  metadata: { name: `s${dice.int(3)}`, namespace },
  spec: {
    selector: { app: `d${dice.int(4)}` },
    type: dice.int(3) === 0 ? "LoadBalancer" : "ClusterIP",
    ports: [{ port: 80 }],
  },
});

/** A cluster after so many acts of vandalism and then peace. */
function vandalised(seed: number, isEvicted: boolean): Simulation {
  const simulation = new Simulation(seed, 4);
  const dice = Entropy.seeded(seed);
  for (let step = 0; step < STEPS; step += 1) {
    const act = ACTS[dice.int(ACTS.length)] as Act;
    const namespace = dice.int(2) === 0 ? "default" : "b";
    try {
      simulation.turn(({ admin, cells, now }) => act(admin, dice, namespace, cells, now));
    } catch (error) {
      // What is there already, or on its way out, is refused: so be it.
      if (!(error instanceof StatusError)) throw error;
    }
    simulation.advance(dice.int(60_000));
    if (isEvicted && step % 3 === 0) simulation.evict();
  }
  simulation.turn(({ admin, cells }) => {
    for (const { metadata } of admin.list(nodes)) {
      const { silentSince: _, ...machine } = cells.get<Machine>(MACHINES, metadata.name) as Machine;
      cells.put(MACHINES, metadata.name, machine);
      const node = admin.need(nodes, { namespace: "", name: metadata.name });
      admin.update(nodes, { ...node, spec: { ...node.spec, taints: [], unschedulable: false } });
    }
  });
  simulation.settle();
  return simulation;
}

test.each(SEEDS)("after the vandal has gone everything is as asked for (seed %i)", (seed) => {
  const { admin } = vandalised(seed, false).cluster;
  for (const { metadata, spec, status } of admin.list(deployments)) {
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
    expect([metadata.name, replicas, updatedReplicas, availableReplicas]).toEqual([
      metadata.name,
      ...Array(3).fill(spec.replicas),
    ]);
  }
  for (const pod of admin.list(pods)) expect([pod.metadata.name, isPodReady(pod)]).toEqual([pod.metadata.name, true]);
  for (const { metadata, spec, status } of admin.list(services)) {
    if (spec.selector === undefined) continue;
    const scope = { namespace: metadata.namespace ?? "" };
    const behind = admin.list(pods, scope).filter((pod) => matchesSet(spec.selector, pod.metadata.labels));
    const listed = admin
      .list(endpointslices, scope)
      .filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name)
      .flatMap(({ endpoints = [] }) => endpoints);
    expect(listed.map(({ targetRef }) => targetRef?.name).sort()).toEqual(behind.map((pod) => pod.metadata.name));
    if (spec.type === "LoadBalancer") expect(status?.loadBalancer?.ingress).toHaveLength(1);
  }
});

test.each(SEEDS.slice(0, 3))("thrown out of memory again and again, it comes to the same bytes (seed %i)", (seed) => {
  expect(vandalised(seed, true).bytes).toBe(vandalised(seed, false).bytes);
});
