/**
 * How many pods the controller of a pod wants: asked of the kinds that have a size.
 *
 * Models pkg/controller/disruption (the finders of disruption.go).
 */
import type { Pod } from "#kernel/api/types.gen";
import { unknownError } from "#kernel/apimachinery/errors";
import { controllerOf, type OwnerReference, parseApiVersion } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { deployments } from "#kernel/resources/apps/deployment";
import { replicasets } from "#kernel/resources/apps/replicaset";
import type { KubeObject } from "#kernel/store/object";

export interface OwnScale {
  /** Of the object that has the size: a Deployment, for a pod of one of its ReplicaSets. */
  readonly uid: string;
  readonly scale: number;
}

/** Gives the size of a pod's controller; one that is gone has none. @throws StatusError if its kind has no size */
export function scaleOf(client: Client, pod: Pod, owner: OwnerReference): OwnScale {
  const namespace = pod.metadata.namespace ?? "";
  const { group = "", version = "" } = parseApiVersion(owner.apiVersion) ?? {};
  const resource = client.registry.resourceOfKind({ group, version, kind: owner.kind });
  if (resource === undefined) {
    throw unknownError(`no matches for kind "${owner.kind}" in version "${owner.apiVersion}"`);
  }
  if (resource.subresources?.scale === undefined) {
    const name = group === "" ? resource.names.plural : `${resource.names.plural}.${group}`;
    throw unknownError(`${name} does not implement the scale subresource`);
  }
  const found = client.get(resource, { namespace, name: owner.name }) as KubeObject | undefined;
  if (found === undefined || found.metadata.uid !== owner.uid) return { uid: owner.uid, scale: 0 };
  const parent = resource.bucket === replicasets.bucket ? controllerOf(found) : undefined;
  if (parent?.kind === "Deployment") {
    const deployment = client.get(deployments, { namespace, name: parent.name });
    if (deployment?.metadata.uid === parent.uid) return { uid: parent.uid, scale: deployment.spec.replicas ?? 1 };
  }
  return { uid: owner.uid, scale: client.scale(resource, { namespace, name: owner.name }).spec.replicas ?? 0 };
}
