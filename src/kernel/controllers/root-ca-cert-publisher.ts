/**
 * Root CA publisher: every namespace has the certificate by which its pods know the API server.
 *
 * Models pkg/controller/certificates/rootcacertpublisher.
 * Leaves out a certificate of the cluster's own: pods of a simulated cluster talk to nobody else, so one serves all.
 */
import type { ConfigMap } from "#kernel/api/types.gen";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { configmaps } from "#kernel/resources/core/configmap";
import { namespaces } from "#kernel/resources/core/namespace";
import { equal } from "#kernel/sim/clone";

const NAME = "kube-root-ca.crt";
const DESCRIPTION =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the " +
  "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** A self-signed certificate whose key nobody keeps. */
const CERTIFICATE = [
  "-----BEGIN CERTIFICATE-----",
  "MIIBgjCCASegAwIBAgIUD/Iv04Ct2e/ADf8AkBhBgrz3TUEwCgYIKoZIzj0EAwIw",
  "FTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjMyMDI4MTlaGA8yMTI2MTAz",
  "MDIwMjgxOVowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG",
  "SM49AwEHA0IABN3zOsi1xijsEZVYsmH/Q7wvIQl3nYQMhNAN/PZAKfC3fc3AWbMZ",
  "BbGmihCkFfN86mP6rX3NuWfl5JXJID8T0UyjUzBRMB0GA1UdDgQWBBTOYHf8is61",
  "EAjeFJxfFk0E91yc+TAfBgNVHSMEGDAWgBTOYHf8is61EAjeFJxfFk0E91yc+TAP",
  "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQD7m727+Elqx6HSRWZH",
  "XiTfVG6Z2sxcziYVtLdbR0xNBwIhALw2NVXbUBn0kh8pFZEFZuu4K8uJg0U79fIE",
  "u2IUt5ql",
  "-----END CERTIFICATE-----",
  "",
].join("\n");

const published: Pick<ConfigMap, "data"> = { data: { "ca.crt": CERTIFICATE } };

export const rootCaCertPublisher: Controller = {
  name: "root-ca-certificate-publisher-controller",
  component: "controllerManager",
  watches: [
    itself(namespaces),
    watching(configmaps, ({ metadata }) =>
      metadata.name === NAME ? [{ namespace: "", name: metadata.namespace ?? "" }] : [],
    ),
  ],

  reconcile({ client }, key) {
    const namespace = client.get(namespaces, key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return done;
    const present = client.get(configmaps, { namespace: key.name, name: NAME });
    if (present === undefined) {
      const annotations = { "kubernetes.io/description": DESCRIPTION };
      client.create(configmaps, { metadata: { name: NAME, namespace: key.name, annotations }, ...published });
    } else if (!equal(present.data, published.data)) client.update(configmaps, { ...present, ...published });
    return done;
  },
};
