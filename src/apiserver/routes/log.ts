/**
 * GET pods/log: what a container wrote.
 */
import { type ApiContext, clientOf, resourceRequest } from "#apiserver/api-env";
import { logRequest } from "#kernel/network/api-server/log";
import { readLog } from "#kernel/runtime/logs";

/** Answers the log as it stands. */
export function getLog(c: ApiContext): Promise<Response> {
  const { info, request } = resourceRequest(c);
  return c.get("turns").run((cluster) => {
    const wanted = logRequest(clientOf(cluster, c), new URL(request.url).searchParams, info);
    const text = wanted === undefined ? "" : readLog(cluster.cells, wanted.container, wanted).text;
    return new Response(text, { headers: { "content-type": "text/plain", "cache-control": "no-cache, private" } });
  });
}
