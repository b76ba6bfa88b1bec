/**
 * Certificate requests: a request says who made it, and only who may approve or sign for a signer does.
 *
 * Models plugin/pkg/admission/certificates (approval, signing, subjectrestriction); upstream's strategy notes the user.
 */
import type { CertificateSigningRequest } from "#kernel/api/types.gen";
import { forbidden } from "#kernel/apimachinery/errors";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import { authorize } from "#kernel/registry/authorize";
import { groupResourceOf, type Registry } from "#kernel/registry/registry";
import { certificatesigningrequests, SIGNERS } from "#kernel/resources/certificates/certificatesigningrequest";
import { readRequest } from "#kernel/resources/certificates/x509";
import { decodeText } from "#kernel/resources/core/base64";
import { equal } from "#kernel/sim/clone";

const isRequest = ({ resource }: AdmissionRequest): boolean => resource.bucket === certificatesigningrequests.bucket;

const requestOf = ({ object }: AdmissionRequest) => object as unknown as CertificateSigningRequest;

/** Whether a user may do something for a signer, by its name or by its domain. */
export function maySign(registry: Registry, user: AdmissionRequest["user"], verb: "approve" | "sign", signer: string) {
  const [domain = ""] = signer.split("/");
  const what = { user, verb, group: "certificates.k8s.io", version: "v1", plural: "signers" };
  return [signer, `${domain}/*`].some((name) => authorize(registry, { ...what, name }).isAllowed);
}

export const certificateRequests: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",

  concerns: (request) => request.operation === "CREATE" && isRequest(request),

  admit(request) {
    const { spec } = requestOf(request);
    const { name, uid, groups, extra } = request.user;
    spec.username = name;
    spec.groups = [...groups];
    if (uid !== undefined) spec.uid = uid;
    else delete spec.uid;
    if (extra !== undefined)
      spec.extra = Object.fromEntries(Object.entries(extra).map(([key, all]) => [key, [...all]]));
    else delete spec.extra;
  },

  validate(request) {
    const { spec } = requestOf(request);
    if (spec.signerName !== SIGNERS.client) return;
    const read = readRequest(decodeText(spec.request));
    if (typeof read === "string" || !read.organizations.includes("system:masters")) return;
    const why = "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed";
    throw forbidden(groupResourceOf(request.resource), request.name, why);
  },
};

export const certificateApproval: AdmissionPlugin = {
  name: "CertificateApproval",

  concerns: (request) => request.operation === "UPDATE" && request.subresource === "approval" && isRequest(request),

  validate(request, { registry }) {
    const { signerName } = requestOf(request).spec;
    if (maySign(registry, request.user, "approve", signerName)) return;
    const why = `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`;
    throw forbidden(groupResourceOf(request.resource), request.name, why);
  },
};

export const certificateSigning: AdmissionPlugin = {
  name: "CertificateSigning",

  concerns: (request) => request.operation === "UPDATE" && request.subresource === "status" && isRequest(request),

  validate(request, { registry }) {
    const { spec, status = {} } = requestOf(request);
    const { status: before = {} } = request.old as unknown as CertificateSigningRequest;
    const isSame = status.certificate === before.certificate && equal(status.conditions ?? [], before.conditions ?? []);
    if (isSame || maySign(registry, request.user, "sign", spec.signerName)) return;
    const why = `user not permitted to sign requests with signerName ${JSON.stringify(spec.signerName)}`;
    throw forbidden(groupResourceOf(request.resource), request.name, why);
  },
};
