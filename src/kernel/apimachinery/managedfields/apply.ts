/**
 * Server-side apply: a configuration is merged into an object, what its manager gives up goes unless somebody else
 * owns it, and what others own and it would change is a conflict.
 *
 * Models sigs.k8s.io/structured-merge-diff/v6/merge/update.go (Apply, prune) and
 * apimachinery/pkg/util/managedfields/internal (structuredmerge.go, lastappliedmanager.go, lastappliedupdater.go).
 */
import type { ManagedFieldsEntry } from "#kernel/api/types.gen";
import { badRequest, unknownError } from "#kernel/apimachinery/errors";
import { compare } from "#kernel/apimachinery/managedfields/compare";
import { type Conflict, conflictError, conflictsOf, outside } from "#kernel/apimachinery/managedfields/conflict";
import { entryOf, isOf, type Managed, sortEntries, storedEntries } from "#kernel/apimachinery/managedfields/entries";
import { allowedByLastApplied, withLastApplied } from "#kernel/apimachinery/managedfields/last-applied";
import { merge } from "#kernel/apimachinery/managedfields/merge";
import { removeItems } from "#kernel/apimachinery/managedfields/remove";
import { isObject, type JsonObject } from "#kernel/apimachinery/managedfields/schema";
import {
  difference,
  type FieldSet,
  intersection,
  isEmpty,
  NOTHING,
  recursiveDifference,
  setOf,
  union,
} from "#kernel/apimachinery/managedfields/set";
import { toFieldSet, withNamedFields } from "#kernel/apimachinery/managedfields/to-set";
import {
  asField,
  comparisonIn,
  type Owned,
  ownedBeforeApply,
  STRIPPED,
  unowned,
  type Write,
} from "#kernel/apimachinery/managedfields/update";
import { schemaProblem } from "#kernel/apimachinery/managedfields/validate";
import type { GroupVersionKind } from "#kernel/apimachinery/meta";
import { timeText } from "#kernel/apimachinery/time";
import { equal } from "#kernel/sim/clone";

/** A configuration and how it is to be applied. */
export interface Application extends Write {
  readonly gvk: GroupVersionKind;
  /** As the client wrote it, only parsed. */
  readonly config: JsonObject;
  /** Takes fields from other managers. */
  readonly isForced: boolean;
}

/** What an apply makes of an object: the draft to write, and its managedFields. */
export interface Applied {
  readonly object: JsonObject;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

/** kubectl's own name as a manager: it alone migrates objects from client-side apply. */
const KUBECTL = "kubectl";

/**
 * Applies a configuration to an object, or makes one of it where there is none.
 * @throws Conflict (409), BadRequest for another kind or managedFields of its own, a 500 without a reason where the
 * configuration does not fit the kind's schema.
 */
export function apply(live: Owned | undefined, application: Application): Applied {
  const { config, shape, writer, gvk } = application;
  checkKind(config, gvk);
  const metadata = isObject(config["metadata"]) ? config["metadata"] : {};
  if (metadata["managedFields"] !== undefined && metadata["managedFields"] !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const problem = schemaProblem(config, shape);
  if (problem !== undefined) {
    throw unknownError(`failed to create typed patch object (${objectText(config, gvk)}): ${problem}`);
  }
  const managers = live === undefined ? [] : managersOf(live, application);
  const result = merged(live, managers, application);
  if (!application.isForced) {
    const isMigrating = writer.manager === KUBECTL && live !== undefined && result.conflicts.length > 0;
    const allowed = isMigrating ? allowedByLastApplied(live, application) : undefined;
    const conflicts = allowed === undefined ? result.conflicts : outside(result.conflicts, allowed);
    if (conflicts.length > 0) throw conflictError(conflicts);
  }
  const object = writer.manager === KUBECTL ? withLastApplied(result.object, config) : result.object;
  return { object, managedFields: asField(result.managers) };
}

function checkKind(config: JsonObject, { group, version, kind }: GroupVersionKind): void {
  const { apiVersion = "", kind: said = "" } = config;
  const expected = group === "" ? version : `${group}/${version}`;
  if (apiVersion === expected && said === kind) return;
  throw badRequest(`invalid object type: ${kindText(String(apiVersion ?? ""), String(said ?? ""))}`);
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
const kindText = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

/** An object as errors of field management name it: `default/web; apps/v1, Kind=Deployment`. */
export function objectText(object: JsonObject, { group, version, kind }: GroupVersionKind): string {
  const { namespace = "", name = "" } = (isObject(object["metadata"]) ? object["metadata"] : {}) as JsonObject;
  return `${namespace}/${name}; ${kindText(`${group}/${version}`, kind)}`;
}

function managersOf(live: Owned, application: Application): readonly Managed[] {
  const managers = storedEntries(live.metadata.managedFields);
  return managers.length > 0 ? managers : ownedBeforeApply(live, application);
}

interface Merged {
  readonly object: JsonObject;
  readonly managers: readonly Managed[];
  /** What stands against it; the managers are those after taking it all. */
  readonly conflicts: readonly Conflict[];
}

function merged(live: Owned | undefined, managers: readonly Managed[], application: Application): Merged {
  const { config, shape, writer, ignored, now } = application;
  const current = live === undefined ? {} : unowned(live);
  const ignoredFields = setOf(...[...ignored].map((name) => [`f:${name}`]));
  const set = recursiveDifference(toFieldSet(config, shape), ignoredFields);
  const others = managers.filter((entry) => !isOf(entry, writer));
  const last = managers.find((entry) => isOf(entry, writer));
  const whole = merge(current, config, shape);
  const owned = others.reduce((all, { fieldsV1 }) => union(all, fieldsV1), set);
  const object = last === undefined ? whole : pruned(whole, last, owned, application);

  const sides = { before: current, after: object };
  const changes = compare(current, object, shape, ignored);
  const found = others.map((entry) => ({ entry, changes: comparisonIn(entry, changes, sides, application) }));
  const conflicts = conflictsOf(
    found.map(({ entry, changes: theirs }) => ({
      entry,
      fields: theirs === undefined ? NOTHING : intersection(entry.fieldsV1, theirs.changed),
    })),
  );
  const after = found.flatMap(({ entry, changes: theirs }) => {
    // Who wrote in a version that is gone owns nothing any more.
    if (theirs === undefined) return [];
    const fieldsV1 = difference(entry.fieldsV1, union(theirs.changed, theirs.removed));
    if (fieldsV1 === entry.fieldsV1) return [entry];
    return isEmpty(fieldsV1) ? [] : [{ ...entry, fieldsV1 }];
  });
  const own = difference(set, STRIPPED);
  const isNoop = live !== undefined && equal(object, current);
  const time = isNoop ? last?.time : timeText(now);
  if (!isEmpty(own)) after.push(entryOf(writer, own, time));
  return { object, managers: sortEntries(after), conflicts };
}

/** What an entry owns in the writer's version: of another one, what goes from the object when its fields go. */
function setIn(
  { apiVersion, fieldsV1 }: Managed,
  merged: JsonObject,
  { shape, writer, versionOf }: Application,
): FieldSet {
  if (versionOf === undefined || apiVersion === writer.apiVersion) return fieldsV1;
  const other = versionOf(apiVersion);
  if (other === undefined) return NOTHING;
  const left = removeItems(other.convert(merged), withNamedFields(fieldsV1, other.shape), other.shape);
  return difference(toFieldSet(merged, shape), toFieldSet(other.back(left), shape));
}

/** The merged object without what its manager owned, owns no longer, and nobody else does. */
function pruned(merged: JsonObject, entry: Managed, owned: FieldSet, application: Application): JsonObject {
  const { shape } = application;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, shape);
  const all = named(toFieldSet(merged, shape));
  const without = (object: JsonObject): FieldSet => named(toFieldSet(object, shape));
  const last = setIn(entry, merged, application);
  const bare = removeItems(merged, named(last), shape);
  // Owned by others, or by this very configuration: back it comes.
  const kept = removeItems(merged, difference(all, union(without(bare), named(owned))), shape);
  // Never this manager's: back it comes too.
  const gone = intersection(difference(all, without(kept)), named(last));
  return removeItems(merged, gone, shape);
}
