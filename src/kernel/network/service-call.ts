/**
 * Calls of the API server to a server behind a Service: webhooks, as the simulated network answers them.
 *
 * Models apiserver/pkg/util/webhook (serviceresolver) and the dial through kube-proxy.
 * Leaves out the handshake: a simulated server has the certificate it should have.
 */
import type { OutsideReply, OutsideRequest, ServiceTarget } from "#kernel/registry/outside";
import { services } from "#kernel/resources/core/service";
import { goFailure } from "#kernel/runtime/images/go";
import type { NetFailure, World } from "#kernel/runtime/world";

/** The answer of whoever listens behind the Service, within the turn. */
export function callService(world: World, target: ServiceTarget, request: OutsideRequest): OutsideReply {
  const { namespace, name, port, path } = target;
  const service = world.client.get(services, { namespace, name });
  if (service === undefined) return { failure: `service "${name}" not found` };
  if (service.spec.ports?.some((one) => one.port === port) !== true) {
    return { failure: `no service port ${port} found for service "${name}"` };
  }
  const host = service.spec.type === "ExternalName" ? service.spec.externalName : service.spec.clusterIP;
  const answer = world.net.http(
    { kind: "node" },
    { host: host ?? "", port },
    {
      method: "POST",
      path,
      headers: { host: `${name}.${namespace}.svc`, "content-type": "application/json", accept: "application/json" },
      body: request.body,
    },
  );
  if (typeof answer === "string") return { failure: failureText(answer, { host: host ?? "", port }, request) };
  if ((answer.delayMs ?? 0) > request.timeoutMs) return { failure: "context deadline exceeded" };
  return { status: answer.status, body: answer.body };
}

function failureText(
  failure: NetFailure,
  { host, port }: { readonly host: string; readonly port: number },
  { timeoutMs }: OutsideRequest,
): string {
  return failure === "timeout" && timeoutMs < 30_000 ? "context deadline exceeded" : goFailure(failure, host, port);
}
