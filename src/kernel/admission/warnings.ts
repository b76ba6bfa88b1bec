/**
 * What the server warns of after a write: the kind's own warnings and those of the admission plugins.
 *
 * Models apiserver/pkg/warning as admission uses it.
 */
import { podSecurityWarnings } from "#kernel/admission/podsecurity";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { KubeObject } from "#kernel/store/object";

/** Texts for the Warning header of the answer; `old` is the object before an update. */
export function writeWarnings(
  client: Client,
  resource: AnyResource,
  object: KubeObject,
  old?: KubeObject,
): readonly string[] {
  const ownWarnings = resource.warnings?.(object, old) ?? [];
  return [...client.takeWarnings(), ...podSecurityWarnings(client, resource, object, old), ...ownWarnings];
}
