/**
 * Certificate requests: the ones of kubelets are approved, approved ones are signed, old ones are cleaned away.
 *
 * Models pkg/controller/certificates (approver, signer, cleaner) and pkg/apis/certificates/helpers.go.
 * Leaves out trust in what is signed: a Worker ends no TLS, so a client that shows such a certificate is a stranger.
 */
import type { CertificateSigningRequest } from "#kernel/api/types.gen";
import { parseTime } from "#kernel/apimachinery/time";
import { authorize } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import { type Context, type Controller, done, itself, type Outcome, routineAt } from "#kernel/registry/controller";
import type { User } from "#kernel/registry/user";
import { clusterAuthority, serialFrom } from "#kernel/resources/certificates/authority";
import { certificatesigningrequests, SIGNERS } from "#kernel/resources/certificates/certificatesigningrequest";
import { type CertificateRequest, issue, readRequest } from "#kernel/resources/certificates/x509";
import { decodeText, encodeText } from "#kernel/resources/core/base64";
import type { Instant } from "#kernel/sim/instant";

const HOUR_MS = 3_600_000;
/** How long a request is kept after it was decided, and how long one that nobody decides. */
const KEPT_MS = HOUR_MS;
const PENDING_MS = 24 * HOUR_MS;
/** kube-controller-manager --cluster-signing-duration. */
const LONGEST_MS = 365 * 24 * HOUR_MS;
/** Clocks differ: a certificate is valid a little before it is made. */
const BACKDATE_MS = 5 * 60_000;

type Condition = NonNullable<NonNullable<CertificateSigningRequest["status"]>["conditions"]>[number];

const conditionOf = ({ status }: CertificateSigningRequest, type: string): Condition | undefined =>
  status?.conditions?.find((one) => one.type === type);

const isDecided = (request: CertificateSigningRequest): boolean =>
  conditionOf(request, "Approved") !== undefined || conditionOf(request, "Denied") !== undefined;

const userOf = ({ spec }: CertificateSigningRequest): User => ({
  name: spec.username ?? "",
  groups: spec.groups ?? [],
});

export const csrApproving: Controller = {
  name: "certificatesigningrequest-approving-controller",
  component: "controllerManager",
  watches: [itself(certificatesigningrequests)],

  reconcile({ client }, key) {
    const request = client.get(certificatesigningrequests, key);
    if (request === undefined || isDecided(request) || (request.status?.certificate ?? "") !== "") return done;
    const read = readRequest(decodeText(request.spec.request));
    if (typeof read === "string" || kubeletClientProblem(request, read) !== undefined) return done;
    const isOwn = request.spec.username === read.commonName;
    for (const [part, message, fits] of [
      ["selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview.", isOwn],
      ["nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview.", true],
    ] as const) {
      if (!fits || !mayAsk(client, request, part)) continue;
      const condition = { type: "Approved", status: "True", reason: "AutoApproved", message };
      const conditions = [...(request.status?.conditions ?? []), condition];
      const approved = { ...request, status: { ...request.status, conditions } };
      client.update(certificatesigningrequests, approved, { subresource: "approval" });
      return done;
    }
    return done;
  },
};

const mayAsk = ({ registry }: Client, request: CertificateSigningRequest, subresource: string): boolean =>
  authorize(registry, {
    user: userOf(request),
    verb: "create",
    group: "certificates.k8s.io",
    version: "v1",
    plural: "certificatesigningrequests",
    subresource,
  }).isAllowed;

export const csrSigning: Controller = {
  name: "certificatesigningrequest-signing-controller",
  component: "controllerManager",
  watches: [itself(certificatesigningrequests)],

  reconcile({ client, cells, now }, key) {
    const request = client.get(certificatesigningrequests, key);
    const authority = clusterAuthority(cells);
    if (request === undefined || authority === undefined) return done;
    const isOpen =
      conditionOf(request, "Approved") !== undefined &&
      conditionOf(request, "Failed") === undefined &&
      (request.status?.certificate ?? "") === "";
    if (!isOpen || !(Object.values(SIGNERS) as string[]).includes(request.spec.signerName)) return done;
    const read = readRequest(decodeText(request.spec.request));
    const problem = typeof read === "string" ? read : signerProblem(request, read);
    if (typeof read === "string" || problem !== undefined) {
      const failed = { type: "Failed", status: "True", reason: "SignerValidationFailure", message: problem ?? "" };
      const conditions = [...(request.status?.conditions ?? []), failed];
      client.updateStatus(certificatesigningrequests, request, { ...request.status, conditions });
      return done;
    }
    const asked = request.spec.expirationSeconds;
    const certificate = issue(authority, read, {
      serial: serialFrom(new Uint8Array(Array.from(request.metadata.uid, (char) => char.charCodeAt(0)))),
      notBefore: now - BACKDATE_MS,
      notAfter: now + Math.min(LONGEST_MS, asked === undefined ? LONGEST_MS : asked * 1000) - BACKDATE_MS,
      usages: request.spec.usages ?? [],
    });
    client.updateStatus(certificatesigningrequests, request, {
      ...request.status,
      certificate: encodeText(certificate),
    });
    return done;
  },
};

/** Why a signer signs no such thing. */
function signerProblem(request: CertificateSigningRequest, read: CertificateRequest): string | undefined {
  switch (request.spec.signerName) {
    case SIGNERS.client:
      return clientProblem(request.spec.usages ?? []);
    case SIGNERS.kubeletClient:
      return kubeletClientProblem(request, read);
    case SIGNERS.kubeletServing:
      return kubeletServingProblem(request, read);
    default:
      return undefined;
  }
}

function clientProblem(usages: readonly string[]): string | undefined {
  const known = ["digital signature", "key encipherment", "client auth"];
  const other = usages.find((usage) => !known.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

const NODE_USER = "system:node:";

const isNodes = ({ organizations }: CertificateRequest): boolean =>
  organizations.length === 1 && organizations[0] === "system:nodes";

function usagesProblem(usages: readonly string[] = [], needed: string): string | undefined {
  const wanted = ["digital signature", needed];
  const isFit =
    wanted.every((usage) => usages.includes(usage)) &&
    usages.every((usage) => usage === "key encipherment" || wanted.includes(usage));
  const list = (...more: string[]): string => `[${[...more, ...wanted].map((one) => one).join(" ")}]`;
  return isFit ? undefined : `usages did not match ${list()} or ${list("key encipherment")}`;
}

function kubeletClientProblem({ spec }: CertificateSigningRequest, read: CertificateRequest): string | undefined {
  if (spec.signerName !== SIGNERS.kubeletClient) return "not for kubelets";
  if (!isNodes(read)) return "subject organization is not system:nodes";
  if (read.dnsNames.length > 0) return "DNS subjectAltNames are not allowed";
  if (read.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (read.ipCount > 0) return "IP subjectAltNames are not allowed";
  if (read.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!read.commonName.startsWith(NODE_USER)) return "subject common name does not begin with system:node:";
  return usagesProblem(spec.usages, "client auth");
}

function kubeletServingProblem({ spec }: CertificateSigningRequest, read: CertificateRequest): string | undefined {
  if (!isNodes(read)) return "subject organization is not system:nodes";
  if (read.dnsNames.length === 0 && read.ipCount === 0) return "DNS or IP subjectAltName is required";
  if (read.emails.length > 0) return "Email subjectAltNames are not allowed";
  if (read.uris.length > 0) return "URI subjectAltNames are not allowed";
  if (!read.commonName.startsWith(NODE_USER)) return "subject common name does not begin with system:node:";
  return usagesProblem(spec.usages, "server auth");
}

export const csrCleaner: Controller = {
  name: "certificatesigningrequest-cleaner-controller",
  component: "controllerManager",
  watches: [itself(certificatesigningrequests)],

  reconcile({ client, now }: Context, key): Outcome {
    const request = client.get(certificatesigningrequests, key);
    if (request === undefined) return done;
    const due = endOf(request);
    if (now < due) return routineAt(due);
    client.delete(certificatesigningrequests, key);
    return done;
  },
};

/** When nobody needs a request any more. */
function endOf(request: CertificateSigningRequest): Instant {
  const decided = conditionOf(request, "Denied") ?? conditionOf(request, "Failed") ?? conditionOf(request, "Approved");
  const isFinished = decided?.type !== "Approved" || (request.status?.certificate ?? "") !== "";
  const since = decided?.lastUpdateTime ?? decided?.lastTransitionTime;
  if (decided !== undefined && since !== undefined && isFinished) return parseTime(since) + KEPT_MS;
  return parseTime(request.metadata.creationTimestamp) + PENDING_MS;
}
