/**
 * ResourceQuota: what would exceed a bound of its namespace is refused; what is admitted is counted at once.
 *
 * Models apiserver/pkg/admission/plugin/resourcequota.
 * Leaves out limited resources of an admission configuration: no cluster has one.
 */

import {
  type Amounts,
  amountsText,
  type Evaluator,
  exceeding,
  minus,
  only,
  plus,
} from "#kernel/admission/quota/evaluator";
import { evaluatorOf, isInScopes } from "#kernel/admission/quota/index";
import { refusal } from "#kernel/admission/refusal";
import type { ResourceQuota } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { component } from "#kernel/registry/user";
import { resourcequotas } from "#kernel/resources/core/resourcequota";
import type { KubeObject } from "#kernel/store/object";

export const resourceQuota: AdmissionPlugin = {
  name: "ResourceQuota",

  concerns: (request) =>
    request.namespace !== "" &&
    (request.operation === "CREATE" || request.operation === "UPDATE") &&
    evaluatorOf(request.resource)?.handles(request) === true,

  validate(request, client) {
    const { namespace, resource, object } = request;
    if (client.registry.store.count(resourcequotas.bucket, namespace) === 0) return;
    const evaluator = evaluatorOf(resource);
    if (evaluator === undefined || object === undefined) return;
    const concerned = client
      .list(resourcequotas, { namespace })
      .filter((quota) => isConcerned(request, evaluator, quota, object));
    const delta = deltaOf(request, evaluator, client);
    if (Object.keys(delta).length === 0) return;
    const charged = concerned.map((quota) => charge(request, quota, delta));
    if (request.isDryRun) return;
    const server = client.registry.as(component("apiserver"), "kube-apiserver");
    for (const { quota, used } of charged) server.updateStatus(resourcequotas, quota, { ...quota.status, used });
  },
};

/** Whether the quota bounds something the object uses. @throws Forbidden if that cannot be counted */
function isConcerned(request: AdmissionRequest, evaluator: Evaluator, quota: ResourceQuota, object: KubeObject) {
  const { metadata, spec, status } = quota;
  const names = evaluator.namesAmong(Object.keys(status?.hard ?? {}));
  if (names.length === 0 || !isInScopes(evaluator, spec, object)) return false;
  const unsaid = evaluator.unsaid?.(names, object);
  if (unsaid !== undefined) throw refusal(request, `failed quota: ${metadata.name}: ${unsaid}`);
  if (names.some((name) => status?.used?.[name] === undefined)) {
    const list = [...names].sort(compareText).join(",");
    throw refusal(request, `status unknown for quota: ${metadata.name}, resources: ${list}`);
  }
  return true;
}

/** What the write adds to what is used. */
function deltaOf({ operation, object, old }: AdmissionRequest, evaluator: Evaluator, client: Client): Amounts {
  const { now } = client.registry;
  const usage = evaluator.usage(object as KubeObject, now);
  return minus(usage, operation === "UPDATE" && old !== undefined ? evaluator.usage(old, now) : {});
}

interface Charged {
  readonly quota: ResourceQuota;
  readonly used: Record<string, string>;
}

/** The quota's usage with the delta. @throws Forbidden if that is too much */
function charge(request: AdmissionRequest, quota: ResourceQuota, delta: Amounts): Charged {
  const { hard = {}, used = {} } = quota.status ?? {};
  const requested = only(delta, Object.keys(hard));
  const next = plus(used, requested);
  const exceeded = exceeding(only(next, Object.keys(requested)), hard);
  if (exceeded.length > 0) {
    const [wants, has, may] = [requested, used, hard].map((amounts) => amountsText(only(amounts, exceeded)));
    const name = quota.metadata.name;
    throw refusal(request, `exceeded quota: ${name}, requested: ${wants}, used: ${has}, limited: ${may}`);
  }
  return { quota, used: { ...next } };
}
