/**
 * CustomResourceDefinition: a kind that users make.
 *
 * Models apiextensions-apiserver/pkg/registry/customresourcedefinition, pkg/apis/apiextensions/v1 (defaults) and its
 * table.
 */
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from "#kernel/api/types.gen";
import { setCondition } from "#kernel/apimachinery/meta";
import { parseTime, timeText } from "#kernel/apimachinery/time";
import { column, defineResource } from "#kernel/registry/definition";
import {
  CLEANUP_FINALIZER,
  conditionOf,
  storageVersionOf,
} from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import {
  validateDefinition,
  validateDefinitionStatus,
} from "#kernel/resources/apiextensions/customresourcedefinition.validate";
import { equal } from "#kernel/sim/clone";

export const customresourcedefinitions = defineResource<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  names: {
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    singular: "customresourcedefinition",
    short: ["crd", "crds"],
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  nameFormat: "any",
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  subresources: { status: true },

  setDefaults({ spec }) {
    const { names } = spec;
    if ((names.singular ?? "") === "") names.singular = names.kind.toLowerCase();
    if ((names.listKind ?? "") === "" && names.kind !== "") names.listKind = `${names.kind}List`;
    spec.conversion ??= { strategy: "None" };
    const { webhook } = spec.conversion;
    if (webhook?.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
    for (const { subresources } of spec.versions ?? []) {
      if (subresources?.status !== undefined) subresources.status ??= {};
    }
  },
  prepareForCreate(crd) {
    crd.status = withStored(crd, {});
  },
  prepareForUpdate(crd, old) {
    // The status is the old one's; what is stored from now on is added at once.
    crd.status = withStored(crd, old.status ?? {});
  },

  validate: (crd, at, _context, old) => validateDefinition(crd, old, at),
  validateStatusUpdate: (crd, _old, at) => validateDefinitionStatus(crd, at),

  terminating(crd) {
    if (conditionOf(crd, "Terminating") !== undefined) return crd;
    const { finalizers = [], deletionTimestamp = timeText(0) } = crd.metadata;
    const conditions = setCondition(
      crd.status?.conditions ?? [],
      {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionPending",
        message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
      },
      parseTime(deletionTimestamp),
    );
    return {
      ...crd,
      metadata: {
        ...crd.metadata,
        finalizers: finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER],
      },
      status: { ...crd.status, conditions },
    };
  },

  table: [
    { ...column<CustomResourceDefinition>("Name", "string", ({ metadata }) => metadata.name), format: "name" },
    {
      ...column<CustomResourceDefinition>("Created At", "date", ({ metadata }) => metadata.creationTimestamp ?? null),
      description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
    },
  ],
});

/** A status that names the stored version among those that were ever stored. */
function withStored(
  crd: CustomResourceDefinition,
  status: CustomResourceDefinitionStatus,
): CustomResourceDefinitionStatus {
  const { storedVersions = [] } = status;
  const name = storageVersionOf(crd)?.name;
  if (name === undefined || storedVersions.includes(name)) return status;
  const next = { ...status, storedVersions: [...storedVersions, name] };
  return equal(next, status) ? status : next;
}
