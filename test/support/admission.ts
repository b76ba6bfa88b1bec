/** Admission for tests: manifests as objects, and the rules of webhooks and policies. */
import type { TestCluster } from "#test/support/cluster";

/** kubectl apply of objects. */
export const apply = (cluster: TestCluster, ...objects: object[]) =>
  cluster.kubectl(["apply", "-f", "-"], { stdin: objects.map((object) => JSON.stringify(object)).join("\n---\n") });

/** As `apply`; a failure throws. */
export async function applied(cluster: TestCluster, ...objects: object[]): Promise<void> {
  const { code, stderr } = await apply(cluster, ...objects);
  if (code !== 0) throw new Error(stderr);
}

export const REGISTRATION = "admissionregistration.k8s.io/v1";
/** A rule about resources of version v1. */
export const rule = (resources: string[], operations = ["CREATE", "UPDATE"], apiGroups = [""]) => ({
  ...{ apiGroups, apiVersions: ["v1"], operations, resources },
});
