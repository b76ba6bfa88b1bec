/**
 * NamespaceLifecycle: nothing is made where there is no namespace or where one is going; some namespaces never go.
 *
 * Models apiserver/pkg/admission/plugin/namespace/lifecycle.
 * Leaves out the waiting for caches: a read inside the kernel is never stale.
 */
import { refusal } from "#kernel/admission/refusal";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { namespaces } from "#kernel/resources/core/namespace";

const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

export const namespaceLifecycle: AdmissionPlugin = {
  name: "NamespaceLifecycle",

  concerns({ operation, resource, namespace, name }) {
    if (operation === "DELETE") return resource.bucket === namespaces.bucket && IMMORTAL.has(name);
    // A review in a namespace must not tell whether there is one.
    if (resource.names.plural === "localsubjectaccessreviews") return false;
    return namespace !== "" && (operation === "CREATE" || operation === "UPDATE");
  },

  admit(request, client) {
    const { operation, namespace: name } = request;
    if (operation === "DELETE") throw refusal(request, "this namespace may not be deleted");
    const namespace = client.need(namespaces, { namespace: "", name });
    if (operation !== "CREATE" || namespace.status?.phase !== "Terminating") return;
    const detail = `unable to create new content in namespace ${name} because it is being terminated`;
    const message = `namespace ${name} is being terminated`;
    throw refusal(request, detail, [{ reason: "NamespaceTerminating", message, field: "metadata.namespace" }]);
  },
};
