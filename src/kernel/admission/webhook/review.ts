/**
 * AdmissionReview: what a webhook is asked, and whether what it says is an answer.
 *
 * Models apiserver/pkg/admission/plugin/webhook/request.
 */
import { viewAs } from "#kernel/admission/policy/matching";
import { requestFacts } from "#kernel/admission/policy/variables";
import type { AdmissionRequest } from "#kernel/registry/admission";
import type { AnyResource } from "#kernel/registry/definition";
import { decodeText } from "#kernel/resources/core/base64";

/** What a webhook has decided. */
export interface Verdict {
  readonly isAllowed: boolean;
  /** A Status, as far as the webhook gives one. */
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number } | undefined;
  /** Operations of a JSON patch. */
  readonly patch?: unknown;
  readonly warnings: readonly string[];
}

/** The review to send, in the newest version the webhook knows. */
export function reviewOf(
  request: AdmissionRequest,
  version: AnyResource,
  versions: readonly string[],
  uid: string,
): object {
  const apiVersion = `admission.k8s.io/${versions.find((one) => one === "v1" || one === "v1beta1") ?? "v1"}`;
  return {
    kind: "AdmissionReview",
    apiVersion,
    request: {
      uid,
      ...requestFacts(request, version),
      object: viewAs(request, version, request.object) ?? null,
      oldObject: viewAs(request, version, request.old) ?? null,
    },
  };
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads an answer; a text says why it is none. */
export function verdictOf(json: unknown, uid: string, sent: object): Verdict | string {
  const { apiVersion: wanted } = sent as { apiVersion: string };
  if (!isObject(json))
    return "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct";
  const { apiVersion = "", kind = "", response } = json;
  if (apiVersion === "" && kind === "" && wanted !== "admission.k8s.io/v1beta1") {
    return "Object 'Kind' is missing in response";
  }
  const isKnown = apiVersion === wanted && kind === "AdmissionReview";
  if (!isKnown && !(wanted === "admission.k8s.io/v1beta1" && apiVersion === "")) {
    return `expected webhook response of ${wanted}, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`;
  }
  if (!isObject(response)) return "webhook response was absent";
  const isStrict = wanted === "admission.k8s.io/v1";
  if (isStrict && response["uid"] !== uid) {
    return `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response["uid"] ?? "")}`;
  }
  const patch = patchOf(response, isStrict);
  if (typeof patch === "string") return patch;
  return {
    isAllowed: response["allowed"] === true,
    status: isObject(response["status"]) ? response["status"] : undefined,
    patch: patch?.operations,
    warnings: Array.isArray(response["warnings"]) ? response["warnings"].map(String) : [],
  };
}

function patchOf({ patch, patchType }: Json, isStrict: boolean): { readonly operations: unknown } | string | undefined {
  if (typeof patch !== "string" || patch === "") {
    return patchType === undefined || patchType === null || !isStrict
      ? undefined
      : `webhook response.patchType not empty while response.patch is`;
  }
  if (patchType !== "JSONPatch" && (isStrict || (patchType !== undefined && patchType !== null))) {
    if (patchType === undefined || patchType === null || patchType === "") {
      return "webhook returned response.patch but not response.patchType";
    }
    return `webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`;
  }
  try {
    return { operations: JSON.parse(decodeText(patch)) };
  } catch {
    return "couldn't unmarshal the patch: invalid JSON";
  }
}
