/**
 * ValidatingAdmissionWebhook: servers may refuse what is about to be written.
 *
 * Models apiserver/pkg/admission/plugin/webhook/validating.
 * Leaves out calling them side by side: they are asked one after the other, which takes no time here.
 */
import { askWebhook, concernedWebhooks, denialBy } from "#kernel/admission/webhook/webhooks";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { validatingwebhookconfigurations } from "#kernel/resources/admissionregistration/validatingwebhookconfiguration";

export const validatingAdmissionWebhook: AdmissionPlugin = {
  name: "ValidatingAdmissionWebhook",

  concerns: () => true,

  validate(request, client) {
    for (const concerned of concernedWebhooks(client, request, validatingwebhookconfigurations)) {
      const verdict = askWebhook(client, request, concerned);
      if (verdict !== undefined && !verdict.isAllowed) throw denialBy(client, concerned.webhook.name, verdict);
    }
  },
};
