/**
 * Kubeconfigs, and the addresses under which a cluster is reached.
 */
import { stringify } from "yaml";

/** Where a cluster is reached: its page, and its Kubernetes API. */
export interface Addresses {
  readonly url: string;
  readonly server: string;
}

/** What opens a cluster. */
export interface Opener {
  readonly origin: string;
  readonly id: string;
  readonly key: string;
}

/**
 * The addresses of a cluster. The key stands in the page's fragment, which no server ever sees; kubectl drops tokens
 * on plain http, so there it stands in the path.
 */
export function addressesOf({ origin, id, key }: Opener): Addresses {
  const isSecure = origin.startsWith("https:");
  return { url: `${origin}/c/${id}#key=${key}`, server: `${origin}/k/${isSecure ? id : `${id}.${key}`}` };
}

/** A kubeconfig as YAML; `ca` is the PEM of the authority that clients must trust, `name` that of the context. */
export function kubeconfigOf(opener: Opener, name: string, ca?: string): string {
  const isSecure = opener.origin.startsWith("https:");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "drydock",
        cluster: {
          server: addressesOf(opener).server,
          ...(isSecure && ca !== undefined && { "certificate-authority-data": btoa(ca) }),
        },
      },
    ],
    // Over http too: without a word about the user kubectl asks for a name and a password.
    users: [{ name: "drydock", user: { token: opener.key } }],
    contexts: [{ name, context: { cluster: "drydock", user: "drydock", namespace: "default" } }],
    "current-context": name,
  });
}
