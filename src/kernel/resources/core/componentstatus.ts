/**
 * ComponentStatus: how the API server finds its neighbours. Nothing is stored: each read looks at them.
 *
 * Models pkg/registry/core/componentstatus and its table printer.
 */
import type { ComponentStatus } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import { nameColumn } from "#kernel/resources/core/table.columns";

export const componentstatuses = defineResource<ComponentStatus>({
  group: "",
  version: "v1",
  names: { kind: "ComponentStatus", plural: "componentstatuses", singular: "componentstatus", short: ["cs"] },
  scope: "Cluster",
  verbs: ["get", "list"],
  isComputed: true,
  deprecation: "v1 ComponentStatus is deprecated in v1.19+",

  table: [
    nameColumn,
    column("Status", "string", (one) => statusText(one), "Whether it is well."),
    column("Message", "string", (one) => healthy(one)?.message ?? "", "What it says of itself."),
    column("Error", "string", (one) => healthy(one)?.error ?? "", "Why it is not."),
  ],
});

const healthy = ({ conditions = [] }: ComponentStatus) => conditions.find(({ type }) => type === "Healthy");

function statusText(one: ComponentStatus): string {
  const { status } = healthy(one) ?? {};
  if (status === undefined) return "Unknown";
  return status === "True" ? "Healthy" : "Unhealthy";
}
