/**
 * History: the ControllerRevisions in which StatefulSets and DaemonSets remember their templates.
 *
 * Models pkg/controller/history/controller_history.go.
 */
import type { ControllerRevision, PodTemplateSpec } from "#kernel/api/types.gen";
import { isStatus } from "#kernel/apimachinery/errors";
import { ownerReferenceTo } from "#kernel/apimachinery/meta";
import { parseTime } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import type { Resource } from "#kernel/registry/definition";
import { controllerrevisions } from "#kernel/resources/apps/controllerrevision";
import { clone, equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

type Data = NonNullable<ControllerRevision["data"]>;

/** What a revision says: a patch that puts its template back, as `kubectl rollout undo` applies it. */
export const templatePatch = (template: PodTemplateSpec): Data => ({
  spec: { template: { ...(clone(template) as unknown as Record<string, unknown>), $patch: "replace" } },
});

/** True if both revisions put back the same template. */
export const isSameRevision = (data: Data, { data: other }: ControllerRevision): boolean => equal(data, other);

/** Orders revisions by number, then by age, then by name: the newest last. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return (
    a.revision - b.revision ||
    ageOf(a) - ageOf(b) ||
    (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0)
  );
}

const ageOf = ({ metadata }: ControllerRevision): number => parseTime(metadata.creationTimestamp ?? "");

/** What a new revision is made of. */
export interface NewRevision {
  readonly owner: KubeObject;
  readonly kind: Resource<KubeObject>;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Data;
  readonly revision: number;
  /** The end of its name, and a label, for so many collisions. */
  hash(collisions: number): string;
  /** The label that carries the hash. */
  readonly hashLabel: string;
}

/**
 * Creates a revision under a free name; a namesake that says the same is taken for it. Gives it with the number of
 * collisions there have been.
 */
export function createRevision(
  client: Client,
  wanted: NewRevision,
  collisions: number,
): { readonly created: ControllerRevision; readonly collisions: number } {
  const { owner, kind, data, revision, hashLabel } = wanted;
  const namespace = owner.metadata.namespace ?? "";
  for (let count = collisions; ; count += 1) {
    const hash = wanted.hash(count);
    const name = `${owner.metadata.name}-${hash}`;
    try {
      const created = client.create(controllerrevisions, {
        metadata: {
          name,
          namespace,
          labels: { ...wanted.labels, [hashLabel]: hash },
          ...(owner.metadata.annotations && { annotations: owner.metadata.annotations }),
          ownerReferences: [ownerReferenceTo(owner, kind.gvk)],
        },
        data,
        revision,
      });
      return { created, collisions: count };
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const found = client.get(controllerrevisions, { namespace, name });
      if (found !== undefined && isSameRevision(data, found)) return { created: found, collisions: count };
    }
  }
}

/** Gives a revision a higher number: what it says is wanted again. */
export function renumber(client: Client, old: ControllerRevision, revision: number): ControllerRevision {
  return old.revision === revision ? old : client.update(controllerrevisions, { ...old, revision });
}
