/**
 * Service accounts for tests: a namespace dev with three of them, and kubectl as each.
 */
import type { TestCluster } from "./cluster.ts";
import { type Ended, kubectl, type Opened } from "./kubectl.ts";

/** The user name of an account in dev. */
export const account = (name: string): string => `system:serviceaccount:dev:${name}`;

/** `reader` sees pods and their logs, `editor` may edit, `granter` may make roles and bindings anywhere. */
export async function makeAccounts(cluster: TestCluster): Promise<void> {
  const make = (line: string): Promise<string> => cluster.kubectlOk(["create", ...line.split(" ")]);
  await make("namespace dev");
  for (const name of ["reader", "editor", "granter"]) await make(`sa ${name} -n dev`);
  await make("role pods -n dev --verb=get,list,watch --resource=pods,pods/log");
  await make("rolebinding pods -n dev --role=pods --serviceaccount=dev:reader");
  await make("rolebinding edit -n dev --clusterrole=edit --serviceaccount=dev:editor");
  await make("clusterrole granter --verb=create,get,update --resource=roles,rolebindings");
  await make("clusterrolebinding granter --clusterrole=granter --serviceaccount=dev:granter");
}

/** A new token of an account in dev; `args` as of `kubectl create token`. */
export const tokenOf = async (cluster: TestCluster, name: string, ...args: readonly string[]): Promise<string> =>
  (await cluster.kubectlOk(["create", "token", name, "-n", "dev", ...args])).trim();

/** A kubeconfig whose server is the cluster's address with a token where the key stands. */
export const opened = ({ kubeconfig, key }: TestCluster, token: string): Opened => ({
  kubeconfig: kubeconfig.replaceAll(key, token),
});

/** Runs kubectl as an account in dev. */
export const kubectlAs = async (cluster: TestCluster, name: string, args: readonly string[]): Promise<Ended> =>
  kubectl(opened(cluster, await tokenOf(cluster, name)), args);
