/**
 * Admission: what every write passes between decoding and the store. The plugins themselves live in #kernel/admission.
 *
 * Models k8s.io/apiserver/pkg/admission.
 */

import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { User } from "#kernel/registry/user";
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
}

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
