/**
 * CertificateSigningRequest: who wants a certificate, who allows it, and the certificate.
 *
 * Models pkg/registry/certificates/certificates, pkg/apis/certificates/validation and the table printer.
 */
import type { CertificateSigningRequest, CertificateSigningRequestCondition as Condition } from "#kernel/api/types.gen";
import { humanDuration } from "#kernel/apimachinery/duration";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import { timeText } from "#kernel/apimachinery/time";
import { column, defineResource } from "#kernel/registry/definition";
import { readRequest, USAGES } from "#kernel/resources/certificates/x509";
import { decodeText } from "#kernel/resources/core/base64";
import { ageColumn, nameColumn } from "#kernel/resources/core/table.columns";
import type { Instant } from "#kernel/sim/instant";

export const SIGNERS = {
  client: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
  legacy: "kubernetes.io/legacy-unknown",
} as const;

const SHORTEST_SECONDS = 600;

export const certificatesigningrequests = defineResource<CertificateSigningRequest>({
  group: "certificates.k8s.io",
  version: "v1",
  names: {
    kind: "CertificateSigningRequest",
    plural: "certificatesigningrequests",
    singular: "certificatesigningrequest",
    short: ["csr"],
  },
  scope: "Cluster",
  nameFormat: "any",
  subresources: {
    status: true,
    others: [{ name: "approval", verbs: ["get", "patch", "update"], kind: "CertificateSigningRequest" }],
  },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: false,

  prepareForCreate(request) {
    request.status = {};
  },
  // What was asked for stays; it was said by somebody else.
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  prepareForStatusUpdate(request, old, { now }, subresource) {
    const { conditions = [], certificate } = request.status ?? {};
    const before = old.status ?? {};
    if (subresource === "approval") {
      request.status = { ...before, conditions: dated(conditions, before.conditions, now) };
      return;
    }
    // Whoever signs has no say in whether it was approved.
    const decided = (before.conditions ?? []).filter(({ type }) => isDecision(type));
    const others = conditions.filter(({ type }) => !isDecision(type));
    const all = [...decided, ...others];
    request.status = {
      ...(all.length > 0 && { conditions: dated(all, before.conditions, now) }),
      ...(certificate !== undefined && { certificate }),
    };
  },

  validateCreate({ spec }, at) {
    validateSpec(spec, at.under("spec"));
  },
  validateStatusUpdate({ status = {} }, { status: before = {} }, at) {
    const { conditions = [], certificate } = status;
    validateConditions(conditions, at.under("status.conditions"));
    for (const type of ["Approved", "Denied", "Failed"]) {
      const was = (before.conditions ?? []).some((one) => one.type === type);
      if (was && !conditions.some((one) => one.type === type)) {
        at("status.conditions").forbidden(`updates may not remove a condition of type ${JSON.stringify(type)}`);
      }
    }
    if (before.certificate !== undefined && certificate !== before.certificate) {
      at("status.certificate").forbidden("updates may not set certificate content after it has been set");
    }
  },

  table: [
    nameColumn,
    ageColumn,
    column("SignerName", "string", ({ spec }) => spec.signerName, "Who is to sign."),
    column("Requestor", "string", ({ spec }) => spec.username ?? "", "Who asked."),
    column("RequestedDuration", "string", ({ spec }) => durationText(spec.expirationSeconds), "For how long."),
    column("Condition", "string", (request) => conditionText(request), "What has come of it."),
  ],

  selectableFields: { "spec.signerName": ({ spec }) => spec.signerName },
});

const isDecision = (type: string): boolean => type === "Approved" || type === "Denied";

const durationText = (seconds: number | undefined): string =>
  seconds === undefined ? "<none>" : humanDuration(seconds * 1000);

function conditionText({ status = {} }: CertificateSigningRequest): string {
  const types = new Set((status.conditions ?? []).map(({ type }) => type));
  const states = [
    ...(types.has("Denied") ? ["Denied"] : types.has("Approved") ? ["Approved"] : ["Pending"]),
    ...(types.has("Failed") ? ["Failed"] : []),
    ...((status.certificate ?? "") !== "" ? ["Issued"] : []),
  ];
  return states.join(",");
}

/** Conditions with the times they lack: of this change, or of the last one where they are the same. */
function dated(conditions: readonly Condition[], before: readonly Condition[] = [], now: Instant): Condition[] {
  return conditions.map((condition) => {
    const known = before.find(({ type }) => type === condition.type);
    const lastUpdateTime = condition.lastUpdateTime ?? timeText(now);
    const kept = known?.status === condition.status ? known.lastTransitionTime : undefined;
    return { ...condition, lastUpdateTime, lastTransitionTime: condition.lastTransitionTime ?? kept ?? timeText(now) };
  });
}

function validateSpec(spec: CertificateSigningRequest["spec"], at: At): void {
  const { request = "", usages = [], signerName = "", expirationSeconds } = spec;
  const read = readRequest(decodeText(request));
  if (typeof read === "string") at("request").invalid(request, read);
  if (usages.length === 0) at("usages").required();
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) at(`usages[${i}]`).notSupported(usage, USAGES);
    if (usages.indexOf(usage) < i) at(`usages[${i}]`).duplicate(usage);
  });
  if (signerName === SIGNERS.legacy) {
    at("signerName").invalid(signerName, "the legacy signerName is not allowed via this API version");
  } else validateSignerName(signerName, at.under("signerName"));
  if (expirationSeconds !== undefined && expirationSeconds < SHORTEST_SECONDS) {
    at("expirationSeconds").invalid(expirationSeconds, "may not specify a duration less than 600 seconds (10 minutes)");
  }
}

function validateSignerName(name: string, at: At): void {
  if (name === "") {
    at("").required();
    return;
  }
  const parts = name.split("/");
  const [domain = "", path = ""] = parts;
  if (parts.length !== 2) {
    at("").invalid(name, "must be a fully qualified domain and path of the form 'example.com/signer-name'");
    return;
  }
  for (const text of dns1123Subdomain(domain))
    at("").invalid(domain, `validating label ${JSON.stringify(domain)}: ${text}`);
  if (!domain.includes(".")) at("").invalid(name, "should be a domain with at least two segments separated by dots");
  for (const text of dns1123Subdomain(path)) at("").invalid(path, text);
}

function validateConditions(conditions: readonly Condition[], at: At): void {
  const seen = new Set<string>();
  conditions.forEach(({ type = "", status = "" }, i) => {
    if (type === "") at(`[${i}].type`).required();
    else if (seen.has(type)) at(`[${i}].type`).duplicate(type);
    seen.add(type);
    if (status === "") at(`[${i}].status`).required();
    else if ((isDecision(type) || type === "Failed") && status !== "True") {
      at(`[${i}].status`).notSupported(status, ["True"]);
    } else if (!["True", "False", "Unknown"].includes(status)) {
      at(`[${i}].status`).notSupported(status, ["False", "True", "Unknown"]);
    }
  });
  if (seen.has("Approved") && seen.has("Denied")) {
    at("").invalid("Denied", "Approved and Denied conditions are mutually exclusive");
  }
}
