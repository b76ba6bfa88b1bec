/**
 * The texts that explain the API: of types and fields, and of the parameters of operations.
 */
import type { Texts } from "#apiserver/describe/openapi.served";
import type { Definitions } from "./definitions.ts";
import type { Packages } from "./packages.ts";

/** Client call -> the prefix under which its parameters are looked up; "" is any operation. */
const CALLS: Readonly<Record<string, string>> = {
  deleteCollectionNamespacedPod: "",
  createNamespacedPod: "",
  listNamespacedPod: "",
  patchNamespacedPod: "patch",
  readNamespacedPodLog: "log",
  connectGetNamespacedPodExec: "exec",
  connectGetNamespacedPodAttach: "attach",
  connectGetNamespacedPodPortforward: "portforward",
  connectGetNamespacedPodProxyWithPath: "proxy",
  connectGetNamespacedPodProxy: "pods/proxy",
  connectGetNamespacedServiceProxy: "services/proxy",
  connectGetNodeProxy: "nodes/proxy",
};

/** All texts the packages have. */
export function textsOf(definitions: Definitions, packages: Packages): Texts {
  const types: Record<string, Record<string, string>> = {};
  for (const [name, { description, properties = {} }] of definitions) {
    const own: Record<string, string> = {};
    if (description !== undefined) own[""] = description;
    for (const [field, property] of Object.entries(properties)) {
      if (property.description !== undefined) own[field] = property.description;
    }
    types[name] = own;
  }
  return { types, parameters: parameterTexts(packages) };
}

function parameterTexts({ parameters }: Packages): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [call, prefix] of Object.entries(CALLS)) {
    for (const [parameter, about] of parameters.get(call) ?? []) {
      const name = parameter === "_continue" ? "continue" : parameter;
      if (about === "") continue;
      if (prefix !== "") texts[`${prefix}:${name}`] = about;
      texts[name] ??= about;
    }
  }
  return texts;
}
