/**
 * The CSINode of each node: which storage drivers its kubelet knows.
 *
 * Models pkg/volume/csi/nodeinfomanager.
 */
import type { Node } from "#kernel/api/types.gen";
import type { Client } from "#kernel/registry/client";
import { csinodes } from "#kernel/resources/storage/csinode";

/** Old volume plugins whose work drivers do now. */
const MIGRATED_PLUGINS = ["aws-ebs", "azure-disk", "azure-file", "cinder", "gce-pd", "vsphere-volume"]
  .map((name) => `kubernetes.io/${name}`)
  .join(",");

/** Makes the object, if it is not there: no node has a driver before one registers. */
export function makeCsiNode(client: Client, { metadata: { name, uid } }: Node): void {
  if (client.get(csinodes, { namespace: "", name }) !== undefined) return;
  const ownerReferences = [{ apiVersion: "v1", kind: "Node", name, uid }];
  const annotations = { "storage.alpha.kubernetes.io/migrated-plugins": MIGRATED_PLUGINS };
  client.create(csinodes, { metadata: { name, annotations, ownerReferences }, spec: { drivers: [] } });
}
