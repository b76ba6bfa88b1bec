/**
 * Where a webhook is called: an https URL, or a Service of the cluster.
 *
 * Models apiserver/pkg/util/webhook/validation.go.
 */
import type { ApiextensionsServiceReference, ApiextensionsWebhookClientConfig } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain, portNumber } from "#kernel/apimachinery/formats";

const FORM = "; desired format: https://host[/path]";

/** Says what is wrong with the address of a webhook; its certificates are checked where `checksBundle`. */
export function validateWebhookClient(
  { url, service, caBundle = "" }: ApiextensionsWebhookClientConfig,
  { at, checksBundle }: { readonly at: At; readonly checksBundle: boolean },
): void {
  if ((url === undefined) === (service === undefined)) at("").required("exactly one of url or service is required");
  else if (url !== undefined) validateUrl(url, at.under("url"));
  else if (service !== undefined) validateService(service, at.under("service"));
  if (checksBundle && caBundle !== "" && !isBundle(caBundle)) {
    at("caBundle").invalid(caBundle, "unable to load root certificates: unable to parse bytes as PEM block");
  }
}

/** How "-----BEGIN CERTIFICATE" looks in base64, by the place of its first byte. */
const PEM_HEADS = ["LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR", "0tLS0tQkVHSU4gQ0VSVElGSUNBVE", "tLS0tLUJFR0lOIENFUlRJRklDQVRF"];

/** Whether base64 text holds a PEM certificate. */
export const isBundle = (base64: string): boolean => PEM_HEADS.some((head) => base64.includes(head));

function validateUrl(text: string, at: At): void {
  const found = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(text);
  const [, scheme = "", authority = "", , query = "", fragment = ""] = found ?? [];
  const [host = "", user] = authority.split("@").reverse();
  const problem = at("");
  if (scheme.toLowerCase() !== "https") {
    problem.invalid(scheme.toLowerCase(), `'https' is the only allowed URL scheme${FORM}`);
  }
  if (host === "") problem.invalid(host, `host must be specified${FORM}`);
  if (user !== undefined) problem.invalid(user, "user information is not permitted in the URL");
  if (fragment !== "") problem.invalid(fragment, "fragments are not permitted in the URL");
  if (query !== "") problem.invalid(query, "query parameters are not permitted in the URL");
}

function validateService({ name, namespace, path, port = 443 }: ApiextensionsServiceReference, at: At): void {
  if (name === "") at("name").required("service name is required");
  if (namespace === "") at("namespace").required("service namespace is required");
  const errors = portNumber(port);
  if (errors.length > 0) at("port").invalid(port, `port is not valid: ${errors.join(",")}`);
  if (path !== undefined) validatePath(path, at.under("path"));
}

function validatePath(path: string, at: At): void {
  if (path === "" || path === "/") return;
  if (path === "//") {
    at("").invalid(path, "segment[0] may not be empty");
    return;
  }
  if (!path.startsWith("/")) at("").invalid(path, "must start with a '/'");
  for (const [n, segment] of path.slice(1).replace(/\/$/, "").split("/").entries()) {
    if (segment === "") at("").invalid(path, `segment[${n}] may not be empty`);
    else for (const failure of dns1123Subdomain(segment)) at("").invalid(path, `segment[${n}]: ${failure}`);
  }
}
