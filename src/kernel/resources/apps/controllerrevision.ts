/**
 * ControllerRevision: what a StatefulSet or DaemonSet looked like at one time, kept so that it can be rolled back.
 *
 * Models pkg/registry/apps/controllerrevision, its part of pkg/apis/apps/validation and its table printer.
 */
import type { ControllerRevision } from "#kernel/api/types.gen";
import { controllerOf, parseApiVersion } from "#kernel/apimachinery/meta";
import { column, defineResource } from "#kernel/registry/definition";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

export const controllerrevisions = defineResource<ControllerRevision>({
  group: "apps",
  version: "v1",
  names: { kind: "ControllerRevision", plural: "controllerrevisions", singular: "controllerrevision" },
  scope: "Namespaced",
  allowUnconditionalUpdate: true,

  validate({ data, revision }, at) {
    if (data === undefined || data === null) at("data").required("data is mandatory");
    mustNotBeNegative(at("revision"), revision);
  },
  validateUpdate(revision, old, at) {
    at("data").immutable(revision.data, old.data);
  },

  columns: [
    column("Controller", "string", ownerText, "The object whose history this is part of."),
    column("Revision", "string", ({ revision }) => revision, "Its number; the highest one is what is wanted now."),
  ],
});

/** `statefulset.apps/web`, as kubectl names an object of another kind. */
function ownerText(revision: ControllerRevision): string {
  const owner = controllerOf(revision);
  if (owner === undefined) return "<none>";
  const group = parseApiVersion(owner.apiVersion)?.group ?? "";
  return `${[owner.kind, group]
    .filter((part) => part !== "")
    .join(".")
    .toLowerCase()}/${owner.name}`;
}
