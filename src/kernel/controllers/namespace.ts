/**
 * Namespace controller: empties a namespace that is being deleted, pods first, and then lets it go.
 *
 * Models pkg/controller/namespace/deletion.
 */
import type { Namespace, NamespaceCondition } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { keyOf, setCondition } from "#kernel/apimachinery/meta";
import { oneByBucket, watchingEverything } from "#kernel/controllers/shared/kinds";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself } from "#kernel/registry/controller";
import type { AnyResource } from "#kernel/registry/definition";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";

/** The finalizer every namespace has in its spec. */
const KUBERNETES = "kubernetes";

export const namespaceController: Controller = {
  name: "namespace-controller",
  component: "controllerManager",
  watches: [
    itself(namespaces),
    watchingEverything(({ type, key: { namespace } }, client) => {
      if (type !== "DELETED" || namespace === "") return [];
      const key = { namespace: "", name: namespace };
      return client.get(namespaces, key)?.metadata.deletionTimestamp === undefined ? [] : [key];
    }),
  ],

  reconcile(context, key) {
    const { client } = context;
    const namespace = client.get(namespaces, key);
    if (namespace?.metadata.deletionTimestamp === undefined) return done;
    if (!(namespace.spec.finalizers ?? []).includes(KUBERNETES)) return done;

    const remains = empty(client, key.name);
    const marked = report(context, namespace, remains);
    if (remains.failures.length === 0 && remains.objects.size === 0) finalize(client, marked);
    const [failure] = remains.failures;
    if (failure !== undefined) throw failure;
    return done;
  },
};

/** What is still there after everything has been asked to go. */
interface Remains {
  /** Count of objects by `pods.` or `deployments.apps`. */
  readonly objects: Map<string, number>;
  /** Count of objects by finalizer. */
  readonly finalizers: Map<string, number>;
  readonly failures: StatusError[];
}

/** Asks every object of a namespace to go; other kinds wait until the last pod is gone. */
function empty(client: Client, namespace: string): Remains {
  const remains: Remains = { objects: new Map(), finalizers: new Map(), failures: [] };
  emptyKind(client, pods, namespace, remains);
  if (remains.objects.size > 0 || remains.failures.length > 0) return remains;
  for (const resource of oneByBucket(client.registry.resources)) {
    if (!resource.isNamespaced || !resource.verbs.includes("delete")) continue;
    emptyKind(client, resource, namespace, remains);
  }
  return remains;
}

function emptyKind(client: Client, resource: AnyResource, namespace: string, remains: Remains): void {
  for (const object of client.list(resource, { namespace })) {
    if (object.metadata.deletionTimestamp !== undefined) continue;
    try {
      client.delete(resource, keyOf(object), { propagationPolicy: "Background" });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      remains.failures.push(error);
    }
  }
  const left = client.list(resource, { namespace });
  if (left.length === 0) return;
  remains.objects.set(`${resource.names.plural}.${resource.group}`, left.length);
  for (const { metadata } of left) {
    for (const finalizer of metadata.finalizers ?? []) {
      remains.finalizers.set(finalizer, (remains.finalizers.get(finalizer) ?? 0) + 1);
    }
  }
}

/** Lists counts in order: `pods. has 2 resource instances, secrets. has 1 resource instances`. */
const counted = (counts: ReadonlyMap<string, number>, verb: string): string =>
  [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .join(", ");

/** Writes what is left into the namespace's conditions. */
function report({ client, now }: Context, namespace: Namespace, { objects, finalizers, failures }: Remains): Namespace {
  const failed = failures.map(({ message }) => message).join(", ");
  const found: Omit<NamespaceCondition, "lastTransitionTime">[] = [
    say("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
    say(
      "NamespaceDeletionGroupVersionParsingFailure",
      "False",
      "ParsedGroupVersions",
      "All legacy kube types successfully parsed",
    ),
    failures.length > 0
      ? say(
          "NamespaceDeletionContentFailure",
          "True",
          "ContentDeletionFailed",
          `Failed to delete all resource types, ${failures.length} remaining: ${failed}`,
        )
      : say(
          "NamespaceDeletionContentFailure",
          "False",
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization",
        ),
    objects.size > 0
      ? say(
          "NamespaceContentRemaining",
          "True",
          "SomeResourcesRemain",
          `Some resources are remaining: ${counted(objects, "has")}`,
        )
      : say("NamespaceContentRemaining", "False", "ContentRemoved", "All content successfully removed"),
    finalizers.size > 0
      ? say(
          "NamespaceFinalizersRemaining",
          "True",
          "SomeFinalizersRemain",
          `Some content in the namespace has finalizers remaining: ${counted(finalizers, "in")}`,
        )
      : say(
          "NamespaceFinalizersRemaining",
          "False",
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished",
        ),
  ];
  let conditions = namespace.status?.conditions ?? [];
  for (const condition of found) conditions = setCondition<NamespaceCondition>(conditions, condition, now);
  return client.updateStatus(namespaces, namespace, { ...namespace.status, phase: "Terminating", conditions });
}

const say = (type: string, status: string, reason: string, message: string) => ({ type, status, reason, message });

/** Gives up the claim that keeps the namespace: it goes with this write, unless somebody else holds it. */
function finalize(client: Client, namespace: Namespace): void {
  const finalizers = (namespace.spec.finalizers ?? []).filter((one) => one !== KUBERNETES);
  client.update(namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, { subresource: "finalize" });
}
