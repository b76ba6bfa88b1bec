/**
 * Where the API server listens, as containers reach it at `kubernetes.default`.
 */
import type { Client } from "#kernel/registry/client";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";

const SERVICE = "default/kubernetes";

/** Whether this address and port are where the API server listens: an endpoint of the `kubernetes` Service. */
export function isApiServer(client: Client, ip: string, port: number): boolean {
  return client
    .by(endpointslices, "service", SERVICE)
    .some(
      ({ endpoints = [], ports = [] }) =>
        ports.some((one) => one.port === port) && endpoints.some(({ addresses }) => addresses.includes(ip)),
    );
}
