/**
 * APIService controllers: the groups of custom kinds are registered, and of those that Services serve it is said
 * whether they can be asked.
 *
 * Models kube-aggregator/pkg/controllers (autoregister, status) and the CRD registration controller.
 */
import type { APIService, APIServiceCondition, EndpointSlice } from "#kernel/api/types.gen";
import { type Key, setCondition } from "#kernel/apimachinery/meta";
import { problemOf } from "#kernel/network/api-service";
import { worldOf } from "#kernel/network/world-of";
import type { Client } from "#kernel/registry/client";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  routineAt,
  watching,
} from "#kernel/registry/controller";
import { customresourcedefinitions } from "#kernel/resources/apiextensions/customresourcedefinition";
import { isEstablished } from "#kernel/resources/apiextensions/customresourcedefinition.facts";
import { apiservices } from "#kernel/resources/apiregistration/apiservice";
import {
  AUTOMANAGED,
  apiServiceName,
  isRemote,
  localApiService,
} from "#kernel/resources/apiregistration/apiservice.facts";
import { services } from "#kernel/resources/core/service";
import { endpointslices } from "#kernel/resources/discovery/endpointslice";

/** How long an answer is trusted. */
const CHECK_EVERY_MS = 30_000;

export const apiServiceController: Controller = {
  name: "apiservice-controller",
  component: "apiserver",
  watches: [
    itself(apiservices),
    watching(customresourcedefinitions, ({ spec }) =>
      spec.versions.map(({ name }) => keyOf(apiServiceName({ group: spec.group, version: name }))),
    ),
    watching(services, ({ metadata }, client) => servedBy(client, metadata.namespace ?? "", metadata.name)),
    watching(endpointslices, (slice: EndpointSlice, client) =>
      servedBy(client, slice.metadata.namespace ?? "", slice.metadata.labels?.["kubernetes.io/service-name"] ?? ""),
    ),
  ],

  reconcile(context, key) {
    const service = context.client.get(apiservices, key);
    if (service !== undefined && isRemote(service)) return check(context, service);
    return register(context.client, key, service);
  },
};

const keyOf = (name: string): Key => ({ namespace: "", name });

/** The registrations that send requests to a Service. */
function servedBy(client: Client, namespace: string, name: string): Key[] {
  return client
    .list(apiservices)
    .filter(({ spec: { service } }) => service?.namespace === namespace && service.name === name)
    .map(({ metadata }) => keyOf(metadata.name));
}

/** Whether some definition serves a group version. */
function isServed(client: Client, key: Key): boolean {
  return client
    .list(customresourcedefinitions)
    .some(
      (crd) =>
        isEstablished(crd) &&
        crd.spec.versions.some(
          ({ name, served }) => served && apiServiceName({ group: crd.spec.group, version: name }) === key.name,
        ),
    );
}

function register(client: Client, key: Key, present: APIService | undefined): Outcome {
  const isOwn = present?.metadata.labels?.[AUTOMANAGED] === "true";
  if (present !== undefined && !isOwn) return done;
  const isWanted = isServed(client, key);
  if (isWanted && present === undefined) {
    const dot = key.name.indexOf(".");
    const gv = { version: key.name.slice(0, dot), group: key.name.slice(dot + 1) };
    client.create(apiservices, localApiService(gv, "true"));
  } else if (!isWanted && present !== undefined) client.delete(apiservices, key);
  return done;
}

function check({ client, now, entropy, cells }: Context, service: APIService): Outcome {
  const problem = problemOf(worldOf({ client, now, entropy, cells }), service);
  const condition =
    problem === undefined
      ? { type: "Available", status: "True", reason: "Passed", message: "all checks passed" }
      : { type: "Available", status: "False", ...problem };
  const conditions = setCondition<APIServiceCondition>(service.status?.conditions ?? [], condition, now);
  client.updateStatus(apiservices, service, { conditions });
  return routineAt(now + CHECK_EVERY_MS);
}
