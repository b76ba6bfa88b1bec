/**
 * Group versions that a Service of the cluster serves, as containers reach them: their requests are passed on.
 *
 * Models kube-aggregator/pkg/apiserver/handler_proxy.go.
 */
import { askApiService } from "#kernel/network/api-service";
import type { User } from "#kernel/registry/user";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { apiServiceName, isAvailable, isRemote } from "#kernel/resources/apiregistration/apiservice.facts";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

/** The answer of whoever serves a group version elsewhere; undefined if it is served here. */
export function aggregatedAnswer(
  world: World,
  user: User,
  path: string,
  request: HttpRequest,
): HttpResponse | undefined {
  const [, group = "", version = ""] = /^\/apis\/([^/]+)\/([^/]+)(?:\/|$)/.exec(path) ?? [];
  if (group === "") return undefined;
  const service = world.client.get(apiservices, { namespace: "", name: apiServiceName({ group, version }) });
  if (service === undefined || !isRemote(service)) return undefined;
  const headers = { ...request.headers, "x-remote-user": user.name, "x-remote-group": user.groups.join(",") };
  const answer = isAvailable(service) ? askApiService(world, service, { ...request, headers }) : undefined;
  if (answer !== undefined && "status" in answer) return answer;
  return { status: 503, headers: { "content-type": "text/plain; charset=utf-8" }, body: "service unavailable\n" };
}
