/**
 * Commands that a container runs in another through the API: to their end, at once.
 *
 * Models pods/exec. Leaves out the streams it upgrades to: our own client speaks JSON here, any other is refused.
 */
import { badRequest, internalError } from "#kernel/apimachinery/errors";
import { connectTarget, containerOf } from "#kernel/network/api-server/connect-target";
import type { Door } from "#kernel/requests/call";
import type { Query } from "#kernel/requests/query";
import type { RequestInfo } from "#kernel/requests/request-info";
import { execInContainer } from "#kernel/runtime/containers";
import { requestDepth } from "#kernel/runtime/process/inside";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";

/** The value of the Upgrade header of our own client. */
export const EXEC_PROTOCOL = "exec.drydock.dev";

/** Answers pods/exec. @throws BadRequest, NotFound, Internal */
export function execAnswer(
  world: World,
  door: Door,
  info: RequestInfo,
  query: Query,
  { headers, body }: HttpRequest,
): HttpResponse {
  if (headers["upgrade"] !== EXEC_PROTOCOL) throw badRequest("Upgrade request required");
  const target = connectTarget(door.client(), info, query);
  const command = query.getAll("command");
  if (command.length === 0) throw badRequest("you must specify at least 1 command for the container");
  const found = containerOf(world, target);
  if ("problem" in found) throw internalError(found.problem);
  if (requestDepth(world.cells) > LIMITS.requestDepth) throw internalError("too many containers within each other");
  const result = execInContainer(world, found.id, command, { stdin: body });
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(result),
    ...(result.elapsedMs > 0 && { delayMs: result.elapsedMs }),
  };
}
