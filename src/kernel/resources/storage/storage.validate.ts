/**
 * Checks several kinds of storage share: names of provisioners, parameters.
 *
 * Models pkg/apis/storage/validation.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { qualifiedName } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";

const PARAMETERS_MAX = 512;
const PARAMETERS_BYTES_MAX = 256 * 1024;

/** Adds an error for what is no name of a provisioner or driver; `at` stands at the field. */
export function validateProvisioner(provisioner: string, at: At): void {
  if (provisioner === "") at("").required();
  // What is checked and shown is the name in lower case.
  const lower = provisioner.toLowerCase();
  if (provisioner !== "") for (const text of qualifiedName(lower)) at("").invalid(lower, text);
}

/** Adds an error for parameters that are too many or too long; `at` stands at the field. */
export function validateParameters(
  parameters: Readonly<Record<string, string>> = {},
  { mayBeEmpty }: { readonly mayBeEmpty: boolean },
  at: At,
): void {
  const entries = Object.entries(parameters);
  if (entries.length > PARAMETERS_MAX) {
    at("").tooLong("", PARAMETERS_MAX);
    return;
  }
  let sizeBytes = 0;
  for (const [key, value] of entries) {
    if (key === "") at("").invalid(key, "field can not be empty.");
    sizeBytes += byteLength(key) + byteLength(value);
  }
  if (sizeBytes > PARAMETERS_BYTES_MAX) at("").tooLong("", PARAMETERS_BYTES_MAX);
  if (!mayBeEmpty && entries.length === 0) at("").required("must contain at least one key/value pair");
}
