/**
 * Ingress: hosts and paths of the world outside, and the Services behind them.
 *
 * Models pkg/registry/networking/ingress and the table printer.
 * Leaves out networking.k8s.io/v1beta1: it left with v1.22.
 */
import type { Ingress, IngressRule } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import { validateIngress, validateIngressStatus } from "#kernel/resources/networking/ingress.validate";

/** The old way to name a class. */
export const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

export const ingresses = defineResource<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  names: { kind: "Ingress", plural: "ingresses", singular: "ingress", short: ["ing"] },
  scope: "Namespaced",
  subresources: { status: true },
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
  validate(ingress, at) {
    validateIngress(ingress.spec ?? {}, at.under("spec"));
    const { ingressClassName } = ingress.spec ?? {};
    const annotation = ingress.metadata.annotations?.[CLASS_ANNOTATION];
    const isNew = (ingress.metadata.resourceVersion ?? "") === "";
    if (!isNew || annotation === undefined || ingressClassName === undefined || annotation === ingressClassName) return;
    const rule = "must match `ingressClassName` when both are specified";
    at(`annotations.${CLASS_ANNOTATION}`).invalid(annotation, rule);
  },
  validateStatusUpdate: ({ status }, _old, at) =>
    validateIngressStatus(status?.loadBalancer?.ingress, at.under("status.loadBalancer.ingress")),
  warnings: ({ metadata }, old) =>
    old === undefined && metadata.annotations?.[CLASS_ANNOTATION] !== undefined
      ? [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],

  columns: [
    column("Class", "string", ({ spec }) => spec?.ingressClassName ?? "<none>", "The class that serves it."),
    column("Hosts", "string", ({ spec }) => hostsText(spec?.rules ?? []), "The hosts requests are matched against."),
    column("Address", "string", addressText, "Where its controller takes requests."),
    column("Ports", "string", ({ spec }) => ((spec?.tls ?? []).length > 0 ? "80, 443" : "80"), "The open ports."),
  ],
});

const HOSTS_MAX = 3;

/** The first three hosts, `*` for none. */
function hostsText(rules: readonly IngressRule[]): string {
  const hosts: string[] = [];
  let hasMore = false;
  for (const { host = "" } of rules) {
    if (hosts.length === HOSTS_MAX) hasMore = true;
    else if (host !== "") hosts.push(host);
  }
  if (hosts.length === 0) return "*";
  return hasMore ? `${hosts.join(",")} + ${rules.length - HOSTS_MAX} more...` : hosts.join(",");
}

function addressText({ status }: Ingress): string {
  const found = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || "");
  return [...new Set(found.filter((address) => address !== ""))].sort(compareText).join(",");
}
