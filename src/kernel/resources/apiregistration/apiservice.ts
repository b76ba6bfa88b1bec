/**
 * APIService: who serves a group version, this server or a Service of the cluster.
 *
 * Models kube-aggregator/pkg/registry/apiservice, pkg/apis/apiregistration (defaults, validation) and its table.
 */
import type { APIService } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1035Label, dns1123Subdomain, pathSegmentName, portNumber } from "#kernel/apimachinery/formats";
import { quote } from "#kernel/apimachinery/go-text";
import { ageText } from "#kernel/apimachinery/table";
import { column, defineResource } from "#kernel/registry/definition";
import { apiServiceName, isRemote, localConditions } from "#kernel/resources/apiregistration/apiservice.facts";

export const apiservices = defineResource<APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  names: { kind: "APIService", plural: "apiservices", singular: "apiservice", categories: ["api-extensions"] },
  scope: "Cluster",
  nameFormat: "any",
  allowUnconditionalUpdate: false,
  subresources: { status: true },

  setDefaults({ spec }) {
    if (spec.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate(service, { now }) {
    service.status = isRemote(service) ? {} : { conditions: localConditions(now) };
  },
  prepareForUpdate(service, old) {
    if (old.status === undefined) delete service.status;
    else service.status = old.status;
  },
  validate: (service, at) => validateApiService(service, at),

  validateStatusUpdate({ status }, _old, at) {
    for (const [n, condition] of (status?.conditions ?? []).entries()) {
      if (CONDITION_STATUSES.includes(condition.status)) continue;
      at(`status.conditions[${n}].status`).notSupported(condition.status, CONDITION_STATUSES);
    }
  },

  table: [
    { ...column<APIService>("Name", "string", ({ metadata }) => metadata.name), format: "name" },
    column("Service", "string", ({ spec: { service } }) =>
      service === undefined ? "Local" : `${service.namespace ?? ""}/${service.name ?? ""}`,
    ),
    column("Available", "string", ({ status }) => {
      const found = status?.conditions?.find(({ type }) => type === "Available");
      if (found === undefined) return "Unknown";
      return found.status === "True" ? "True" : `${found.status} (${found.reason ?? ""})`;
    }),
    column("Age", "string", ({ metadata }, now) => ageText(metadata.creationTimestamp, now)),
  ],
});

const CONDITION_STATUSES = ["True", "False", "Unknown"];

function validateApiService({ metadata, spec }: APIService, root: At): void {
  const { group = "", version = "", groupPriorityMinimum, versionPriority } = spec;
  const required = apiServiceName({ group, version });
  const nameErrors = pathSegmentName(metadata.name);
  for (const text of nameErrors) root("metadata.name").invalid(metadata.name, text);
  if (nameErrors.length === 0 && metadata.name !== required) {
    root("metadata.name").invalid(metadata.name, `must be \`spec.version+"."+spec.group\`: ${quote(required)}`);
  }
  const at = root.under("spec");
  if (group === "" && version !== "v1") {
    at("group").required("only v1 may have an empty group and it better be legacy kube");
  }
  if (group !== "") for (const text of dns1123Subdomain(group)) at("group").invalid(group, text);
  for (const text of dns1035Label(version)) at("version").invalid(version, text);
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    at("groupPriorityMinimum").invalid(groupPriorityMinimum, "must be positive and less than 20000");
  }
  if (versionPriority <= 0 || versionPriority > 1_000) {
    at("versionPriority").invalid(versionPriority, "must be positive and less than 1000");
  }
  validateService(spec, at);
}

function validateService({ service, caBundle = "", insecureSkipTLSVerify = false }: APIService["spec"], at: At): void {
  if (service === undefined) {
    const bytes = Math.floor((caBundle.replace(/=+$/, "").length * 3) / 4);
    if (caBundle !== "") at("caBundle").invalid(`${bytes} bytes`, "local APIServices may not have a caBundle");
    if (insecureSkipTLSVerify) {
      at("insecureSkipTLSVerify").invalid(true, "local APIServices may not have insecureSkipTLSVerify");
    }
    return;
  }
  if ((service.namespace ?? "") === "") at("service.namespace").required();
  if ((service.name ?? "") === "") at("service.name").required();
  const errors = portNumber(service.port ?? 443);
  if (errors.length > 0) at("service.port").invalid(service.port, `port is not valid: ${errors.join(", ")}`);
  if (insecureSkipTLSVerify && caBundle !== "") {
    at("insecureSkipTLSVerify").invalid(true, "may not be true if caBundle is present");
  }
}
