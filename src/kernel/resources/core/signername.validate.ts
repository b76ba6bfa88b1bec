/**
 * Whether the name of a signer is well formed: a domain and a path.
 *
 * Models pkg/apis/core/validation/names.go (ValidateSignerName).
 */
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, type Format } from "#kernel/apimachinery/formats";
import { byteLength, quote } from "#kernel/apimachinery/go-text";

const DOMAIN_BYTES_MAX = 253;
/** A domain, a slash, and a path with room for a namespace, a dot and a name. */
const NAME_BYTES_MAX = DOMAIN_BYTES_MAX + 1 + 253 + 63 + 1;

/** Adds an error for each wrong part of a signer's name; `at` stands at the field. */
export function validateSignerName(name: string, at: At): void {
  if (name === "") {
    at("").required();
    return;
  }
  const [domain = "", path = "", ...more] = name.split("/");
  if (!name.includes("/") || more.length > 0) {
    at("").invalid(name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  if (byteLength(domain) > DOMAIN_BYTES_MAX) at("").tooLong(domain, DOMAIN_BYTES_MAX);
  validateFirstWrong(domain, dns1123Label, at);
  if (!domain.includes(".")) at("").invalid(domain, "should be a domain with at least two segments separated by dots");
  validateFirstWrong(path, dns1123Subdomain, at);
  if (byteLength(name) > NAME_BYTES_MAX) at("").tooLong(name, NAME_BYTES_MAX);
}

/** One wrong label says enough of its segment. */
function validateFirstWrong(segment: string, format: Format, at: At): void {
  const wrong = segment.split(".").find((label) => format(label).length > 0);
  if (wrong === undefined) return;
  for (const text of format(wrong)) at("").invalid(segment, `validating label ${quote(wrong)}: ${text}`);
}
