/**
 * ServiceCIDR: a range the cluster IPs of Services come from.
 *
 * Models pkg/registry/networking/servicecidr, pkg/apis/networking/validation and the table printer.
 */
import type { ServiceCIDR } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { cidr, parseCidr } from "#kernel/apimachinery/ip";
import { column, defineResource } from "#kernel/registry/definition";

const IMMUTABLE = "field is immutable";
const TWO_FAMILIES = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";

export const servicecidrs = defineResource<ServiceCIDR>({
  group: "networking.k8s.io",
  version: "v1",
  names: { kind: "ServiceCIDR", plural: "servicecidrs", singular: "servicecidr", listKind: "ServiceCIDRList" },
  scope: "Cluster",
  subresources: { status: true },
  allowUnconditionalUpdate: true,

  prepareForCreate(one) {
    one.status = {};
  },

  validate({ spec }, at) {
    validateCidrs(spec?.cidrs ?? [], at.under("spec.cidrs"));
  },
  validateUpdate({ spec }, { spec: before }, at) {
    validateChange(spec?.cidrs ?? [], before?.cidrs ?? [], at.under("spec.cidrs"));
  },

  indexes: { all: () => [""] },

  columns: [column("CIDRs", "string", ({ spec }) => (spec?.cidrs ?? []).join(","), "The ranges, one of each family.")],
});

function validateCidrs(cidrs: readonly string[], at: At): void {
  if (cidrs.length === 0) {
    at("").required("at least one CIDR required");
    return;
  }
  if (cidrs.length > 2) {
    at("").invalid({ CIDRs: cidrs }, "may only hold up to 2 values");
    return;
  }
  if (cidrs.length === 2 && parseCidr(cidrs[0] ?? "")?.family === parseCidr(cidrs[1] ?? "")?.family) {
    at("").invalid({ CIDRs: cidrs }, TWO_FAMILIES);
    return;
  }
  cidrs.forEach((text, i) => {
    for (const problem of cidr(text)) at(`[${i}]`).invalid(text, problem);
  });
}

/** A range stays what it is; one of the other family may join it. */
function validateChange(cidrs: readonly string[], old: readonly string[], at: At): void {
  if (cidrs.length === old.length) {
    cidrs.forEach((text, i) => {
      if (text !== old[i]) at(`[${i}]`).invalid(text, IMMUTABLE);
    });
  } else if (old.length === 1 && cidrs.length === 2) {
    if (cidrs[0] !== old[0]) at("[0]").invalid(cidrs[0], IMMUTABLE);
  } else at("").invalid(cidrs, IMMUTABLE);
}
