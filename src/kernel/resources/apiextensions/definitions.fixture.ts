/**
 * CustomResourceDefinitions for tests, and a registry that serves them.
 */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Draft } from "#kernel/registry/definition";
import type { Outside } from "#kernel/registry/outside";
import { Registry } from "#kernel/registry/registry";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { CUSTOM_KINDS } from "#kernel/resources/apiextensions/custom/kinds";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import type { Schema } from "#kernel/resources/apiextensions/schema";
import { must } from "#kernel/sim/assert";
import { Entropy } from "#kernel/sim/entropy";
import type { KubeObject } from "#kernel/store/object";
import { Store } from "#kernel/store/store";

/** The schema of an object with this schema of its spec. */
export const withSpec = (spec: Schema): Schema => ({ type: "object", properties: { spec } });

/** A version that is served and stored. */
export const version = (
  schema: Schema,
  more: Partial<CustomResourceDefinitionVersion> = {},
): CustomResourceDefinitionVersion => ({
  name: "v1",
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});

/** widgets.example.com with these versions. */
export const definition = (
  versions: readonly CustomResourceDefinitionVersion[],
  spec: Partial<CustomResourceDefinition["spec"]> = {},
): Draft<CustomResourceDefinition> => ({
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets" },
    versions: [...versions],
    ...spec,
  },
});

/** A registry with definitions alone, and what was made of them. */
export class Definitions {
  readonly registry: Registry;
  readonly client: Client;

  /** `callService` answers in place of the cluster's Services. */
  constructor(callService?: Outside["callService"]) {
    const parts = { store: new Store(), entropy: Entropy.seeded(1), resources: [customresourcedefinitions] };
    const now = () => Date.parse("2026-05-01T10:00:00Z");
    this.registry = new Registry({
      ...parts,
      ...{ admission: [], now, kinds: CUSTOM_KINDS },
      ...(callService !== undefined && { callService }),
    });
    this.client = this.registry.as(CLUSTER_ADMIN, "test");
  }

  /** Makes a kind and gives its resource in the version asked for. */
  serve(draft: Draft<CustomResourceDefinition>, name = "v1"): AnyResource {
    const made = this.client.create(customresourcedefinitions, draft);
    this.client.updateStatus(customresourcedefinitions, made, {
      ...made.status,
      acceptedNames: made.spec.names,
      conditions: [{ type: "Established", status: "True" }],
    });
    return this.resource(name);
  }

  resource(name = "v1"): AnyResource {
    return must(this.registry.resource({ group: "example.com", version: name, plural: "widgets" }), "it is served");
  }

  /** A widget as a client would send it. */
  widget(content: object, name = "w"): KubeObject {
    return { metadata: { name, namespace: "default" }, ...content } as unknown as KubeObject;
  }
}

/** Every cause of a refusal, `field: message` as field errors read; "accepted" if there was none. */
export function refusals(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const causes = error.status.details?.causes ?? [];
    if (causes.length === 0) return [error.message];
    return causes.map(({ field = "", message = "" }) => `${field}: ${message}`);
  }
  return ["accepted"];
}
