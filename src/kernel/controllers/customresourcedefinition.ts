/**
 * CustomResourceDefinition controllers: names are accepted and kinds established as soon as nothing stands against it;
 * a definition that goes takes its objects with it.
 *
 * Models apiextensions-apiserver/pkg/controller (status, establish, apiapproval, finalizer).
 * Leaves out NonStructuralSchema: validation lets no such schema in.
 */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { quote } from "#kernel/apimachinery/go-text";
import { hasFinalizer, type Key, keyOf, setCondition } from "#kernel/apimachinery/meta";
import { watchingEverything } from "#kernel/controllers/shared/kinds";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself, type Outcome } from "#kernel/registry/controller";
import { storedResource } from "#kernel/resources/apiextensions/custom/resource";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import {
  approvalOf,
  CLEANUP_FINALIZER,
  conditionOf,
  isEstablished,
  isProtectedGroup,
} from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import { equal } from "#kernel/sim/clone";

type Condition = Omit<CustomResourceDefinitionCondition, "lastTransitionTime">;

export const customResourceDefinitionController: Controller = {
  name: "crd-controller",
  component: "apiserver",
  watches: [
    itself(customresourcedefinitions),
    watchingEverything(({ bucket, type, object }, client) => {
      if (type !== "DELETED") return [];
      // A name that is free again may be what another definition of the group waits for.
      if (bucket === customresourcedefinitions.bucket) return siblings(client, object as CustomResourceDefinition);
      const key = { namespace: "", name: bucket };
      return client.get(customresourcedefinitions, key)?.metadata.deletionTimestamp === undefined ? [] : [key];
    }),
  ],

  reconcile(context, key) {
    const crd = context.client.get(customresourcedefinitions, key);
    if (crd === undefined) return done;
    if (crd.metadata.deletionTimestamp !== undefined) return cleanUp(context, crd);
    return accept(context, crd);
  },
};

function siblings(client: Client, { metadata, spec }: CustomResourceDefinition): Key[] {
  return client
    .list(customresourcedefinitions)
    .filter((other) => other.spec.group === spec.group && other.metadata.name !== metadata.name)
    .map(keyOf);
}

const say = (type: string, status: string, reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
});

function accept({ client, now }: Context, crd: CustomResourceDefinition): Outcome {
  const { names, condition } = acceptedNames(client, crd);
  const found: Condition[] = [condition];
  if (!isEstablished(crd)) {
    found.push(
      condition.status === "True"
        ? say("Established", "True", "InitialNamesAccepted", "the initial names have been accepted")
        : say("Established", "False", "NotAccepted", "not all names are accepted"),
    );
  }
  if (isProtectedGroup(crd.spec.group)) found.push(approval(crd));
  let conditions = crd.status?.conditions ?? [];
  for (const one of found) {
    const present = conditionOf(crd, one.type);
    const isSame = present?.status === one.status && present.reason === one.reason && present.message === one.message;
    if (!isSame) conditions = setCondition<CustomResourceDefinitionCondition>(conditions, one, now);
  }
  const status = { ...crd.status, acceptedNames: names, conditions };
  if (equal(status, crd.status)) return done;
  client.updateStatus(customresourcedefinitions, crd, status);
  return done;
}

const APPROVALS = {
  Missing: ["False", "MissingAnnotation"],
  Bypassed: ["False", "UnapprovedAnnotation"],
  Invalid: ["False", "InvalidAnnotation"],
  Approved: ["True", "ApprovedAnnotation"],
} as const;

function approval(crd: CustomResourceDefinition): Condition {
  const { state, text } = approvalOf(crd);
  const [status, reason] = APPROVALS[state];
  return say("KubernetesAPIApprovalPolicyConformant", status, reason, text);
}

interface Accepted {
  readonly names: CustomResourceDefinitionNames;
  readonly condition: Condition;
}

/** The names a definition may have now: those that no other one of its group has. */
function acceptedNames(client: Client, crd: CustomResourceDefinition): Accepted {
  const wanted = crd.spec.names;
  const accepted = crd.status?.acceptedNames ?? { plural: "", kind: "" };
  const { resources, kinds } = takenNames(client, crd);
  const names: CustomResourceDefinitionNames = { ...accepted };
  let refused: Condition | undefined;
  const refuse = (reason: string, ...taken: readonly string[]): void => {
    const texts = taken.map((name) => `${quote(name)} is already in use`);
    const message = texts.length === 1 ? (texts[0] as string) : `[${texts.join(", ")}]`;
    refused = say("NamesAccepted", "False", reason, message);
  };
  const claim = (field: "plural" | "singular" | "kind" | "listKind", reason: string, taken: ReadonlySet<string>) => {
    const name = wanted[field] ?? "";
    if (name !== accepted[field] && taken.has(name)) refuse(reason, name);
    else names[field] = name;
  };
  claim("plural", "PluralConflict", resources);
  claim("singular", "SingularConflict", resources);
  const mine = new Set(accepted.shortNames);
  const taken = (wanted.shortNames ?? []).filter((name) => !mine.has(name) && resources.has(name));
  if (taken.length > 0) refuse("ShortNamesConflict", ...taken);
  else if (wanted.shortNames === undefined) delete names.shortNames;
  else names.shortNames = wanted.shortNames;
  claim("kind", "KindConflict", kinds);
  claim("listKind", "ListKindConflict", kinds);
  if (wanted.categories === undefined) delete names.categories;
  else names.categories = wanted.categories;
  return { names, condition: refused ?? say("NamesAccepted", "True", "NoConflicts", "no conflicts found") };
}

function takenNames(client: Client, crd: CustomResourceDefinition) {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { metadata, spec, status } of client.list(customresourcedefinitions)) {
    if (spec.group !== crd.spec.group || metadata.name === crd.metadata.name) continue;
    const { plural = "", singular = "", shortNames = [], kind = "", listKind = "" } = status?.acceptedNames ?? {};
    for (const name of [plural, singular, ...shortNames]) resources.add(name);
    for (const name of [kind, listKind]) kinds.add(name);
  }
  return { resources, kinds };
}

/**
 * Deletes every object of a definition's kind; the definition goes when none is left.
 * @throws what keeps the objects from being read, once the definition says so
 */
function cleanUp({ client, now }: Context, crd: CustomResourceDefinition): Outcome {
  if (!hasFinalizer(crd, CLEANUP_FINALIZER)) return done;
  const { condition, error } = deleteInstances(client, crd);
  const conditions = setCondition<CustomResourceDefinitionCondition>(crd.status?.conditions ?? [], condition, now);
  const marked = client.updateStatus(customresourcedefinitions, crd, { ...crd.status, conditions });
  if (error !== undefined) throw error;
  if (condition.status === "True") return done;
  const { finalizers = [], ...metadata } = marked.metadata;
  const kept = finalizers.filter((name) => name !== CLEANUP_FINALIZER);
  client.update(customresourcedefinitions, {
    ...marked,
    metadata: { ...metadata, ...(kept.length > 0 && { finalizers: kept }) },
  });
  return done;
}

function deleteInstances(
  client: Client,
  crd: CustomResourceDefinition,
): { readonly condition: Condition; readonly error?: StatusError } {
  const resource = client.registry.resourceOfBucket(crd.metadata.name) ?? storedResource(crd);
  if (!isEstablished(crd) || resource === undefined) {
    return { condition: say("Terminating", "False", "NeverEstablished", "resource was never established") };
  }
  try {
    for (const object of client.list(resource)) {
      if (object.metadata.deletionTimestamp === undefined) client.delete(resource, keyOf(object));
    }
    const isOver = client.list(resource).length === 0;
    const condition = isOver
      ? say("Terminating", "False", "InstanceDeletionCompleted", "removed all instances")
      : say("Terminating", "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress");
    return { condition };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const text = `could not list instances: ${error.message}`;
    return { condition: say("Terminating", "True", "InstanceDeletionFailed", text), error };
  }
}
