/**
 * ServiceAccount controller: every namespace has an account called default.
 *
 * Models pkg/controller/serviceaccount/serviceaccounts_controller.go.
 */
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { namespaces } from "#kernel/resources/core/namespace";
import { serviceaccounts } from "#kernel/resources/core/serviceaccount";

const ACCOUNT = "default";

export const serviceAccountController: Controller = {
  name: "service-account-controller",
  component: "controllerManager",
  watches: [
    itself(namespaces),
    watching(serviceaccounts, ({ metadata }) =>
      metadata.name === ACCOUNT ? [{ namespace: "", name: metadata.namespace ?? "" }] : [],
    ),
  ],

  reconcile({ client }, key) {
    const namespace = client.get(namespaces, key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return done;
    if (client.get(serviceaccounts, { namespace: key.name, name: ACCOUNT }) === undefined) {
      client.create(serviceaccounts, { metadata: { name: ACCOUNT, namespace: key.name } });
    }
    return done;
  },
};
