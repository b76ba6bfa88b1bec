/**
 * A short hand for policy rules: words in one text, the core group written as `core`.
 */
import type { PolicyRule } from "#kernel/api/types.gen";

const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

/** `rule("get list", "core apps", "pods deployments")`; the names, if any, are those it is about alone. */
export function rule(verbs: string, groups: string, resources: string, names = ""): PolicyRule {
  return Object.freeze({
    verbs: words(verbs),
    apiGroups: words(groups).map((group) => (group === "core" ? "" : group)),
    resources: words(resources),
    ...(names !== "" && { resourceNames: words(names) }),
  });
}

/** `paths("get", "/healthz /livez")` */
export const paths = (verbs: string, urls: string): PolicyRule =>
  Object.freeze({ verbs: words(verbs), nonResourceURLs: words(urls) });

export const READ = "get list watch";
export const WRITE = "create delete deletecollection patch update";
export const ALL = "create delete deletecollection get list patch update watch";

/** What whoever reports events may do. */
export const EVENTS = rule("create patch update", "core events.k8s.io", "events");
