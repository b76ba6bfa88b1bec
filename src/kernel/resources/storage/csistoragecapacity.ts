/**
 * CSIStorageCapacity: how much a driver can still make of a class in a part of the cluster.
 *
 * Models pkg/registry/storage/csistoragecapacity, pkg/apis/storage/validation and the table printer.
 */
import type { CSIStorageCapacity } from "#kernel/api/types.gen";
import { dns1123Subdomain, negativeText } from "#kernel/apimachinery/formats";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import { cmp } from "#kernel/apimachinery/quantity";
import { column, defineResource } from "#kernel/registry/definition";
import { mustFit } from "#kernel/resources/core/pod.validate.fields";
import { nameColumn } from "#kernel/resources/core/table.columns";

export const csistoragecapacities = defineResource<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  names: { kind: "CSIStorageCapacity", plural: "csistoragecapacities", singular: "csistoragecapacity" },
  scope: "Namespaced",

  validate({ nodeTopology, storageClassName, capacity }, at) {
    validateLabelSelector(nodeTopology, at.under("nodeTopology"));
    mustFit(at("storageClassName"), storageClassName ?? "", dns1123Subdomain);
    if (capacity !== undefined && cmp(capacity, "0") < 0) at("capacity").invalid(capacity, negativeText);
  },
  validateUpdate(one, old, at) {
    at("nodeTopology").immutable(one.nodeTopology, old.nodeTopology);
    at("storageClassName").immutable(one.storageClassName, old.storageClassName);
  },

  table: [
    nameColumn,
    column("StorageClassName", "string", ({ storageClassName }) => storageClassName, "The class it is about."),
    column("Capacity", "string", ({ capacity }) => capacity ?? "<unset>", "What is left."),
  ],
});
