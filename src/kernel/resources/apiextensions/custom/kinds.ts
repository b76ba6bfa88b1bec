/**
 * The kinds of a cluster's CustomResourceDefinitions, kept in step with them.
 */
import type { CustomResourceDefinition } from "#kernel/api/types.gen";
import type { KindsMaker } from "#kernel/registry/registry";
import { noConverter } from "#kernel/resources/apiextensions/custom/conversion";
import { servedBy } from "#kernel/resources/apiextensions/custom/resource";
import { webhookConverter } from "#kernel/resources/apiextensions/custom/webhook";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { isEstablished, isTerminating } from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import { equal } from "#kernel/sim/clone";

export const CUSTOM_KINDS: KindsMaker = {
  bucket: customresourcedefinitions.bucket,
  resourcesOf(definition, registry) {
    const crd = definition as CustomResourceDefinition;
    return servedBy(crd, crd.spec.conversion?.strategy === "Webhook" ? webhookConverter(crd, registry) : noConverter);
  },
  isSame(before, after) {
    const [was, is] = [before as CustomResourceDefinition, after as CustomResourceDefinition];
    return (
      was.metadata.uid === is.metadata.uid &&
      isEstablished(was) === isEstablished(is) &&
      isTerminating(was) === isTerminating(is) &&
      equal(was.status?.acceptedNames, is.status?.acceptedNames) &&
      equal(was.spec, is.spec)
    );
  },
};
