/**
 * The names Go's error messages give to the types of fields: `int32`, `[]v1.Container`, `v1.ResourceList`.
 *
 * Models the type names of k8s.io/api as reflect prints them.
 */
import type { FieldShape } from "#kernel/api/shapes";

/** Fields whose Go type is a string with a name of its own, by the name of the field. */
const NAMED_STRINGS: Readonly<Record<string, string>> = {
  concurrencyPolicy: "v1.ConcurrencyPolicy",
  dnsPolicy: "v1.DNSPolicy",
  effect: "v1.TaintEffect",
  externalTrafficPolicy: "v1.ServiceExternalTrafficPolicy",
  imagePullPolicy: "v1.PullPolicy",
  internalTrafficPolicy: "v1.ServiceInternalTrafficPolicy",
  phase: "v1.PodPhase",
  podManagementPolicy: "v1.PodManagementPolicyType",
  preemptionPolicy: "v1.PreemptionPolicy",
  protocol: "v1.Protocol",
  restartPolicy: "v1.RestartPolicy",
  scheme: "v1.URIScheme",
  sessionAffinity: "v1.ServiceAffinity",
  terminationMessagePolicy: "v1.TerminationMessagePolicy",
  uid: "types.UID",
  whenUnsatisfiable: "v1.UnsatisfiableConstraintAction",
};

/** Fields called `type`, `operator` and `restartPolicy` mean another type in each struct. */
const NAMED_BY_OWNER: Readonly<Record<string, string>> = {
  "Container.restartPolicy": "v1.ContainerRestartPolicy",
  "DaemonSetUpdateStrategy.type": "v1.DaemonSetUpdateStrategyType",
  "DeploymentStrategy.type": "v1.DeploymentStrategyType",
  "LabelSelectorRequirement.operator": "v1.LabelSelectorOperator",
  "NamespaceStatus.phase": "v1.NamespacePhase",
  "NodeSelectorRequirement.operator": "v1.NodeSelectorOperator",
  "Secret.type": "v1.SecretType",
  "ServiceSpec.type": "v1.ServiceType",
  "StatefulSetUpdateStrategy.type": "v1.StatefulSetUpdateStrategyType",
  "Toleration.operator": "v1.TolerationOperator",
};

/** The Go type of a field (`path` from the root) of the definition `owner`. */
export function goTypeOf(field: FieldShape, owner: string, path: string): string {
  if (field.type === "string") {
    const struct = owner.slice(owner.lastIndexOf(".") + 1);
    const name = path.slice(path.lastIndexOf(".") + 1);
    return NAMED_BY_OWNER[`${struct}.${name}`] ?? NAMED_STRINGS[name] ?? "string";
  }
  return goType(field);
}

function goType(field: FieldShape): string {
  switch (field.type) {
    case "boolean":
      return "bool";
    case "integer":
      return field.format === "int32" ? "int32" : "int64";
    case "number":
      return "float64";
    case "bytes":
      return "[]uint8";
    case "array":
      return `[]${field.items === undefined ? "interface {}" : goType(field.items)}`;
    case "map":
      if (field.values?.type === "quantity") return "v1.ResourceList";
      return `map[string]${field.values === undefined ? "interface {}" : goType(field.values)}`;
    case "object":
      return structName(field.object?.name ?? field.definition ?? "");
    case "quantity":
      return "resource.Quantity";
    case "intOrString":
      return "intstr.IntOrString";
    case "any":
      return "interface {}";
    default:
      return "string";
  }
}

/** `io.k8s.api.core.v1.PodSpec` is `v1.PodSpec`: a package is called by its last part. */
const structName = (definition: string): string => definition.split(".").slice(-2).join(".");
