/**
 * CertificateSigningRequest: who wants a certificate, who allows it, and the certificate.
 *
 * Models pkg/registry/certificates/certificates, pkg/apis/certificates/validation and the table printer.
 */
import type { CertificateSigningRequest, CertificateSigningRequestCondition as Condition } from "#kernel/api/types.gen";
import { humanDuration } from "#kernel/apimachinery/duration";
import type { At } from "#kernel/apimachinery/field-errors";
import { quote } from "#kernel/apimachinery/go-text";
import { timeText } from "#kernel/apimachinery/time";
import { column, defineResource } from "#kernel/registry/definition";
import { certificateProblem, readRequest, USAGES } from "#kernel/resources/certificates/x509";
import { decodeText } from "#kernel/resources/core/base64";
import { validateSignerName } from "#kernel/resources/core/signername.validate";
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
    // Whoever signs has no say in whether it was approved: decisions stay as they are, and validation finds new ones.
    const kept = withDecisionsOf(conditions, before.conditions ?? []);
    request.status = {
      ...(kept.length > 0 && { conditions: dated(kept, before.conditions, now) }),
      ...(certificate !== undefined && { certificate }),
    };
  },

  validateCreate({ spec }, at) {
    validateSpec(spec, at.under("spec"));
  },
  validateStatusUpdate: ({ status = {} }, old, at, _context, subresource) =>
    validateStatus(status, old.status ?? {}, { isApproval: subresource === "approval" }, at.under("status")),

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

/** The conditions, with the old decision of each kind wherever there are as many as there were. */
function withDecisionsOf(conditions: readonly Condition[], before: readonly Condition[]): Condition[] {
  let kept = [...conditions];
  for (const type of ["Approved", "Denied"]) {
    const were = before.filter((one) => one.type === type);
    if (kept.filter((one) => one.type === type).length !== were.length) continue;
    const next = [...were];
    kept = kept.map((one) => (one.type === type ? (next.shift() ?? one) : one));
  }
  return kept;
}

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

type Status = NonNullable<CertificateSigningRequest["status"]>;

function validateStatus(status: Status, before: Status, { isApproval }: { readonly isApproval: boolean }, at: At) {
  const { conditions = [], certificate = "" } = status;
  const had = before.conditions ?? [];
  validateConditions(conditions, at.under("conditions"));
  const { certificate: wasCertificate = "" } = before;
  const problem = certificate === wasCertificate ? undefined : certificateProblem(decodeText(certificate));
  if (problem !== undefined) at("certificate").invalid("<certificate data>", problem);
  const countOf = (list: readonly Condition[], type: string): number => list.filter((one) => one.type === type).length;
  for (const type of ["Approved", "Denied", "Failed"]) {
    if (countOf(conditions, type) >= countOf(had, type)) continue;
    at("conditions").forbidden(`updates may not remove a condition of type ${quote(type)}`);
  }
  for (const type of isApproval ? [] : ["Approved", "Denied"]) {
    if (countOf(conditions, type) <= countOf(had, type)) continue;
    at("conditions").forbidden(`updates may not add a condition of type ${quote(type)}`);
  }
  if (certificate !== wasCertificate && wasCertificate !== "") {
    at("certificate").forbidden("updates may not modify existing certificate content");
  }
}

function validateConditions(conditions: readonly Condition[], at: At): void {
  const seen = new Set<string>();
  conditions.forEach(({ type = "", status = "" }, i) => {
    if (type === "") at(`[${i}].type`).required();
    const allowed = isDecision(type) || type === "Failed" ? ["True"] : ["False", "True", "Unknown"];
    if (status === "") at(`[${i}].status`).required();
    else if (!allowed.includes(status)) at(`[${i}].status`).notSupported(status, allowed);
    const other = type === "Approved" ? "Denied" : type === "Denied" ? "Approved" : undefined;
    if (other !== undefined && seen.has(other)) {
      at("").invalid(type, "Approved and Denied conditions are mutually exclusive");
    }
    if (seen.has(type)) at(`[${i}].type`).duplicate(type);
    seen.add(type);
  });
}
