/**
 * The world outside the cluster: what a machine out there sees at an address of it.
 */
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

/** The answer, or why there is none, as a sentence for the page that says so. */
export type OutsideAnswer = HttpResponse | { readonly reason: string };

/** Sends a request from outside to `host:port`: a NodePort of a node, a load balancer's address, an external IP. */
export function outsideHttp(world: World, host: string, port: number, request: HttpRequest): OutsideAnswer {
  const headers = { ...request.headers, host: port === 80 ? host : `${host}:${port}` };
  const answer = world.net.http({ kind: "outside" }, { host, port }, { ...request, headers });
  return typeof answer === "object" ? answer : { reason: reasonOf(answer, host, port) };
}

function reasonOf(failure: NetFailure, host: string, port: number): string {
  switch (failure) {
    case "refused":
      return `dial tcp ${host}:${port}: connect: connection refused`;
    case "timeout":
      return `dial tcp ${host}:${port}: i/o timeout`;
    case "unreachable":
      return `dial tcp ${host}:${port}: connect: no route to host`;
    case "nxdomain":
      return `dial tcp: lookup ${host}: no such host`;
    case "reset":
      return `read tcp ${host}:${port}: read: connection reset by peer`;
  }
}
