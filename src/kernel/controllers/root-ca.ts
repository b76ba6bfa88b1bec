/**
 * Root CA publisher: every namespace has a ConfigMap with the certificate by which pods know the API server.
 *
 * Models pkg/controller/certificates/rootcacertpublisher.
 */
import { type Controller, done, itself, type RoomWatch, watching } from "#kernel/registry/controller";
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

/** Where the edge may put the certificate it serves with. */
const CA_CELL = ["cluster", "ca"] as const;

/** What stands there otherwise: a certificate whose key nobody has, so nothing can be signed in its name. */
const NOBODYS_CA = `-----BEGIN CERTIFICATE-----
MIIBgDCCASegAwIBAgIUB9LOaYhRNSeGwKXat9GFk1d+32wwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjMyMDI4NTRaGA8yMTI2MTAz
MDIwMjg1NFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABNvXf/6LgknWy8fhQQp3+mmArkpt+MwK/COUlK6Tzy2TjDuk6gYk
f+A+5Fswllt/bCKuTUd0TziWqdca5Ny5WGijUzBRMB0GA1UdDgQWBBRhlcVc0Y9f
qDvY1tqB4fWqaVBavjAfBgNVHSMEGDAWgBRhlcVc0Y9fqDvY1tqB4fWqaVBavjAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIFmdm6/hc/ELtb2nhEtE
2x+xYuqQZQQ+vIp8eQ0DLzq5AiARXFRNELywNdChrqIFMiimWpTbCtdC3ZqOHVV/
VWyRpA==
-----END CERTIFICATE-----
`;

/** The PEM text of the cluster's certificate authority. */
export const clusterCa = (cells: Cells): string => cells.get<string>(...CA_CELL) ?? NOBODYS_CA;

/** A new certificate is published everywhere. */
const certificate: RoomWatch = {
  room: CA_CELL[0],
  keys: (id, _value, client) =>
    id === CA_CELL[1] ? client.list(namespaces).map(({ metadata: { name } }) => ({ namespace: "", name })) : [],
};

export const rootCaPublisher: Controller = {
  name: "root-ca-certificate-publisher-controller",
  component: "controllerManager",
  watches: [
    itself(namespaces),
    watching(configmaps, ({ metadata }) =>
      metadata.name === NAME ? [{ namespace: "", name: metadata.namespace ?? "" }] : [],
    ),
    certificate,
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
