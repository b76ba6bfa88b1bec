/**
 * Admission: what every write passes between decoding and the store. The plugins themselves live in #kernel/admission.
 *
 * Models k8s.io/apiserver/pkg/admission.
 */

import { internalError } from "#kernel/apimachinery/errors";
import type { GroupVersionKind } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { User } from "#kernel/registry/user";
import { clone, equal } from "#kernel/sim/clone";
import type { KubeObject } from "#kernel/store/object";

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly resource: AnyResource;
  /** "" for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  /** "" while generateName has not been resolved. */
  readonly name: string;
  /** The draft: mutating plugins may change it. Absent on DELETE. */
  readonly object?: KubeObject;
  readonly old?: KubeObject;
  readonly user: User;
  readonly isDryRun: boolean;
  /** The kind of `object`, where it is not the resource's (Binding, Eviction, PodExecOptions). */
  readonly kind?: GroupVersionKind;
  /** How those outside the server see object and old, where that is not what they are: a Scale of what is scaled. */
  readonly shown?: ((object: KubeObject) => KubeObject) | undefined;
  /** Makes what is shown, changed by somebody outside, a change of the object. Raises what refuses that. */
  readonly obey?: ((object: KubeObject, changed: KubeObject) => KubeObject) | undefined;
  /** What the request says beside the object, as its options kind has it (fieldManager, gracePeriodSeconds). */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Set by a plugin that changed the object after others had seen it: those are asked once more. */
  isChanged?: boolean;
  /** What plugins keep between the first time and the second. */
  readonly notes?: Map<string, unknown>;
}

/** Lets every plugin change the object; once more, if one changed it that came after others. */
export function admitAll(plugins: readonly AdmissionPlugin[], request: AdmissionRequest, client: Client): void {
  for (const plugin of plugins) plugin.admit?.(request, client);
  if (request.isChanged !== true) return;
  request.notes?.set(REINVOCATION, true);
  for (const plugin of plugins) plugin.admit?.(request, client);
}

/**
 * Asks about what is no create, update or delete of an object of the kind itself: a connection, a binding, an eviction.
 * Gives the object that was asked about, as plugins have left it.
 * @throws whatever a plugin refuses with
 */
export function admitOther<T extends Readonly<Record<string, unknown>>>(
  client: Client,
  request: Pick<AdmissionRequest, "operation" | "resource" | "subresource" | "namespace" | "name" | "kind"> & {
    readonly object: T;
    readonly isDryRun?: boolean;
  },
): T {
  const { object, ...rest } = request;
  const whole: AdmissionRequest = {
    isDryRun: false,
    ...rest,
    object: object as unknown as KubeObject,
    user: client.user,
    notes: new Map(),
  };
  const concerned = client.registry.admission.filter((plugin) => plugin.concerns(whole));
  const asked = whole.operation === "CONNECT" ? clone(object) : undefined;
  admitAll(concerned, whole, client);
  if (asked !== undefined && !equal(asked, object)) {
    throw internalError("changing the options of a connection by admission is not simulated");
  }
  for (const plugin of concerned) plugin.validate?.(whole, client);
  client.registry.outside.written();
  return object;
}

const REINVOCATION = "reinvocation";

/** Whether plugins are asked a second time. */
export const isReinvocation = ({ notes }: AdmissionRequest): boolean => notes?.has(REINVOCATION) === true;

export interface AdmissionPlugin {
  /** The upstream plugin's name. */
  readonly name: string;
  /** Whether the plugin has a say; asked first, so keep it cheap. */
  concerns(request: AdmissionRequest): boolean;
  /** May change request.object. Refuses with a StatusError. */
  admit?(request: AdmissionRequest, client: Client): void;
  /** Sees the final object, changes nothing. Refuses with a StatusError. */
  validate?(request: AdmissionRequest, client: Client): void;
}
