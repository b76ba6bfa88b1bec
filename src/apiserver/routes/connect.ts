/**
 * exec, attach and port-forward asked for without a WebSocket: refused.
 *
 * Models pkg/registry/core/pod/rest/subresources.go.
 * Leaves out SPDY as the outer protocol: the platform carries no upgrade but the WebSocket's.
 */
import { type ApiContext, clientOf, resourceRequest } from "#apiserver/api-env";
import { badRequest, type StatusError } from "#kernel/apimachinery/errors";
import { connectPod, connectTarget, containerOf } from "#kernel/network/api-server/connect-target";

const NO_SPDY =
  "unable to upgrade: this server speaks the WebSocket protocols of Kubernetes 1.30 and later only, not SPDY/3.1; " +
  "kubectl 1.31 and later speak them by themselves";

/** Refuses exec and attach over anything but a WebSocket, for the reason that comes first. */
export function refuseCommand(c: ApiContext): Promise<Response> {
  const { info, request } = resourceRequest(c);
  const { searchParams } = new URL(request.url);
  return c.get("turns").run((cluster) => {
    const found = containerOf(cluster, connectTarget(clientOf(cluster, c), info, searchParams));
    throw "problem" in found ? badRequest(found.problem) : wrongUpgrade(request);
  });
}

/** Refuses port-forward over anything but a WebSocket, for the reason that comes first. */
export function refusePortForward(c: ApiContext): Promise<Response> {
  const { info, request } = resourceRequest(c);
  return c.get("turns").run((cluster) => {
    connectPod(clientOf(cluster, c), info, new URL(request.url).searchParams);
    throw wrongUpgrade(request);
  });
}

const wrongUpgrade = ({ headers }: Request): StatusError =>
  badRequest(/^spdy\//i.test(headers.get("upgrade") ?? "") ? NO_SPDY : "Upgrade request required");
