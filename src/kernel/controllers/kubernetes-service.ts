/**
 * The endpoints of the `kubernetes` Service: where the API server itself listens.
 *
 * Models pkg/controlplane/reconcilers and pkg/controlplane/controller/kubernetesservice.
 */

import type { Key } from "#kernel/apimachinery/meta";
import { type Controller, done, watching } from "#kernel/registry/controller";
import { endpoints } from "#kernel/resources/core/endpoints";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";
import type { KubeObject } from "#kernel/store/object";

const KEY: Key = { namespace: "default", name: "kubernetes" };

/** The control plane's address, beside those of the machines. */
const ADDRESS = "172.18.0.1";
const PORT = { name: "https", port: 6443, protocol: "TCP" };

const itIs = ({ metadata: { namespace, name } }: KubeObject): readonly Key[] =>
  namespace === KEY.namespace && name === KEY.name ? [KEY] : [];

export const kubernetesServiceController: Controller = {
  name: "kubernetes-service-endpoints",
  component: "controllerManager",
  watches: [watching(services, itIs), watching(endpoints, itIs), watching(endpointslices, itIs)],

  reconcile({ client }) {
    if (client.get(services, KEY) === undefined) return done;
    if (client.get(endpoints, KEY) === undefined) {
      client.create(endpoints, {
        metadata: { ...KEY, labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
        subsets: [{ addresses: [{ ip: ADDRESS }], ports: [PORT] }],
      });
    }
    if (client.get(endpointslices, KEY) === undefined) {
      client.create(endpointslices, {
        metadata: { ...KEY, labels: { "kubernetes.io/service-name": KEY.name } },
        addressType: "IPv4",
        endpoints: [{ addresses: [ADDRESS], conditions: { ready: true } }],
        ports: [PORT],
      });
    }
    return done;
  },
};
