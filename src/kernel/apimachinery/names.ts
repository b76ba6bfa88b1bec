/**
 * Whether an object's metadata is well formed: names, labels, annotations, finalizers, owners.
 *
 * Models apimachinery/pkg/api/validation/objectmeta.go and pkg/apis/meta/v1/validation.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { asPrefix, dns1123Label, type Format, negativeText, qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength, compareText } from "#kernel/apimachinery/go-text";
import { validateLabels } from "#kernel/apimachinery/labels";
import { parseApiVersion } from "#kernel/apimachinery/meta";

export * from "#kernel/apimachinery/formats";
export { cidr, ipAddress } from "#kernel/apimachinery/ip";

/** The part of ObjectMeta that is validated. */
export interface ValidatedMeta {
  readonly name?: string | undefined;
  readonly generateName?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: unknown;
  readonly deletionTimestamp?: unknown;
  readonly deletionGracePeriodSeconds?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly Owner[] | undefined;
  readonly finalizers?: readonly string[] | undefined;
  readonly managedFields?: readonly ManagedFieldsEntry[] | undefined;
}

interface Owner {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly controller?: boolean | undefined;
}

interface ManagedFieldsEntry {
  readonly operation?: string | undefined;
  readonly fieldsType?: string | undefined;
  readonly manager?: string | undefined;
  readonly subresource?: string | undefined;
}

const annotationsSizeBytesMax = 256 * 1024;
const fieldManagerBytesMax = 128;
const subresourceBytesMax = 256;

/**
 * Adds an error for each malformed part of an object's metadata on creation, after a name was generated.
 * `nameFormat` is the resource's; `at` stands at the metadata.
 */
export function validateObjectMeta(args: {
  readonly meta: ValidatedMeta;
  readonly namespaced: boolean;
  readonly nameFormat: Format;
  readonly at: At;
}): void {
  const { meta, namespaced, nameFormat, at } = args;
  const generateName = meta.generateName ?? "";
  const name = meta.name ?? "";
  if (generateName !== "") {
    for (const text of asPrefix(nameFormat)(generateName)) at("generateName").invalid(generateName, text);
  }
  if (name === "") at("name").required("name or generateName is required");
  else for (const text of nameFormat(name)) at("name").invalid(name, text);
  validateNamespace(meta.namespace ?? "", namespaced, at);
  if ((meta.generation ?? 0) < 0) at("generation").invalid(meta.generation, negativeText);
  validateBody(meta, at);
  validateFinalizers(meta.finalizers ?? [], at.under("finalizers"));
  validateManagedFields(meta.managedFields ?? [], at.under("managedFields"));
}

function validateNamespace(namespace: string, namespaced: boolean, at: At): void {
  if (!namespaced) {
    if (namespace !== "") at("namespace").forbidden("not allowed on this type");
    return;
  }
  if (namespace === "") at("namespace").required();
  else for (const text of dns1123Label(namespace)) at("namespace").invalid(namespace, text);
}

/** What creation and update check alike. */
function validateBody(meta: ValidatedMeta, at: At): void {
  validateLabels(meta.labels, at.under("labels"));
  validateAnnotations(meta.annotations, at.under("annotations"));
  validateOwnerReferences(meta.ownerReferences ?? [], at.under("ownerReferences"));
}

/** Adds an error for each malformed annotation key and for more than 256 KiB of annotations. */
export function validateAnnotations(annotations: Readonly<Record<string, string>> | undefined, at: At): void {
  let sizeBytes = 0;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    // Unlike a label's, the key's prefix may have upper case.
    for (const text of qualifiedName(key.toLowerCase())) at("").invalid(key, text);
    sizeBytes += byteLength(key) + byteLength(value);
  }
  if (sizeBytes > annotationsSizeBytesMax) at("").tooLong("", annotationsSizeBytesMax);
}

function validateOwnerReferences(owners: readonly Owner[], at: At): void {
  let first = "";
  for (const owner of owners) {
    validateOwnerReference(owner, at);
    if (owner.controller !== true) continue;
    const current = `${owner.kind ?? ""}/${owner.name ?? ""}`;
    if (first !== "") at("").invalid(owners, onlyOneController(first, current));
    else first = current;
  }
}

const onlyOneController = (first: string, second: string): string =>
  `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;

function validateOwnerReference(owner: Owner, at: At): void {
  const { apiVersion = "", kind = "", name = "", uid = "" } = owner;
  const { group, version } = parseApiVersion(apiVersion) ?? { group: "", version: "" };
  if (version === "") at("apiVersion").invalid(apiVersion, "version must not be empty");
  if (kind === "") at("kind").invalid(kind, "must not be empty");
  if (name === "") at("name").invalid(name, "must not be empty");
  if (uid === "") at("uid").invalid(uid, "must not be empty");
  if (group === "" && version === "v1" && kind === "Event") {
    at("").invalid(owner, "/v1, Kind=Event is disallowed from being an owner");
  }
}

/** Adds an error for each malformed finalizer and for two that exclude each other. */
export function validateFinalizers(finalizers: readonly string[], at: At): void {
  for (const finalizer of finalizers) {
    for (const text of qualifiedName(finalizer)) at("").invalid(finalizer, text);
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    at("").invalid(finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
  }
}

const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

/** Adds an error for a finalizer that is neither a standard one nor says whose it is. */
export function validateOwnedFinalizer(finalizer: string, at: At): void {
  if (finalizer.includes("/") || STANDARD_FINALIZERS.has(finalizer)) return;
  at("").invalid(finalizer, "name is neither a standard finalizer name nor is it fully qualified");
}

function validateManagedFields(entries: readonly ManagedFieldsEntry[], at: At): void {
  entries.forEach((entry, i) => {
    const { operation = "", fieldsType = "", manager = "", subresource = "" } = entry;
    const entryAt = at.under(`[${i}]`);
    if (operation !== "Apply" && operation !== "Update") {
      entryAt("operation").invalid(operation, "must be `Apply` or `Update`");
    }
    if (fieldsType !== "" && fieldsType !== "FieldsV1") entryAt("fieldsType").invalid(fieldsType, "must be `FieldsV1`");
    validateFieldManager(manager, entryAt.under("manager"));
    if (byteLength(subresource) > subresourceBytesMax) entryAt("subresource").tooLong(subresource, subresourceBytesMax);
  });
}

/** Adds an error for a field manager that is too long or has characters that cannot be printed. */
export function validateFieldManager(manager: string, at: At): void {
  if (byteLength(manager) > fieldManagerBytesMax) at("").tooLong(manager, fieldManagerBytesMax);
  let position = 0;
  for (const char of manager) {
    if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      at("").invalid(manager, `invalid character U+${code} (at position ${position})`);
    }
    position += byteLength(char);
  }
}

/** Adds an error for each malformed part of an object's metadata on update, and for each part that must not change. */
export function validateObjectMetaUpdate(meta: ValidatedMeta, old: ValidatedMeta, at: At): void {
  if (isSet(old.deletionTimestamp)) validateNoNewFinalizers(meta.finalizers ?? [], old.finalizers ?? [], at);
  if ((meta.resourceVersion ?? "") === "") at("resourceVersion").invalid("", "must be specified for an update");
  if ((meta.generation ?? 0) < (old.generation ?? 0)) at("generation").invalid(meta.generation ?? 0, decremented);
  at("name").immutable(meta.name ?? "", old.name ?? "");
  at("namespace").immutable(meta.namespace ?? "", old.namespace ?? "");
  at("uid").immutable(meta.uid ?? "", old.uid ?? "");
  at("creationTimestamp").immutable(meta.creationTimestamp, old.creationTimestamp);
  at("deletionTimestamp").immutable(meta.deletionTimestamp, old.deletionTimestamp);
  at("deletionGracePeriodSeconds").immutable(meta.deletionGracePeriodSeconds, old.deletionGracePeriodSeconds);
  validateBody(meta, at);
  validateManagedFields(meta.managedFields ?? [], at.under("managedFields"));
}

const decremented = "must not be decremented";
const isSet = (value: unknown): boolean => value !== undefined && value !== null;

function validateNoNewFinalizers(now: readonly string[], before: readonly string[], at: At): void {
  const extra = [...new Set(now)].filter((finalizer) => !before.includes(finalizer)).sort(compareText);
  if (extra.length === 0) return;
  const list = `[]string{${extra.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`;
  at("finalizers").forbidden(
    `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
  );
}
