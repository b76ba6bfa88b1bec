/**
 * Webhooks of either kind: their defaults, and whether they are well formed.
 *
 * Models pkg/apis/admissionregistration (v1/defaults.go, validation/validation.go) and apiserver/pkg/util/webhook.
 */
import type { MutatingWebhook, ValidatingWebhook, WebhookClientConfig } from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { dns1035Label, dns1123Subdomain, portNumber } from "#kernel/apimachinery/formats";
import { validateLabelSelector } from "#kernel/apimachinery/labels";
import {
  FAILURE_POLICIES,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  setRuleDefaults,
  validateConditions,
  validateRule,
} from "#kernel/resources/admissionregistration/rule.validate";
import { eachAt, mustBeOneOf, numberMustFit } from "#kernel/resources/core/pod.validate.fields";

type Webhook = ValidatingWebhook & Pick<MutatingWebhook, "reinvocationPolicy">;

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun"];

/** What a webhook that says nothing about it does. */
export function setWebhookDefaults(webhooks: readonly Webhook[] | undefined, isMutating: boolean): void {
  for (const webhook of webhooks ?? []) {
    webhook.failurePolicy ??= "Fail";
    webhook.matchPolicy ??= "Equivalent";
    webhook.namespaceSelector ??= {};
    webhook.objectSelector ??= {};
    webhook.timeoutSeconds ??= 10;
    if (isMutating) webhook.reinvocationPolicy ??= "Never";
    const { service } = webhook.clientConfig ?? {};
    if (service !== undefined) service.port ??= 443;
    setRuleDefaults(webhook.rules);
  }
}

/** Adds an error for each wrong webhook. */
export function validateWebhooks(webhooks: readonly Webhook[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [webhook, ownAt] of eachAt(webhooks, at)) {
    validateWebhook(webhook, ownAt);
    validateConditions(webhook.matchConditions, false, ownAt.under("matchConditions"));
    validateVersions(webhook.admissionReviewVersions ?? [], ownAt.under("admissionReviewVersions"));
    if (webhook.name === "") continue;
    if (seen.has(webhook.name)) ownAt("name").duplicate(webhook.name);
    seen.add(webhook.name);
  }
}

function validateWebhook(webhook: Webhook, at: At): void {
  validateDomain(webhook.name ?? "", at("name"));
  for (const [rule, ownAt] of eachAt(webhook.rules, at.under("rules"))) validateRule(rule, ownAt);
  mustBeOneOf(at("failurePolicy"), webhook.failurePolicy ?? "Fail", FAILURE_POLICIES);
  mustBeOneOf(at("matchPolicy"), webhook.matchPolicy ?? "Equivalent", MATCH_POLICIES);
  if ((webhook.sideEffects ?? "") === "") at("sideEffects").required(`must specify one of ${SIDE_EFFECTS.join(", ")}`);
  else mustBeOneOf(at("sideEffects"), webhook.sideEffects, SIDE_EFFECTS);
  const { timeoutSeconds: timeout = 10, reinvocationPolicy } = webhook;
  if (timeout > 30 || timeout < 1) {
    at("timeoutSeconds").invalid(timeout, "the timeout value must be between 1 and 30 seconds");
  }
  validateLabelSelector(webhook.namespaceSelector, at.under("namespaceSelector"));
  validateLabelSelector(webhook.objectSelector, at.under("objectSelector"));
  if (reinvocationPolicy !== undefined)
    mustBeOneOf(at("reinvocationPolicy"), reinvocationPolicy, REINVOCATION_POLICIES);
  validateClientConfig(webhook.clientConfig ?? {}, at.under("clientConfig"));
}

function validateDomain(name: string, problem: FieldProblem): void {
  if (name === "") {
    problem.required();
    return;
  }
  const errors = dns1123Subdomain(name);
  if (errors.length > 0) problem.invalid(name, errors.join(","));
  else if (name.split(".").length < 3) {
    problem.invalid(name, "should be a domain with at least three segments separated by dots");
  }
}

function validateVersions(versions: readonly string[], at: At): void {
  if (versions.length === 0) {
    at("").required(`must specify one of ${REVIEW_VERSIONS.join(", ")}`);
    return;
  }
  const seen = new Set<string>();
  for (const [version, ownAt] of eachAt(versions, at)) {
    if (seen.has(version)) ownAt("").invalid(version, "duplicate version");
    else for (const text of dns1035Label(version)) ownAt("").invalid(version, text);
    seen.add(version);
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    at("").invalid(versions, `must include at least one of ${REVIEW_VERSIONS.join(", ")}`);
  }
}

/**
 * Adds an error for each thing wrong with where a webhook is called. Webhooks of conversion are called the same way.
 */
export function validateClientConfig({ url, service }: WebhookClientConfig, at: At): void {
  if ((url === undefined) === (service === undefined)) at("").required("exactly one of url or service is required");
  else if (url !== undefined) validateUrl(url, at("url"));
  else if (service !== undefined) validateService(service, at.under("service"));
}

const FORM = "; desired format: https://host[/path]";
const URL_PARTS = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function validateUrl(url: string, problem: FieldProblem): void {
  const [, scheme = "", authority = "", , query = "", fragment = ""] = URL_PARTS.exec(url) ?? [];
  const at = authority.lastIndexOf("@");
  if (scheme.toLowerCase() !== "https") problem.invalid(scheme, `'https' is the only allowed URL scheme${FORM}`);
  if (authority.slice(at + 1) === "") problem.invalid("", `host must be specified${FORM}`);
  if (at !== -1) problem.invalid(authority.slice(0, at), "user information is not permitted in the URL");
  if (fragment !== "") problem.invalid(fragment, "fragments are not permitted in the URL");
  if (query !== "") problem.invalid(query, "query parameters are not permitted in the URL");
}

function validateService({ name, namespace, path, port }: NonNullable<WebhookClientConfig["service"]>, at: At): void {
  if ((name ?? "") === "") at("name").required("service name is required");
  if ((namespace ?? "") === "") at("namespace").required("service namespace is required");
  if (port !== undefined) {
    numberMustFit(at("port"), port, (value) => {
      const errors = portNumber(value);
      return errors.length === 0 ? [] : [`port is not valid: ${errors.join(",")}`];
    });
  }
  if (path === undefined || path === "/" || path === "//") return;
  if (path === "") return;
  if (!path.startsWith("/")) {
    at("path").invalid(path, "must start with a '/'");
    return;
  }
  for (const [n, segment] of path.replace(/\/$/, "").slice(1).split("/").entries()) {
    if (segment === "") {
      at("path").invalid(path, `segment[${n}] may not be empty`);
      continue;
    }
    for (const text of dns1123Subdomain(segment)) at("path").invalid(path, `segment[${n}]: ${text}`);
  }
}

/** A server outside is called with the authorities everybody trusts: who names one of his own is told. */
export function authorityWarnings(webhooks: readonly Webhook[] = []): string[] {
  return webhooks.flatMap(({ clientConfig }, n) =>
    clientConfig?.url !== undefined && (clientConfig.caBundle ?? "") !== ""
      ? [`webhooks[${n}].clientConfig.caBundle: not simulated for a url: public authorities are trusted, and only they`]
      : [],
  );
}
