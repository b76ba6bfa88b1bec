/**
 * MutatingWebhookConfiguration: servers that may change objects before they are written.
 *
 * Models pkg/registry/admissionregistration/mutatingwebhookconfiguration.
 */
import type { MutatingWebhookConfiguration } from "#kernel/api/types.gen";
import { column, defineResource } from "#kernel/registry/definition";
import {
  authorityWarnings,
  setWebhookDefaults,
  validateWebhooks,
} from "#kernel/resources/admissionregistration/webhook.validate";

export const mutatingwebhookconfigurations = defineResource<MutatingWebhookConfiguration>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  names: {
    kind: "MutatingWebhookConfiguration",
    plural: "mutatingwebhookconfigurations",
    singular: "mutatingwebhookconfiguration",
    categories: ["api-extensions"],
  },
  scope: "Cluster",
  hasGeneration: true,

  setDefaults({ webhooks }) {
    setWebhookDefaults(webhooks, true);
  },

  validate({ webhooks }, at) {
    validateWebhooks(webhooks, at.under("webhooks"));
  },

  warnings: ({ webhooks }) => authorityWarnings(webhooks),

  columns: [column("Webhooks", "integer", ({ webhooks = [] }) => webhooks.length, "How many webhooks there are.")],
});
