/**
 * Which kinds the cluster serves, from its aggregated discovery: the page knows none by heart.
 */
import type { ClusterClient } from "./client.ts";

/** A kind that can be listed and watched. */
export type Kind = {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly verbs: readonly string[];
  readonly categories: readonly string[];
};

type Discovered = {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
};

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Every kind, each in its group's preferred version. */
export async function discover(client: ClusterClient): Promise<readonly Kind[]> {
  const lists = await Promise.all(
    ["/api", "/apis"].map(async (root) => (await client.kube(root, { accept: AGGREGATED })).json()),
  );
  return (lists as Discovered[]).flatMap(({ items }) =>
    items.flatMap(({ metadata, versions }) => {
      const [preferred] = versions;
      return (preferred?.resources ?? []).map(({ resource, responseKind, scope, verbs, categories = [] }) => ({
        group: metadata?.name ?? "",
        version: preferred?.version ?? "v1",
        plural: resource,
        kind: responseKind.kind,
        isNamespaced: scope === "Namespaced",
        verbs,
        categories,
      }));
    }),
  );
}

/** Names a kind in URLs of this page and in keys: `deployments.apps`. */
export const nameOf = ({ plural, group }: Kind): string => (group === "" ? plural : `${plural}.${group}`);

/** The path of a kind's collection; of all namespaces when none is given. */
export function pathOf({ group, version, plural, isNamespaced }: Kind, namespace = ""): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = isNamespaced && namespace !== "" ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${root}${scope}/${plural}`;
}

/** Workloads first, then the machines they run on; the rest is one click away. */
const ORDER = ["deployments.apps", "replicasets.apps", "pods", "services", "nodes"];

/** Whether a page shows the kind before anybody asks: what `kubectl get all` prints, and the nodes. */
export const isShownAtFirst = (kind: Kind): boolean => kind.categories.includes("all") || nameOf(kind) === "nodes";

/** Those a watch can follow, in the order a reader wants them. */
export function inOrder(kinds: readonly Kind[]): readonly Kind[] {
  const rank = (kind: Kind): number => {
    const known = ORDER.indexOf(nameOf(kind));
    return known >= 0 ? known : isShownAtFirst(kind) ? ORDER.length : ORDER.length + 1;
  };
  return kinds
    .filter(({ verbs }) => verbs.includes("list") && verbs.includes("watch"))
    .toSorted((a, b) => rank(a) - rank(b) || a.plural.localeCompare(b.plural));
}
