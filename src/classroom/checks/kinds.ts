/**
 * Kinds as checks name them: `deployments.apps`, `deployment`, `deploy` or `Deployment`.
 */
import { z } from "zod";
import type { Cluster } from "#kernel/cluster/cluster";
import type { AnyResource } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** A kind's name in a check. */
export const kindSchema = z.string().min(1).max(100);

/** The kind of a name; undefined if the cluster serves none such. */
export function kindNamed({ registry }: Cluster, name: string): AnyResource | undefined {
  const wanted = name.toLowerCase();
  return [...registry.resources].find(({ bucket, names: { plural, singular, short = [], kind } }) =>
    [bucket, plural, singular, kind.toLowerCase(), ...short].includes(wanted),
  );
}

/** The namespace a check means for a kind: none for cluster-scoped ones. */
export const namespaceFor = (resource: AnyResource, namespace: string | undefined): string =>
  resource.isNamespaced ? (namespace ?? "default") : "";

/** `Deployment default/hello-world`, `Node node-1`. */
export function nameText({ names }: AnyResource, { metadata }: Pick<KubeObject, "metadata">): string {
  const { namespace = "", name } = metadata;
  return `${names.kind} ${namespace === "" ? name : `${namespace}/${name}`}`;
}
