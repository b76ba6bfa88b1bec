/**
 * RuntimeClass: a pod pays the overhead of its class and goes where the class is served.
 *
 * Models plugin/pkg/admission/runtimeclass.
 */
import { refusal } from "#kernel/admission/refusal";
import type { Pod, RuntimeClass, Scheduling } from "#kernel/api/types.gen";
import { cmp } from "#kernel/apimachinery/quantity";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { pods } from "#kernel/resources/core/pod";
import { runtimeclasses } from "#kernel/resources/node/runtimeclass";
import { equal } from "#kernel/sim/clone";

export const runtimeClass: AdmissionPlugin = {
  name: "RuntimeClass",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === pods.bucket && subresource === "" && operation === "CREATE",

  admit(request, client) {
    const { spec } = request.object as Pod;
    const found = classOf(request, client);
    const fixed = found?.overhead?.podFixed;
    if (fixed !== undefined) {
      if (spec.overhead !== undefined && !isSame(fixed, spec.overhead)) throw refusal(request, MISMATCH);
      spec.overhead = { ...fixed };
    }
    if (found?.scheduling !== undefined) mergeScheduling(request, spec, found.scheduling);
  },

  validate(request, client) {
    const { overhead } = (request.object as Pod).spec;
    const fixed = classOf(request, client)?.overhead?.podFixed;
    if (fixed === undefined) {
      if (overhead === undefined) return;
      throw refusal(request, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
    if (!isSame(fixed, overhead ?? {})) throw refusal(request, MISMATCH);
  },
};

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

function classOf(request: AdmissionRequest, client: Client): RuntimeClass | undefined {
  const name = (request.object as Pod).spec.runtimeClassName;
  if (name === undefined || name === "") return undefined;
  const found = client.get(runtimeclasses, { namespace: "", name });
  if (found === undefined) throw refusal(request, `pod rejected: RuntimeClass "${name}" not found`);
  return found;
}

type Quantities = Readonly<Record<string, string>>;

const isSame = (a: Quantities, b: Quantities): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, quantity]) => b[name] !== undefined && cmp(quantity, b[name]) === 0);

/** May change the pod's spec. */
function mergeScheduling(
  request: AdmissionRequest,
  spec: Pod["spec"],
  { nodeSelector, tolerations }: Scheduling,
): void {
  for (const [key, value] of Object.entries(nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      const both = `runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
      throw refusal(request, `conflict: ${both}`);
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const missing = (tolerations ?? []).filter((one) => spec.tolerations?.some((own) => equal(own, one)) !== true);
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing];
}
