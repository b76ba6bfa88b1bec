/**
 * The world outside the cluster: what a machine out there sees at an address of it.
 */
import { goFailure } from "#kernel/runtime/images/go";
import type { HttpRequest, HttpResponse, World } from "#kernel/runtime/world";

/** The answer, or why there is none, as a sentence for the page that says so. */
export type OutsideAnswer = HttpResponse | { readonly reason: string };

/** Sends a request from outside to `host:port`: a NodePort of a node, a load balancer's address, an external IP. */
export function outsideHttp(world: World, host: string, port: number, request: HttpRequest): OutsideAnswer {
  const headers = { ...request.headers, host: port === 80 ? host : `${host}:${port}` };
  const answer = world.net.http({ kind: "outside" }, { host, port }, { ...request, headers });
  return typeof answer === "object" ? answer : { reason: goFailure(answer, host, port) };
}
