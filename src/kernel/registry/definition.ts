/**
 * What a kind is: one value that says how its objects are named, defaulted, validated, changed and printed.
 *
 * Models the strategy of k8s.io/apiserver/pkg/registry/generic together with a kind's table printer.
 * A definition is a value the cluster holds, so that a CustomResourceDefinition can make one at run time.
 */

import { type ObjectShape, shapeOf } from "#kernel/api/shapes";
import type { JSONSchemaProps, ObjectMeta } from "#kernel/api/types.gen";
import type { Decoded, JsonObject } from "#kernel/api/walk";
import type { At } from "#kernel/apimachinery/field-errors";
import type { GroupVersionKind, Key } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { must } from "#kernel/sim/assert";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import type { Bucket, KubeObject } from "#kernel/store/object";

/** An object as a client or a controller hands it in: the server fills in the rest. */
export type Draft<T extends KubeObject> = Omit<T, "apiVersion" | "kind" | "metadata"> & {
  apiVersion?: string;
  kind?: string;
  metadata: Partial<ObjectMeta>;
};

/** Names as `kubectl api-resources` prints them. */
export interface ResourceNames {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  /** KIND + "List" unless said otherwise. */
  readonly listKind?: string;
}

export type Verb = "create" | "delete" | "deletecollection" | "get" | "list" | "patch" | "update" | "watch";

/** A cell of a printed row. Times are given as the age of an instant text by `age`. */
export type CellValue = string | number | boolean | null;

/** One column of `kubectl get`; priority 1 = only with `-o wide`. */
export interface Column<T> {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description: string;
  readonly priority: number;
  cell(object: T, now: Instant): CellValue;
}

/** What a strategy may look at besides the object. */
export interface StrategyContext {
  readonly now: Instant;
  readonly entropy: Entropy;
  /** Present objects of another resource, for the few rules that need one. */
  read<O extends KubeObject>(resource: Resource<O>, key: Key): O | undefined;
  /** Present objects of another resource by one of its indexes. */
  by<O extends KubeObject>(resource: Resource<O>, index: string, value: string): readonly O[];
}

/** Subresources beyond create/get/list...: `status` and `scale` are generic, others are routes of their own. */
export interface Subresources {
  readonly status?: boolean;
  readonly scale?: ScaleShape;
  /** Names of further subresources with their verbs and the kind they speak, for discovery. */
  readonly others?: readonly SubresourceInfo[];
}

export interface SubresourceInfo {
  readonly name: string;
  readonly verbs: readonly (Verb | "connect")[];
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
}

/** JSON paths of autoscaling/v1 Scale in the object, as a CustomResourceDefinition writes them. */
export interface ScaleShape {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** Path of a LabelSelector object or of a map of labels or of a serialised selector. */
  readonly selectorPath?: string;
}

/** A graceful deletion: the object stays, marked, for so many seconds; 0 = removed at once. */
export interface Grace {
  readonly seconds: number;
}

/** Between one version of a kind and the one its bucket holds. Neither direction changes what it is given. */
export interface Conversion<T extends KubeObject> {
  /** The apiVersion objects are stored with, where telling it from one that was converted would be dear. */
  readonly storedVersion?: string;
  /** With the stored version's apiVersion and kind; metadata stays as it is. */
  toStored(object: T): KubeObject;
  /** What is stored may be of any version the kind was ever stored in; an object of this version is given as it is. */
  fromStored(stored: KubeObject): T;
  /** Hears of all the objects that are about to be read, where asking for each would be dear. */
  prepare?(stored: readonly KubeObject[]): void;
}

export interface DefinitionInput<T extends KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly names: ResourceNames;
  readonly scope: "Namespaced" | "Cluster";
  /** All eight unless said otherwise. */
  readonly verbs?: readonly Verb[];
  readonly subresources?: Subresources;
  /** How metadata.name must look; "subdomain" (RFC 1123) unless said otherwise. */
  readonly nameFormat?: "subdomain" | "label" | "pathSegment" | "any";
  /** Whether metadata.generation counts changes of anything but metadata and status. */
  readonly hasGeneration?: boolean;
  /** Whether PUT on a missing name creates it (Lease, Event, ...). */
  readonly allowCreateOnUpdate?: boolean;
  /** Whether an update without resourceVersion is taken as "whatever is there". */
  readonly allowUnconditionalUpdate?: boolean;
  /** Metadata that a write of the status leaves alone; kinds made at run time leave all of it alone. */
  readonly fixedOnStatus?: "all" | readonly ("labels" | "ownerReferences")[];
  /** Fills what the user left out. May change the draft, which is its own copy. */
  setDefaults?(object: T): void;
  /** Strategy before validation: drops what a client may not set. May change the draft. */
  prepareForCreate?(object: T, context: StrategyContext): void;
  /** `subresource` is "" for the object itself; a namespace's finalizers change through "finalize" alone. */
  prepareForUpdate?(object: T, old: T, context: StrategyContext, subresource: string): void;
  /** `subresource` is "status", or another that writes the status too ("approval"). */
  prepareForStatusUpdate?(object: T, old: T, context: StrategyContext, subresource: string): void;
  /** `old` is absent on create. */
  validate?(object: T, at: At, context: StrategyContext, old?: T): void;
  /** Only what concerns a new object; `validate` has already seen it. */
  validateCreate?(object: T, at: At, context: StrategyContext): void;
  /** Only what concerns the change; `validate` has already seen the new object. */
  validateUpdate?(object: T, old: T, at: At, context: StrategyContext, subresource: string): void;
  validateStatusUpdate?(object: T, old: T, at: At, context: StrategyContext, subresource: string): void;
  /**
   * Takes what only one object may have (cluster IPs, node ports) after validation, before the write; `old` is
   * absent on create. May change the object; says what cannot be had through `at`.
   */
  allocate?(object: T, old: T | undefined, at: At, context: StrategyContext): void;
  /** Texts for the Warning header (299). */
  warnings?(object: T, old?: T): readonly string[];
  /** Text of the Warning header (299) of every request of a kind that is on its way out. */
  readonly deprecation?: string;
  /**
   * Makes the kind a question: create answers with the completed object and stores nothing. Such kinds name
   * `create` as their only verb. May change the object, which is its own copy.
   */
  review?(object: T, client: Client): T;
  /** Graceful deletion with the grace the client asked for; undefined = this kind is removed at once. */
  grace?(object: T, requestedSeconds: number | undefined, context: StrategyContext): Grace;
  /** Whether DELETE answers with the object it removed; otherwise with a Status (rest.Storage ReturnDeletedObject). */
  readonly returnsDeletedObject?: boolean;
  /** Whether a DELETE that says nothing about dependents leaves them behind (Job, ReplicationController). */
  readonly orphansByDefault?: boolean;
  /** Text of the Warning header (299) of a DELETE that says nothing about dependents. */
  readonly deleteWarning?: string;
  /** What else changes in an object that is marked for deletion and lives on (the phase of a namespace). */
  terminating?(marked: T): T;
  /** Whether the object must stay although metadata.finalizers is empty (namespaces: spec.finalizers). */
  isHeld?(object: T): boolean;
  /** What a reader sees, where it differs from what is stored (a heartbeat derived from the clock). */
  present?(object: T, now: Instant): T;
  /** Without Name and Age, which every table has. */
  readonly columns?: readonly Column<T>[];
  /** The whole table, for the few kinds that show neither Name nor Age (Event). */
  readonly table?: readonly Column<T>[];
  /** Fields `--field-selector` takes besides metadata.name and metadata.namespace. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Secondary keys under which controllers find objects without a list: `client.by(pods, "node", name)`. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Shares the stored objects of another resource, as its other versions do (events.k8s.io and core events). */
  readonly bucket?: Bucket;
  /** How this version differs from the stored one; absent where it is the stored one. */
  readonly conversion?: Conversion<T>;
  /** The kind of the stored version, where that is not this one. */
  readonly storedAs?: GroupVersionKind;
  /** Nothing of it is stored: a source of the registry puts it together when it is read. */
  readonly isComputed?: boolean;
  /** The shape of a kind made at run time; otherwise it is found by group, version and kind. */
  readonly shape?: ObjectShape;
  /** Made by a CustomResourceDefinition: its objects are no Go structs, so no strategic merge patch, no protobuf. */
  readonly isCustom?: true;
  /** The schema of a custom kind, for documents. */
  readonly schema?: JSONSchemaProps;
  /** Reads what a client wrote, where not by the shape. */
  decode?(value: JsonObject): Decoded;
}

export interface Resource<T extends KubeObject = KubeObject> extends DefinitionInput<T> {
  readonly bucket: Bucket;
  readonly verbs: readonly Verb[];
  readonly nameFormat: "subdomain" | "label" | "pathSegment" | "any";
  readonly gvk: GroupVersionKind;
  readonly apiVersion: string;
  readonly listKind: string;
  readonly shape: ObjectShape;
  readonly isNamespaced: boolean;
}

/** A resource of any kind, where the kind does not matter. */
// biome-ignore lint/suspicious/noExplicitAny: a definition consumes and produces its own kind, so no other bound fits.
export type AnyResource = Resource<any>;

const ALL_VERBS: readonly Verb[] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** Whether writing a subresource writes the status of the object, and nothing else of its content. */
export const writesStatus = (subresource: string): boolean => subresource === "status" || subresource === "approval";

/** Completes a definition with what follows from it. */
export function defineResource<T extends KubeObject>(input: DefinitionInput<T>): Resource<T> {
  const { group, version, names, scope } = input;
  const gvk = { group, version, kind: names.kind };
  const found = input.shape;
  return {
    verbs: ALL_VERBS,
    ...(found !== undefined && { fixedOnStatus: "all" as const }),
    nameFormat: "subdomain",
    bucket: group === "" ? names.plural : `${names.plural}.${group}`,
    ...input,
    gvk,
    apiVersion: group === "" ? version : `${group}/${version}`,
    listKind: names.listKind ?? `${names.kind}List`,
    isNamespaced: scope === "Namespaced",
    get shape() {
      return found ?? must(shapeOf(gvk), `the upstream OpenAPI document knows ${names.kind} of ${group}/${version}`);
    },
  };
}

/** A column everybody sees. */
export function column<T>(
  name: string,
  type: Column<T>["type"],
  cell: (object: T, now: Instant) => CellValue,
  description = "",
): Column<T> {
  return { name, type, cell, description, priority: 0 };
}

/** A column of `-o wide` alone. */
export function wide<T>(
  name: string,
  type: Column<T>["type"],
  cell: (object: T, now: Instant) => CellValue,
  description = "",
): Column<T> {
  return { name, type, cell, description, priority: 1 };
}
