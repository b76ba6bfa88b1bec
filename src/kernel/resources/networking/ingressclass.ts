/**
 * IngressClass: which controller serves the Ingresses of a class.
 *
 * Models pkg/registry/networking/ingressclass, pkg/apis/networking/validation and the table printer.
 */
import type { IngressClass, IngressClassParametersReference } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label, dns1123Subdomain, pathSegmentName } from "#kernel/apimachinery/formats";
import { byteLength } from "#kernel/apimachinery/go-text";
import { column, defineResource } from "#kernel/registry/definition";
import { mustBeDomainPrefixed, mustFit } from "#kernel/resources/core/pod.validate.fields";
import { ageColumn } from "#kernel/resources/core/table.columns";

const CONTROLLER_BYTES_MAX = 250;

/** The annotation by which a class is what an Ingress without one gets. */
export const DEFAULT_CLASS_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

export const ingressclasses = defineResource<IngressClass>({
  group: "networking.k8s.io",
  version: "v1",
  names: { kind: "IngressClass", plural: "ingressclasses", singular: "ingressclass" },
  scope: "Cluster",
  hasGeneration: true,
  allowUnconditionalUpdate: true,

  setDefaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= "Cluster";
  },
  validate({ spec = {} }, root) {
    const at = root.under("spec");
    validateController(spec.controller ?? "", at);
    if (spec.parameters !== undefined) validateParameters(spec.parameters, at.under("parameters"));
  },
  validateUpdate({ spec }, old, at) {
    at("spec.controller").immutable(spec?.controller ?? "", old.spec?.controller ?? "");
  },

  table: [
    { ...column<IngressClass>("Name", "string", nameText, "Name, unique in the cluster."), format: "name" },
    column("Controller", "string", ({ spec }) => spec?.controller ?? "", "Who serves the Ingresses of the class."),
    column("Parameters", "string", ({ spec }) => parametersText(spec?.parameters), "What configures it further."),
    ageColumn,
  ],
});

function nameText({ metadata }: IngressClass): string {
  const isDefault = metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === "true";
  return isDefault ? `${metadata.name} (default)` : metadata.name;
}

function parametersText(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return "<none>";
  const { kind, apiGroup, name } = parameters;
  return `${apiGroup === undefined ? kind : `${kind}.${apiGroup}`}/${name}`;
}

function validateController(controller: string, at: At): void {
  const problem = at("controller");
  if (byteLength(controller) > CONTROLLER_BYTES_MAX) problem.tooLong("", CONTROLLER_BYTES_MAX);
  mustBeDomainPrefixed(problem, controller);
}

/** Adds an error for each wrong part of a reference to an object of some kind in the same namespace. */
export function validateTypedReference(
  { apiGroup, kind, name }: { readonly apiGroup?: string; readonly kind: string; readonly name: string },
  at: At,
): void {
  if (apiGroup !== undefined) mustFit(at("apiGroup"), apiGroup, dns1123Subdomain);
  if (kind === "") at("kind").required("kind is required");
  else mustFit(at("kind"), kind, pathSegmentName);
  if (name === "") at("name").required("name is required");
  else mustFit(at("name"), name, pathSegmentName);
}

function validateParameters(parameters: IngressClassParametersReference, at: At): void {
  const { scope = "", namespace } = parameters;
  validateTypedReference(parameters, at);
  if (scope === "Namespace") {
    if (namespace === undefined) at("namespace").required("`parameters.scope` is set to 'Namespace'");
    else mustFit(at("namespace"), namespace, dns1123Label);
  } else if (scope === "Cluster") {
    if (namespace !== undefined) at("namespace").forbidden("`parameters.scope` is set to 'Cluster'");
  } else at("scope").notSupported(scope, ["Cluster", "Namespace"]);
}
