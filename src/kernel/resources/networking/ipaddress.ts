/**
 * IPAddress: an address of the cluster's service range that somebody holds.
 *
 * Models pkg/registry/networking/ipaddress, pkg/apis/networking/validation and the table printer.
 */
import type { IPAddress, ParentReference } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, pathSegmentName } from "#kernel/apimachinery/formats";
import { ipAddress } from "#kernel/apimachinery/ip";
import { column, defineResource } from "#kernel/registry/definition";
import { nameColumn } from "#kernel/resources/core/table.columns";

export const ipaddresses = defineResource<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  names: { kind: "IPAddress", plural: "ipaddresses", singular: "ipaddress", short: ["ip"], listKind: "IPAddressList" },
  scope: "Cluster",
  nameFormat: "any",
  allowUnconditionalUpdate: true,

  validate({ metadata, spec }, at) {
    for (const text of ipAddress(metadata.name)) at("metadata.name").invalid(metadata.name, text);
    validateParent(spec?.parentRef, at.under("spec.parentRef"));
  },
  validateUpdate(one, old, at) {
    at("spec.parentRef").immutable(one.spec?.parentRef, old.spec?.parentRef);
  },

  table: [
    nameColumn,
    column("ParentRef", "string", ({ spec }) => parentText(spec?.parentRef), "Who holds the address."),
  ],

  indexes: { parent: ({ spec }) => (spec?.parentRef === undefined ? [] : [parentText(spec.parentRef)]) },
});

/** The holder as a row and an index show it: `services/default/kubernetes`. */
export function parentText(parent: ParentReference | undefined): string {
  if (parent === undefined) return "<none>";
  const { group = "", resource, namespace = "", name } = parent;
  const kind = (group === "" ? resource : `${resource}.${group}`).toLowerCase();
  return [kind, ...(namespace === "" ? [] : [namespace]), name].join("/");
}

function validateParent(parent: Partial<ParentReference> | undefined, at: At): void {
  if (parent === undefined) {
    at("").required();
    return;
  }
  const { group = "", resource = "", namespace = "", name = "" } = parent;
  if (group !== "") for (const text of dns1123Subdomain(group)) at("group").invalid(group, text);
  if (resource === "") at("resource").required();
  else for (const text of pathSegmentName(resource)) at("resource").invalid(resource, text);
  if (name === "") at("name").required();
  else for (const text of pathSegmentName(name)) at("name").invalid(name, text);
  if (namespace !== "") for (const text of pathSegmentName(namespace)) at("namespace").invalid(namespace, text);
}
