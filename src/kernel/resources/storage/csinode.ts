/**
 * CSINode: the storage drivers a node has, and how many volumes of each it can hold.
 *
 * Models pkg/registry/storage/csinode, pkg/apis/storage/validation and the table printer.
 */
import type { CSINode, CSINodeDriver } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength, goStruct } from "#kernel/apimachinery/go-text";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
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
      validateDriver(driver, names, ownAt);
    }
  },
  validateUpdate({ spec }, old, at) {
    for (const { allocatable: _, ...was } of old.spec.drivers ?? []) {
      const found = spec.drivers.find(({ name }) => name === was.name);
      if (found === undefined) continue;
      const { allocatable: __, ...is } = found;
      if (!semanticEqual(is, was)) at("spec.drivers").invalid(printed(found), "field is immutable");
    }
  },

  columns: [column("Drivers", "integer", ({ spec }) => spec.drivers?.length ?? 0, "How many drivers the node has.")],
});

/** As upstream prints its internal struct, without what may change. */
const printed = ({ name, nodeID, topologyKeys }: CSINodeDriver): object =>
  goStruct({ Name: name, NodeID: nodeID, TopologyKeys: topologyKeys ?? null, Allocatable: null });

function validateDriver(driver: CSINodeDriver, names: Set<string>, at: At): void {
  const { name, nodeID, allocatable, topologyKeys = [] } = driver;
  validateDriverName(name ?? "", at.under("name"));
  mustBeGiven(at("nodeID"), nodeID);
  if (byteLength(nodeID ?? "") > NODE_ID_BYTES_MAX) {
    at("nodeID").invalid(nodeID, `must be ${NODE_ID_BYTES_MAX} characters or less`);
  }
  mustNotBeNegative(at("allocatable.count"), allocatable?.count);
  if (names.has(name)) at("name").duplicate(name);
  names.add(name);
  const seen = new Set<string>();
  for (const key of topologyKeys) {
    if (key === "") at("").required();
    if (seen.has(key)) at("").duplicate(key);
    seen.add(key);
    mustFit(at(""), key, qualifiedName);
  }
}
