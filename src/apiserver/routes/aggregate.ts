/**
 * Requests of group versions that a Service of the cluster serves: passed on to it, or 503 where it cannot be asked.
 *
 * Models kube-aggregator/pkg/apiserver/handler_proxy.go.
 */
import type { ApiContext } from "#apiserver/api-env";
import { requestEntityTooLarge } from "#kernel/apimachinery/errors";
import { askApiService } from "#kernel/network/api-service";
import { worldOf } from "#kernel/network/world-of";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import { apiServiceName, isAvailable, isRemote } from "#kernel/resources/apiregistration/apiservice.facts";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { LIMITS } from "#kernel/sim/limits";

/** Answers a request of a group version that is served elsewhere; undefined for any other. */
export async function aggregated(c: ApiContext): Promise<Response | undefined> {
  const url = new URL(c.req.url);
  const [, group = "", version = ""] = /^\/apis\/([^/]+)\/([^/]+)(?:\/|$)/.exec(url.pathname) ?? [];
  if (group === "") return undefined;
  const key = { namespace: "", name: apiServiceName({ group, version }) };
  const service = await c.get("turns").run(({ admin }) => {
    const found = admin.get(apiservices, key);
    return found !== undefined && isRemote(found) ? found : undefined;
  });
  if (service === undefined) return undefined;
  if (!isAvailable(service)) return unavailable();
  const bytes = new Uint8Array(await c.req.raw.arrayBuffer());
  if (bytes.length > LIMITS.requestBytes) throw requestEntityTooLarge(`limit is ${LIMITS.requestBytes}`);
  const user = c.get("user");
  const request = {
    method: c.req.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...Object.fromEntries([...c.req.raw.headers].filter(([name]) => !name.startsWith("x-drydock-"))),
      "x-remote-user": user.name,
      "x-remote-group": user.groups.join(","),
    },
    body: textOfBytes(bytes),
  };
  return c.get("turns").run(({ admin, now, entropy, cells }) => {
    const answer = askApiService(worldOf({ client: admin, now, entropy, cells }), service, request);
    if ("reason" in answer) return unavailable();
    const { status, headers, body } = answer;
    return new Response(body === "" ? null : new Uint8Array(bytesOfText(body)), { status, headers });
  });
}

const unavailable = (): Response =>
  new Response("service unavailable\n", { status: 503, headers: { "content-type": "text/plain; charset=utf-8" } });
