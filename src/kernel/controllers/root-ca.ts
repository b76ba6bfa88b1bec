/**
 * Root CA publisher: every namespace has a ConfigMap with the certificate by which pods know the API server.
 *
 * Models pkg/controller/certificates/rootcacertpublisher.
 */
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { clusterAuthority } from "#kernel/resources/certificates/authority";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { equal } from "#kernel/sim/clone";
import type { Cells } from "#kernel/store/cells";

const NAME = "kube-root-ca.crt";
const FILE = "ca.crt";
const DESCRIPTION = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the " +
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes " +
    "clusters.",
};

/** The PEM text of the cluster's certificate authority. */
export const clusterCa = (cells: Cells): string => clusterAuthority(cells)?.certificate ?? "";

export const rootCaPublisher: Controller = {
  name: "root-ca-certificate-publisher-controller",
  component: "controllerManager",
  watches: [
    itself(namespaces),
    watching(configmaps, ({ metadata }) =>
      metadata.name === NAME ? [{ namespace: "", name: metadata.namespace ?? "" }] : [],
    ),
  ],

  reconcile({ client, cells }, { name: namespace }) {
    const room = client.get(namespaces, { namespace: "", name: namespace });
    if (room === undefined || room.metadata.deletionTimestamp !== undefined) return done;
    const data = { [FILE]: clusterCa(cells) };
    const known = client.get(configmaps, { namespace, name: NAME });
    if (known === undefined) {
      client.create(configmaps, { metadata: { name: NAME, namespace, annotations: DESCRIPTION }, data });
    } else if (!equal(known.data, data)) client.update(configmaps, { ...known, data });
    return done;
  },
};
