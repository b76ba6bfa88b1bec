/**
 * Pure questions anybody may ask of an Ingress: whether the cluster's own controller serves it, and where.
 *
 * Models ingress-nginx's internal/ingress/controller/store, started with its defaults (watchIngressWithoutClass false):
 * an Ingress that names no class is left alone, however many classes there are.
 */
import type { Ingress, IngressClass } from "#kernel/api/types.gen";
import { CLASS_ANNOTATION } from "#kernel/resources/networking/ingress";

/** What a class must name as its controller to be served. */
export const INGRESS_CONTROLLER = "k8s.io/ingress-nginx";

/** The class every cluster with machines has. */
export const INGRESS_CLASS = "nginx";

/** Where the controller takes requests: the address of its load balancer. */
export const INGRESS_IP = "172.19.255.100";

/** Whether Ingresses of the class are served. */
export const isServedClass = ({ spec }: IngressClass): boolean => spec?.controller === INGRESS_CONTROLLER;

/** Whether the Ingress is served, given the names of the classes that are. */
export function isServedIngress({ metadata, spec }: Ingress, classes: ReadonlySet<string>): boolean {
  const annotation = metadata.annotations?.[CLASS_ANNOTATION];
  // The annotation is older than the objects, so it needs none.
  if (annotation !== undefined && annotation !== "") return annotation === INGRESS_CLASS;
  return spec?.ingressClassName !== undefined && classes.has(spec.ingressClassName);
}
