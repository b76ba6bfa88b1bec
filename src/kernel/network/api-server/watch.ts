/**
 * Watches of containers: what has happened since a revision, or what there is, and then the stream ends.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/watch.go with a timeout that comes at once.
 */
import { methodNotSupported, StatusError } from "#kernel/apimachinery/errors";
import { parseRevision } from "#kernel/registry/list";
import { groupResourceOf } from "#kernel/registry/registry";
import { eventsSince, projector } from "#kernel/registry/watch";
import { type Call, type Door, servedResource } from "#kernel/requests/call";
import { negotiate } from "#kernel/requests/media-type";
import { listQuery, watchQuery } from "#kernel/requests/options";
import { objectText } from "#kernel/requests/present";
import type { HttpResponse } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";
import type { KubeObject } from "#kernel/store/object";

/** How long a watch that has nothing to tell is held, so that who asks again and again does so in peace. */
const HELD_SECONDS = 10;

/** Answers a watch. @throws NotFound, MethodNotAllowed, BadRequest */
export function watchAnswer(door: Door, call: Call, now: Instant, accepted: string | null): HttpResponse {
  const { info, query } = call;
  const { registry } = door;
  const resource = servedResource(registry, info);
  if (!resource.verbs.includes("watch")) throw methodNotSupported(groupResourceOf(resource), "watch");
  const filter = listQuery(query, info);
  projector(resource, filter);
  const { resourceVersion, sendInitialEvents, timeoutSeconds } = watchQuery(query);
  const accept = negotiate(accepted, { hasProtobuf: false, isStream: true });
  const line = (type: string, object: KubeObject): string =>
    `{"type":"${type}","object":${objectText(resource, object, { accept, now, query })}}\n`;
  const client = door.client();
  const isFromNow = resourceVersion === "" || resourceVersion === "0" || sendInitialEvents === true;
  let body: string;
  try {
    body = isFromNow
      ? client
          .page(resource, { ...filter, resourceVersion: "", limit: 0 })
          .items.map((object) => line("ADDED", object))
          .join("")
      : eventsSince(registry, resource, filter, parseRevision(resourceVersion))
          .map(({ type, object }) => line(type, object))
          .join("");
  } catch (error) {
    // Once a watch has been admitted, what goes wrong is an event of the stream.
    if (!(error instanceof StatusError)) throw error;
    body = `${JSON.stringify({ type: "ERROR", object: error.status })}\n`;
  }
  const seconds = Math.min(timeoutSeconds === 0 ? HELD_SECONDS : timeoutSeconds, HELD_SECONDS);
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body,
    ...(body === "" && { delayMs: seconds * 1_000 }),
  };
}
