/**
 * Whether a CustomResourceDefinition is valid. Errors stand where the internal form has the fields: what all versions
 * agree on stands in the spec itself.
 *
 * Models apiextensions-apiserver/pkg/apis/apiextensions (validation/validation.go, v1/conversion.go).
 */
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1035Label, dns1123Subdomain } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { isBundle, validateWebhookClient } from "#kernel/resources/apiextensions/clientconfig.validate";
import {
  APPROVED_ANNOTATION,
  approvalOf,
  isEstablished,
  isProtectedGroup,
} from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import { validateSchema } from "#kernel/resources/apiextensions/schema.validate";
import { validateSelectableFields } from "#kernel/resources/apiextensions/selectablefields.validate";
import { printedVersions } from "#kernel/resources/apiextensions/versions.printed";
import { equal } from "#kernel/sim/clone";

type Version = CustomResourceDefinitionVersion;

/** Says what is wrong with a definition, and with its change if there was one before. */
export function validateDefinition(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
  at: At,
): void {
  const { metadata, spec } = crd;
  if (old === undefined) {
    for (const text of dns1123Subdomain(metadata.name)) at("metadata.name").invalid(metadata.name, text);
    if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
      at("metadata.name").invalid(metadata.name, 'must be spec.names.plural+"."+spec.group');
    }
  }
  validateSpec(crd, old, at.under("spec"));
  validateDefinitionStatus(crd, at);
  validateStoredVersions(crd, at.under("status.storedVersions"));
  validateApproval(crd, old, at);
  if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true) {
    at("spec.preserveUnknownFields").invalid(
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    );
  }
}

/** Says what is wrong with the names a definition was given. */
export function validateDefinitionStatus({ status }: CustomResourceDefinition, at: At): void {
  if (status?.acceptedNames !== undefined) validateNames(status.acceptedNames, at.under("status.acceptedNames"));
}

function validateStoredVersions({ spec, status }: CustomResourceDefinition, at: At): void {
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) {
    at("").invalid(stored, "must have at least one stored version");
    return;
  }
  for (const { name, storage } of spec.versions) {
    if (storage && !stored.includes(name)) at("").invalid(stored, `must have the storage version ${name}`);
  }
  for (const [n, name] of stored.entries()) {
    if (spec.versions.some((version) => version.name === name)) continue;
    at(`[${n}]`).invalid(
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a ` +
        `storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
  }
}

function validateApproval(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined, at: At): void {
  if (!isProtectedGroup(crd.spec.group)) return;
  const { state, text } = approvalOf(crd);
  if (old !== undefined && approvalOf(old).state === state) return;
  const problem = at(`metadata.annotations[${APPROVED_ANNOTATION}]`);
  if (state === "Missing") problem.required(text);
  else if (state === "Invalid") problem.invalid(crd.metadata.annotations?.[APPROVED_ANNOTATION], text);
}

function validateSpec(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined, at: At): void {
  const { spec } = crd;
  const { group, scope, names, versions } = spec;
  const groupErrors = dns1123Subdomain(group);
  if (group === "") at("group").required();
  else if (groupErrors.length > 0) at("group").invalid(group, groupErrors.join(","));
  else if (!group.includes(".")) at("group").invalid(group, "should be a domain with at least one dot");
  if (scope === "") at("scope").required();
  else if (scope !== "Cluster" && scope !== "Namespaced") at("scope").notSupported(scope, ["Cluster", "Namespaced"]);

  validateVersions(crd, old, at);
  for (const field of ["plural", "singular", "kind", "listKind"] as const) {
    if ((names[field] ?? "") === "") at(`names.${field}`).required();
  }
  validateNames(names, at.under("names"));
  const [first] = versions;
  const common = commonParts(versions);
  if (first !== undefined) validateParts(first, { crd, old, at, parts: common, schemaPath: "validation" });
  validateConversion(spec.conversion, { at: at.under("conversion"), checksBundle: checksBundle(old) });
  if (old === undefined) return;
  if (isEstablished(old)) {
    at("scope").immutable(scope, old.spec.scope);
    at("names.kind").immutable(names.kind, old.spec.names.kind);
  }
  at("group").immutable(group, old.spec.group);
  at("names.plural").immutable(names.plural, old.spec.names.plural);
}

/** Parts of a version that may stand in the spec instead, if all versions have the same. */
type Part = "schema" | "subresources" | "additionalPrinterColumns" | "selectableFields";

const PARTS: readonly Part[] = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];

function commonParts(versions: readonly Version[]): ReadonlySet<Part> {
  const [first, ...rest] = versions;
  return new Set(PARTS.filter((part) => first !== undefined && rest.every((other) => equal(other[part], first[part]))));
}

function validateVersions(crd: CustomResourceDefinition, old: CustomResourceDefinition | undefined, at: At): void {
  const { versions } = crd.spec;
  const common = commonParts(versions);
  const own = new Set(PARTS.filter((part) => !common.has(part)));
  for (const [n, { schema }] of versions.entries()) {
    if (schema?.openAPIV3Schema !== undefined) continue;
    at(`versions[${n}].schema.openAPIV3Schema`).required("schemas are required");
  }
  for (const [n, version] of versions.entries()) {
    const path = `versions[${n}]`;
    const errors = dns1035Label(version.name);
    if (errors.length > 0) at(`${path}.name`).invalid(version.name, errors.join(","));
    validateDeprecation(version, at.under(path));
    validateParts(version, { crd, old, at: at.under(path), parts: own, schemaPath: "schema" });
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    at("versions").invalid(printedVersions(versions, common), "must contain unique version names");
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = "must have exactly one version marked as storage version";
    at("versions").invalid(printedVersions(versions, common), detail);
  }
}

function validateDeprecation({ deprecated, deprecationWarning: text }: Version, at: At): void {
  if (text === undefined) return;
  const problem = at("deprecationWarning");
  if (deprecated !== true) {
    problem.invalid(text, "can only be set for deprecated versions");
    return;
  }
  if (byteLength(text) > 256) problem.invalid(text, "must be <= 256 characters long");
  if (text === "") problem.invalid(text, "must not be an empty string");
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(text);
  if (unprintable !== null) {
    const words = "must only contain printable UTF-8 characters; non-printable character found at index";
    problem.invalid(text, `${words} ${byteLength(text.slice(0, unprintable.index))}`);
  }
}

interface Examined {
  readonly crd: CustomResourceDefinition;
  readonly old: CustomResourceDefinition | undefined;
  readonly at: At;
  readonly parts: ReadonlySet<Part>;
  readonly schemaPath: string;
}

function validateParts(version: Version, { old, at, parts, schemaPath }: Examined): void {
  const schema = version.schema?.openAPIV3Schema;
  if (parts.has("schema") && schema !== undefined) {
    const before = old?.spec.versions.find(({ name }) => name === version.name)?.schema?.openAPIV3Schema;
    validateSchema(schema, {
      hasStatus: version.subresources?.status !== undefined,
      isUnchanged: before !== undefined && equal(before, schema),
      at: at.under(schemaPath),
    });
  }
  if (parts.has("subresources")) validateSubresources(version.subresources, at.under("subresources"));
  if (parts.has("additionalPrinterColumns")) {
    for (const [n, one] of (version.additionalPrinterColumns ?? []).entries()) {
      validateColumn(one, at.under(`additionalPrinterColumns[${n}]`));
    }
  }
  if (parts.has("selectableFields") && (version.selectableFields ?? []).length > 0) {
    validateSelectableFields(version.selectableFields ?? [], schema, at.under("selectableFields"));
  }
}

function validateSubresources(subresources: CustomResourceSubresources | undefined, at: At): void {
  const scale = subresources?.scale;
  if (scale === undefined) return;
  const paths = [
    ["scale.specReplicasPath", scale.specReplicasPath, [".spec."], "should be a json path under .spec"],
    ["scale.statusReplicasPath", scale.statusReplicasPath, [".status."], "should be a json path under .status"],
  ] as const;
  for (const [field, path, roots, detail] of paths) {
    if (path === "") at(field).required();
    else validatePath(path, roots, detail, at.under(field));
  }
  const { labelSelectorPath = "" } = scale;
  if (labelSelectorPath === "") return;
  const detail = "should be a json path under either .spec or .status";
  validatePath(labelSelectorPath, [".spec.", ".status."], detail, at.under("scale.labelSelectorPath"));
}

function validatePath(path: string, roots: readonly string[], detail: string, at: At): void {
  if (!path.startsWith(".")) at("").invalid(path, "must be a simple json path starting with .");
  else if (!roots.some((root) => path.startsWith(root))) at("").invalid(path, detail);
}

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

function validateColumn({ name, type, format = "", jsonPath }: CustomResourceColumnDefinition, at: At): void {
  if (name === "") at("name").required();
  const detail = `must be one of ${COLUMN_TYPES.join(",")}`;
  if (type === "") at("type").required(detail);
  else if (!COLUMN_TYPES.includes(type)) at("type").invalid(type, detail);
  if (format !== "" && !COLUMN_FORMATS.includes(format)) {
    at("format").invalid(format, `must be one of ${COLUMN_FORMATS.join(",")}`);
  }
  if (jsonPath === "") at("JSONPath").required();
  else if (!jsonPath.startsWith(".")) at("JSONPath").invalid(jsonPath, "must be a simple json path starting with .");
}

function validateNames(names: CustomResourceDefinitionNames, at: At): void {
  for (const field of ["plural", "singular"] as const) {
    const text = names[field] ?? "";
    const errors = dns1035Label(text);
    if (text !== "" && errors.length > 0) at(field).invalid(text, errors.join(","));
  }
  for (const field of ["kind", "listKind"] as const) {
    const text = names[field] ?? "";
    const errors = dns1035Label(text.toLowerCase());
    if (text !== "" && errors.length > 0) {
      at(field).invalid(text, `may have mixed case, but should otherwise match: ${errors.join(",")}`);
    }
  }
  validateWords(names.shortNames, at.under("shortNames"));
  if (names.kind !== "" && names.kind === names.listKind) {
    at("listKind").invalid(names.listKind, "kind and listKind may not be the same");
  }
  validateWords(names.categories, at.under("categories"));
}

function validateWords(words: readonly string[] | undefined, at: At): void {
  for (const [n, word] of (words ?? []).entries()) {
    const errors = dns1035Label(word);
    if (errors.length > 0) at(`[${n}]`).invalid(word, errors.join(","));
  }
}

/** Wrong certificates are refused from those whose certificates were right and in use. */
function checksBundle(old: CustomResourceDefinition | undefined): boolean {
  if (old === undefined || !isEstablished(old)) return false;
  const bundle = old.spec.conversion?.webhook?.clientConfig?.caBundle ?? "";
  return bundle === "" || isBundle(bundle);
}

function validateConversion(
  conversion: CustomResourceConversion | undefined,
  { at, checksBundle: checks }: { readonly at: At; readonly checksBundle: boolean },
): void {
  if (conversion === undefined) return;
  const { strategy, webhook } = conversion;
  if (strategy === "") at("strategy").required();
  else if (strategy !== "None" && strategy !== "Webhook") at("strategy").notSupported(strategy, ["None", "Webhook"]);
  const { clientConfig, conversionReviewVersions: reviews = [] } = webhook ?? { conversionReviewVersions: [] };
  if (strategy !== "Webhook") {
    const detail = "should not be set when strategy is not set to Webhook";
    if (clientConfig !== undefined) at("webhookClientConfig").forbidden(detail);
    if (reviews.length > 0) at("conversionReviewVersions").forbidden(detail);
    return;
  }
  if (clientConfig === undefined) at("webhookClientConfig").required("required when strategy is set to Webhook");
  else {
    validateWebhookClient(clientConfig, { at: at.under("webhookClientConfig"), checksBundle: checks });
  }
  validateReviews(reviews, at.under("conversionReviewVersions"));
}

function validateReviews(reviews: readonly string[], at: At): void {
  if (reviews.length === 0) {
    at("").required();
    return;
  }
  for (const [n, version] of reviews.entries()) {
    if (reviews.indexOf(version) < n) at(`[${n}]`).invalid(version, "duplicate version");
    else for (const text of dns1035Label(version)) at(`[${n}]`).invalid(version, text);
  }
  if (!reviews.includes("v1") && !reviews.includes("v1beta1")) {
    at("").invalid(reviews, "must include at least one of v1, v1beta1");
  }
}
