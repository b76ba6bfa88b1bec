/**
 * How an admission plugin says no.
 *
 * Models apiserver/pkg/admission/errors.go.
 */
import { forbidden, type StatusCause, type StatusError } from "#kernel/apimachinery/errors";
import type { AdmissionRequest } from "#kernel/registry/admission";
import { groupResourceOf } from "#kernel/registry/registry";

/** 403 for the object of the request; one whose name is still to be generated goes by the beginning of it. */
export function refusal(request: AdmissionRequest, detail: string, causes?: readonly StatusCause[]): StatusError {
  const { name, object, resource } = request;
  const known = name || object?.metadata?.name || object?.metadata?.generateName || "Unknown";
  return forbidden(groupResourceOf(resource), known, detail, causes);
}
