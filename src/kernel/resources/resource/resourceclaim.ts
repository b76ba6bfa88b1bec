/**
 * ResourceClaim: a pod's wish for devices, what was found for it, and who uses it.
 *
 * Models pkg/registry/resource/resourceclaim and its table printer.
 */
import type { DeviceRequest, ResourceClaim, ResourceClaimSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource, type StrategyContext } from "#kernel/registry/definition";
import { namespaces } from "#kernel/resources/core/namespace";
import { validateClaimSpec, validateClaimStatus } from "#kernel/resources/resource/resourceclaim.validate";

/** The label of namespaces whose claims may watch over devices that others use. */
const ADMIN_ACCESS = "resource.kubernetes.io/admin-access";

export const resourceclaims = defineResource<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  names: { kind: "ResourceClaim", plural: "resourceclaims", singular: "resourceclaim" },
  scope: "Namespaced",
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  setDefaults: ({ spec }) => setClaimDefaults(spec),
  prepareForCreate(claim) {
    claim.status = {};
  },

  validate({ spec }, at, _context, old) {
    // What cannot change is not looked at again.
    if (old === undefined) validateClaimSpec(spec, at.under("spec"));
  },
  validateCreate({ metadata, spec }, at, context) {
    validateAdminAccess(spec, metadata.namespace ?? "", at.under("spec"), context);
  },
  validateUpdate(claim, old, at) {
    at("spec").immutable(claim.spec, old.spec);
  },
  validateStatusUpdate(claim, old, at) {
    validateClaimStatus(claim, old, at.under("status"));
  },

  columns: [column("State", "string", (claim) => stateText(claim), "Whether devices are set aside for it, and used.")],
});

function stateText({ metadata, status }: ResourceClaim): string {
  const isLeaving = metadata.deletionTimestamp !== undefined;
  const states = isLeaving ? ["deleted"] : [];
  if (status?.allocation === undefined) return isLeaving ? "deleted" : "pending";
  states.push("allocated");
  if ((status.reservedFor ?? []).length > 0) states.push("reserved");
  return states.join(",");
}

/** Fills in what requests leave open: exactly one device, equal tolerations. */
export function setClaimDefaults({ devices }: ResourceClaimSpec = {}): void {
  const all = (devices?.requests ?? []).flatMap(({ exactly, firstAvailable = [] }: DeviceRequest) =>
    exactly === undefined ? firstAvailable : [exactly, ...firstAvailable],
  );
  for (const request of all) {
    request.allocationMode ||= "ExactCount";
    if (request.allocationMode === "ExactCount" && !request.count) request.count = 1;
    for (const toleration of request.tolerations ?? []) toleration.operator ||= "Equal";
  }
}

/** Only a namespace that is marked for it may claim devices that are in use. */
export function validateAdminAccess(
  spec: ResourceClaimSpec,
  namespace: string,
  at: At,
  { read }: StrategyContext,
): void {
  const isMarked = read(namespaces, { namespace: "", name: namespace })?.metadata.labels?.[ADMIN_ACCESS] === "true";
  if (isMarked) return;
  (spec.devices?.requests ?? []).forEach(({ exactly }, i) => {
    if (exactly?.adminAccess !== true) return;
    at(`devices.requests[${i}].exactly.adminAccess`).forbidden(
      `admin access to devices requires the \`${ADMIN_ACCESS}: true\` label on the containing namespace`,
    );
  });
}
