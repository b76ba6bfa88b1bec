/**
 * CSINode: the storage drivers a node has, and how many volumes of each it can hold.
 *
 * Models pkg/registry/storage/csinode, pkg/apis/storage/validation and the table printer.
 */
import type { CSINode, CSINodeDriver } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import { validateDriverName } from "#kernel/resources/core/persistentvolume.validate";
import { eachAt, mustBeGiven, mustFit, mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

const NODE_ID_BYTES_MAX = 256;

export const csinodes = defineResource<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  names: { kind: "CSINode", plural: "csinodes", singular: "csinode" },
  scope: "Cluster",
  returnsDeletedObject: true,

  setDefaults(node) {
    node.spec ??= { drivers: [] };
    node.spec.drivers ??= [];
  },

  validate({ spec: { drivers } }, at) {
    const names = new Set<string>();
    for (const [driver, ownAt] of eachAt(drivers, at.under("spec.drivers"))) {
      validateDriver(driver, ownAt);
      if (names.has(driver.name)) ownAt("name").duplicate(driver.name);
      names.add(driver.name);
    }
  },
  validateUpdate({ spec }, old, at) {
    for (const { allocatable: _, ...was } of old.spec.drivers ?? []) {
      const found = spec.drivers.find(({ name }) => name === was.name);
      if (found === undefined) continue;
      const { allocatable: __, ...is } = found;
      at("spec.drivers").immutable(is, was);
    }
  },

  columns: [column("Drivers", "integer", ({ spec }) => spec.drivers?.length ?? 0, "How many drivers the node has.")],
});

function validateDriver({ name, nodeID, allocatable, topologyKeys = [] }: CSINodeDriver, at: At): void {
  validateDriverName(name ?? "", at.under("name"));
  mustBeGiven(at("nodeID"), nodeID);
  if (byteLength(nodeID ?? "") > NODE_ID_BYTES_MAX) {
    at("nodeID").invalid(nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`);
  }
  mustNotBeNegative(at("allocatable.count"), allocatable?.count);
  const seen = new Set<string>();
  for (const key of topologyKeys) {
    if (key === "") at("").required();
    if (seen.has(key)) at("").duplicate(key);
    seen.add(key);
    mustFit(at(""), key, qualifiedName);
  }
}
