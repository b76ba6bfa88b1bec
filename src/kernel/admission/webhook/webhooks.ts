/**
 * Webhooks: which are about a request, in which order, and what one says when it is called.
 *
 * Models apiserver/pkg/admission/plugin/webhook (generic, matchconditions, errors) and its dispatchers.
 */
import { type Criteria, isAboutAdmission, matchedVersion } from "#kernel/admission/policy/matching";
import { conditionsHold, type Expression } from "#kernel/admission/policy/policies";
import { Activation } from "#kernel/admission/policy/variables";
import { reviewOf, type Verdict, verdictOf } from "#kernel/admission/webhook/review";
import type { MutatingWebhook, ValidatingWebhook } from "#kernel/api/types.gen";
import { badRequest, internalError, type Status, StatusError, type StatusReason } from "#kernel/apimachinery/errors";
import type { AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Resource } from "#kernel/registry/definition";
import { callWebhook } from "#kernel/registry/webhook-client";
import { CONDITION_TYPES, compileExpression } from "#kernel/resources/admissionregistration/expression.facts";
import type { KubeObject } from "#kernel/store/object";

export type Webhook = ValidatingWebhook & Pick<MutatingWebhook, "reinvocationPolicy">;

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

/** A webhook that is to be called, with the version it wants to see. */
export interface Concerned {
  readonly webhook: Webhook;
  readonly version: AnyResource;
  /** Names it among all webhooks of the cluster. */
  readonly id: string;
}

/**
 * The webhooks a request is for, by the names of their configurations.
 * @throws Forbidden, if the conditions of one cannot be told and its failures count
 */
export function* concernedWebhooks<T extends Configuration>(
  client: Client,
  request: AdmissionRequest,
  configurations: Resource<T>,
): Generator<Concerned> {
  if (client.registry.store.count(configurations.bucket) === 0 || isAboutAdmission(request)) return;
  for (const { metadata, webhooks = [] } of client.list(configurations)) {
    for (const webhook of webhooks) {
      const version = matchedVersion(client, request, criteriaOf(webhook));
      if (version === undefined || !holds(client, request, version, webhook)) continue;
      yield { webhook, version, id: `${metadata.name}/${webhook.name}` };
    }
  }
}

const criteriaOf = ({ rules = [], matchPolicy, namespaceSelector, objectSelector }: Webhook): Criteria => ({
  ...{ rules, matchPolicy, namespaceSelector, objectSelector },
});

const known = new WeakMap<Webhook, readonly Expression[]>();

function holds(client: Client, request: AdmissionRequest, version: AnyResource, webhook: Webhook): boolean {
  const { matchConditions = [] } = webhook;
  if (matchConditions.length === 0) return true;
  let conditions = known.get(webhook);
  if (conditions === undefined) {
    conditions = matchConditions.map(({ expression }) =>
      compileExpression(expression.trim(), { hasParams: false, hasAuthorizer: true }, ...CONDITION_TYPES),
    );
    known.set(webhook, conditions);
  }
  const result = conditionsHold(conditions, new Activation(client, request, version));
  if (typeof result === "boolean") return result;
  if (webhook.failurePolicy === "Ignore") return false;
  throw internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${result.problem}`);
}

/**
 * What a webhook says; undefined where it does not answer and that is to be ignored.
 * @throws Internal, if it does not answer as it should; NeedsAnswer
 */
export function askWebhook(
  client: Client,
  request: AdmissionRequest,
  { webhook, version }: Concerned,
): Verdict | undefined {
  const { name, sideEffects, clientConfig, timeoutSeconds = 10, failurePolicy, admissionReviewVersions = [] } = webhook;
  if (request.isDryRun && sideEffects !== "None" && sideEffects !== "NoneOnDryRun") {
    throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  }
  const review = (uid: string): object => reviewOf(request, version, admissionReviewVersions, uid);
  const answer = callWebhook(client.registry, { clientConfig, timeoutSeconds, review });
  const verdict =
    "failure" in answer ? `failed to call webhook: ${answer.failure}` : read(answer.json, answer.uid, review(""));
  if (typeof verdict !== "string") {
    for (const warning of verdict.warnings) client.warn(warning);
    return verdict;
  }
  if (failurePolicy === "Ignore") return undefined;
  throw internalError(`failed calling webhook ${JSON.stringify(name)}: ${verdict}`);
}

function read(json: unknown, uid: string, sent: object): Verdict | string {
  const verdict = verdictOf(json, uid, sent);
  return typeof verdict === "string" ? `received invalid webhook response: ${verdict}` : verdict;
}

/** The answer to a request a webhook has denied. */
export function denialBy(client: Client, name: string, { status }: Verdict): StatusError {
  const { message = "", reason = "", code = 0 } = status ?? {};
  const who = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message !== "" ? message : reason;
  const refused: Status = {
    ...{ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" },
    message: why === "" ? `${who} without explanation` : `${who}: ${why}`,
    ...(reason !== "" && { reason: reason as StatusReason }),
    code: code >= 400 && code < 600 ? code : 400,
  };
  const error = new StatusError(refused);
  error.warnings = client.takeWarnings();
  return error;
}
