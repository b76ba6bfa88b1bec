/**
 * ValidatingWebhookConfiguration: servers that may refuse what is about to be written.
 *
 * Models pkg/registry/admissionregistration/validatingwebhookconfiguration.
 */
import type { ValidatingWebhookConfiguration } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import {
  authorityWarnings,
  setWebhookDefaults,
  validateWebhooks,
} from "#kernel/resources/admissionregistration/webhook.validate";

export const validatingwebhookconfigurations = defineResource<ValidatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "ValidatingWebhookConfiguration",
    plural: "validatingwebhookconfigurations",
    singular: "validatingwebhookconfiguration",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,

  setDefaults({ webhooks }) {
    setWebhookDefaults(webhooks, false);
  },

  validate({ webhooks }, at) {
    validateWebhooks(webhooks, at.under("webhooks"));
  },

  warnings: ({ webhooks }) => authorityWarnings(webhooks),

  columns: [column("Webhooks", "integer", ({ webhooks = [] }) => webhooks.length, "How many webhooks there are.")],
});
