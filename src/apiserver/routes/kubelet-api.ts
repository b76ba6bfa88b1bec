/**
 * The kubelet's own server on port 10250, as far as it is asked through the proxy of its node.
 *
 * Models pkg/kubelet/server. Leaves out metrics, statistics and debug pages: unknown paths are not found there either.
 */

import { pageNotFoundText } from "#kernel/apimachinery/errors";
import type { Cluster } from "#kernel/cluster/cluster";
import { pods } from "#kernel/resources/core/pod";
import { readLog } from "#kernel/runtime/logs";

const text = (body: string, status = 200): Response =>
  new Response(body, { status, headers: { "content-type": "text/plain; charset=utf-8" } });

/** What the kubelet of a node answers. */
export function kubeletAnswer(cluster: Cluster, node: string, { pathname, searchParams }: URL): Response {
  const [, page, namespace = "", name = "", container = ""] = pathname.split("/").map(decodeURIComponent);
  if (pathname === "/healthz") return text("ok");
  if (pathname === "/pods" || pathname === "/pods/") return podList(cluster, node);
  if (page !== "containerLogs" || container === "") return text(pageNotFoundText, 404);
  const pod = cluster.admin.get(pods, { namespace, name });
  if (pod === undefined || pod.spec.nodeName !== node) return text(`pod ${JSON.stringify(name)} does not exist\n`, 404);
  const found = pod.status?.containerStatuses?.find((status) => status.name === container)?.containerID;
  if (found === undefined)
    return text(`container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}\n`, 404);
  const tail = searchParams.get("tailLines");
  const options = tail === null ? {} : { tailLines: Number(tail) || 0 };
  return text(readLog(cluster.cells, found.replace(/^\w+:\/\//, ""), options).text);
}

function podList(cluster: Cluster, node: string): Response {
  const items = cluster.admin.by(pods, "node", node);
  const list = { kind: "PodList", apiVersion: "v1", metadata: {}, items };
  return new Response(JSON.stringify(list), { headers: { "content-type": "application/json" } });
}
