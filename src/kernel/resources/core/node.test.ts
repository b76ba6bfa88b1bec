/**
 * Goal: nodes are refused, completed and printed as upstream does.
 * Method: create and update nodes through a registry, and look at the rows they give.
 */
import { expect, test } from "vitest";
import type { Node } from "#kernel/api/types.gen";
import type { Draft } from "#kernel/registry/definition";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { nodes } from "#kernel/resources/core/node";
import { rolesOf, zoneOf } from "#kernel/resources/core/node.facts";
import { deepFreeze } from "#kernel/sim/clone";
import { Entropy } from "#kernel/sim/entropy";
import { Store } from "#kernel/store/store";

const NOW = Date.parse("2026-05-01T10:00:00Z");

function newClient() {
  const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: [nodes], admission: [] };
  return new Registry({ ...parts, now: () => NOW }).as(CLUSTER_ADMIN, "test");
}

const draft = (spec: Node["spec"] = {}, more: Partial<Draft<Node>> = {}): Draft<Node> => ({
  metadata: { name: "node-1" },
  spec,
  ...more,
});

test("capacity that is not said to be reserved may be used, and the CIDR fields agree", () => {
  const client = newClient();
  const node = deepFreeze(
    client.create(nodes, draft({ podCIDR: "10.0.0.0/24" }, { status: { capacity: { cpu: "2000m", memory: "1Gi" } } })),
  );
  expect(node.status?.allocatable).toEqual({ cpu: "2", memory: "1Gi" });
  expect(node.spec.podCIDRs).toEqual(["10.0.0.0/24"]);
  expect(node.metadata.generation).toBeUndefined();
  expect(client.update(nodes, { ...node, spec: { ...node.spec, unschedulable: true } }).spec.unschedulable).toBe(true);
});

const taint = { key: "a", effect: "NoSchedule" };

test.each<[Node["spec"], string]>([
  [
    { taints: [{ key: "a", effect: "Never" }] },
    'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", ' +
      '"PreferNoSchedule", "NoExecute"',
  ],
  [
    { taints: [taint, taint] },
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: ' +
      "taints must be " +
      "unique by key and effect pair",
  ],
  [
    { podCIDRs: ["10.0.0.0/24", "10.0.1.0/24"] },
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
  ],
])("refused: %j", (spec, message) => {
  expect(() => newClient().create(nodes, draft(spec))).toThrow(`Node "node-1" is invalid: ${message}`);
});

test("a CIDR is given once", () => {
  const client = newClient();
  const node = client.create(nodes, draft({ podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] }));
  const moved = () => client.update(nodes, { ...node, spec: { podCIDR: "10.0.1.0/24", podCIDRs: ["10.0.1.0/24"] } });
  expect(moved).toThrow('spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid');
});

test("the row", () => {
  const node = newClient().create(nodes, {
    metadata: { name: "node-1", labels: { "node-role.kubernetes.io/worker": "", "topology.kubernetes.io/zone": "z" } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      addresses: [{ type: "InternalIP", address: "10.1.0.1" }],
      nodeInfo: {
        architecture: "amd64",
        bootID: "",
        containerRuntimeVersion: "containerd://2.0.0",
        kernelVersion: "6.1",
        kubeProxyVersion: "",
        kubeletVersion: "v1.36.0",
        machineID: "",
        operatingSystem: "linux",
        osImage: "",
        systemUUID: "",
      },
    },
  });
  expect(nodes.table?.map(({ name }) => name)).toEqual([
    ...["Name", "Status", "Roles", "Age", "Version"],
    ...["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"],
  ]);
  expect(nodes.table?.map(({ cell }) => cell(node, NOW + 60_000))).toEqual([
    ...["node-1", "Ready,SchedulingDisabled", "worker", "60s", "v1.36.0"],
    ...["10.1.0.1", "<none>", "<unknown>", "6.1 (amd64)", "containerd://2.0.0"],
  ]);
  expect([rolesOf(node), zoneOf(node)]).toEqual([["worker"], "z"]);
});
