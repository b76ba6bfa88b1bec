/**
 * MutatingAdmissionWebhook: servers may change what is about to be written.
 *
 * Models apiserver/pkg/admission/plugin/webhook/mutating.
 */
import { viewAs } from "#kernel/admission/policy/matching";
import { replaceObject } from "#kernel/admission/policy/mutate";
import { askWebhook, type Concerned, concernedWebhooks, denialBy } from "#kernel/admission/webhook/webhooks";
import { internalError, StatusError } from "#kernel/apimachinery/errors";
import { jsonPatch } from "#kernel/apimachinery/patch/json-patch";
import { type AdmissionPlugin, type AdmissionRequest, isReinvocation } from "#kernel/registry/admission";
import { mutatingwebhookconfigurations } from "#kernel/resources/admissionregistration/mutatingwebhookconfiguration";

/** The webhooks that were asked the first time, and how often the object had been changed by then. */
const ASKED = "mutating-webhooks";

interface Asked {
  changes: number;
  readonly after: Map<string, number>;
}

export const mutatingAdmissionWebhook: AdmissionPlugin = {
  name: "MutatingAdmissionWebhook",

  concerns: () => true,

  admit(request, client) {
    const asked = (request.notes?.get(ASKED) as Asked | undefined) ?? { changes: 0, after: new Map<string, number>() };
    for (const concerned of concernedWebhooks(client, request, mutatingwebhookconfigurations)) {
      if (isReinvocation(request) && !mustBeAskedAgain(concerned, asked)) continue;
      const verdict = askWebhook(client, request, concerned);
      if (verdict !== undefined && !verdict.isAllowed) throw denialBy(client, concerned.webhook.name, verdict);
      const isChanged = verdict?.patch !== undefined && applyPatch(request, concerned, verdict.patch);
      if (isChanged) asked.changes += 1;
      asked.after.set(concerned.id, asked.changes);
      request.notes?.set(ASKED, asked);
    }
  },
};

/** Only those that ask for it are called a second time, if somebody has changed the object since. */
function mustBeAskedAgain({ webhook, id }: Concerned, { changes, after }: Asked): boolean {
  return webhook.reinvocationPolicy === "IfNeeded" && (after.get(id) ?? changes) < changes;
}

/** Whether the patch made a difference. @throws Internal, if it cannot be applied and that counts */
function applyPatch(request: AdmissionRequest, { webhook, version }: Concerned, patch: unknown): boolean {
  if (Array.isArray(patch) && patch.length === 0) return false;
  // Not even a webhook whose failures are ignored may try that.
  if (request.object === undefined) {
    const who = `admission webhook ${JSON.stringify(webhook.name)}`;
    throw internalError(`${who} attempted to modify the object, which is not supported for this operation`);
  }
  const before = JSON.stringify(request.object);
  const problem = patchProblem(request, version, patch);
  if (problem === undefined) return JSON.stringify(request.object) !== before;
  if (webhook.failurePolicy === "Ignore") return false;
  throw internalError(problem);
}

function patchProblem(request: AdmissionRequest, version: Concerned["version"], patch: unknown): string | undefined {
  const object = viewAs(request, version, request.object);
  if (object === undefined) return undefined;
  try {
    return replaceObject(request, version, jsonPatch(object, patch));
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.message;
  }
}
