/**
 * ResourceQuota: how much a namespace may hold and ask for altogether.
 *
 * Models pkg/registry/core/resourcequota and the table printer.
 */
import type { ResourceQuota } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import {
  validateQuotaScopesUpdate,
  validateQuotaSpec,
  validateQuotaStatus,
} from "#kernel/resources/core/resourcequota.validate";

export const resourcequotas = defineResource<ResourceQuota>({
  group: "",
  version: "v1",
  names: { kind: "ResourceQuota", plural: "resourcequotas", singular: "resourcequota", short: ["quota"] },
  scope: "Namespaced",
  subresources: { status: true },
  allowUnconditionalUpdate: true,
  returnsDeletedObject: true,

  prepareForCreate(quota) {
    quota.status = {};
  },

  validate: ({ spec }, at) => validateQuotaSpec(spec ?? {}, at.under("spec")),
  validateUpdate: ({ spec }, old, at) => validateQuotaScopesUpdate(spec, old.spec, at.under("spec.scopes")),
  validateStatusUpdate: ({ status }, _old, at) => validateQuotaStatus(status ?? {}, at.under("status")),

  columns: [
    column("Request", "string", (quota) => usageText(quota, false), "What is used of each bound that is no limit."),
    column("Limit", "string", (quota) => usageText(quota, true), "What is used of each bound of limits."),
  ],
});

/** `pods: 1/10, requests.cpu: 500m/2` */
function usageText({ status: { hard = {}, used = {} } = {} }: ResourceQuota, ofLimits: boolean): string {
  return Object.keys(hard)
    .filter((name) => name.includes("limits") === ofLimits)
    .sort(compareText)
    .map((name) => `${name}: ${used[name] ?? "0"}/${hard[name]}`)
    .join(", ");
}
