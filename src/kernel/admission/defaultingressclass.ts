/**
 * DefaultIngressClass: an Ingress that names no class gets the one marked as default.
 *
 * Models plugin/pkg/admission/network/defaultingressclass.
 */
import type { Ingress } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { parseTime } from "#kernel/apimachinery/meta";
import type { AdmissionPlugin } from "#kernel/registry/admission";
import { CLASS_ANNOTATION, ingresses } from "#kernel/resources/networking/ingress";
import { DEFAULT_CLASS_ANNOTATION, ingressclasses } from "#kernel/resources/networking/ingressclass";

export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",

  concerns: ({ operation, resource, subresource }) =>
    resource.bucket === ingresses.bucket && subresource === "" && operation === "CREATE",

  admit({ object }, client) {
    const ingress = object as Ingress;
    if (ingress.spec?.ingressClassName !== undefined) return;
    if (ingress.metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return;
    const age = (text: string | null | undefined): number => (text ? parseTime(text) : 0);
    // Of several defaults the newest counts.
    const [first] = client
      .list(ingressclasses)
      .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS_ANNOTATION] === "true")
      .sort(
        ({ metadata: a }, { metadata: b }) =>
          age(b.creationTimestamp) - age(a.creationTimestamp) || compareText(a.name, b.name),
      );
    if (first !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: first.metadata.name };
  },
};
