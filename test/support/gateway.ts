/**
 * Scenes for tests of Gateways: the kinds as their definitions would add them, two servers, and requests from outside.
 */
import {
  GATEWAY_CLASS,
  GATEWAY_CONTROLLER,
  type Gateway,
  type GatewayClass,
  type ReferenceGrant,
  type Route,
} from "#kernel/network/gateway/kinds";
import { outsideHttp } from "#kernel/network/outside";
import { worldOf } from "#kernel/network/world-of";
import { defineResource, type Resource } from "#kernel/registry/definition";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { services } from "#kernel/resources/core/service";
import type { KubeObject } from "#kernel/store/object";
import { Scene } from "#test/support/scene";

/** A kind of the Gateway API, with whatever fields. */
export function kind<T extends KubeObject>(name: string, plural: string, scope: "Cluster" | "Namespaced"): Resource<T> {
  return defineResource<T>({
    group: "gateway.networking.k8s.io",
    version: "v1",
    names: { kind: name, plural, singular: name.toLowerCase() },
    scope,
    subresources: { status: true },
    hasGeneration: true,
    shape: { name, fields: new Map(), required: [], preservesUnknown: true },
  });
}

export const classes = kind<GatewayClass>("GatewayClass", "gatewayclasses", "Cluster");
export const gateways = kind<Gateway>("Gateway", "gateways", "Namespaced");
export const routes = kind<Route>("HTTPRoute", "httproutes", "Namespaced");
export const grants = kind<ReferenceGrant>("ReferenceGrant", "referencegrants", "Namespaced");

/** Servers one and two that say their names, in default and other, and a Gateway `gw` with listeners. */
export function sceneWith(
  listeners: Gateway["spec"]["listeners"] = [{ name: "web", port: 80, protocol: "HTTP" }],
): Scene {
  const scene = new Scene({ machines: 2 });
  for (const one of [classes, gateways, routes, grants]) scene.cluster.registry.add(one as never);
  scene.create(classes, { metadata: { name: GATEWAY_CLASS }, spec: { controllerName: GATEWAY_CONTROLLER } });
  scene.create(namespaces, { metadata: { name: "other", labels: { team: "b" } }, spec: {} });
  scene.pass(1);
  for (const namespace of ["default", "other"]) {
    for (const name of ["one", "two"]) {
      scene.create(pods, {
        metadata: { name, namespace, labels: { app: name } },
        spec: {
          containers: [
            { name: "c", image: "registry.k8s.io/e2e-test-images/agnhost:2.59", args: ["netexec", "--http-port=8080"] },
          ],
        },
      });
      scene.create(services, {
        metadata: { name, namespace },
        spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
      });
    }
  }
  scene.create(gateways, {
    metadata: { name: "gw", namespace: "default" },
    spec: { gatewayClassName: GATEWAY_CLASS, listeners },
  });
  scene.settle();
  return scene;
}

/** An HTTPRoute below the Gateway `gw`. */
export function route(scene: Scene, name: string, spec: Route["spec"], namespace = "default"): void {
  scene.create(routes, { metadata: { name, namespace }, spec: { parentRefs: [{ name: "gw" }], ...spec } });
  scene.settle();
}

/** A reference to a Service on its port 80. */
export const to = (name: string, weight = 1) => ({ name, port: 80, weight });

/** What a machine outside sees at `HOST[:PORT]/PATH`. */
export function get(scene: Scene, address: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  const [, host = "", port = "80", path = "/"] = /^([^:/]+)(?::(\d+))?(\/.*)?$/.exec(address) ?? [];
  const { admin: client, entropy, cells, now } = scene.cluster;
  const { method = "GET", headers = {} } = init;
  return outsideHttp(worldOf({ client, entropy, cells, now }), host, Number(port), { method, path, headers, body: "" });
}

/** The body of an answer with 200, else its status, or why there is none. */
export function reached(
  scene: Scene,
  address: string,
  init: { method?: string; headers?: Record<string, string> } = {},
) {
  const answer = get(scene, address, init);
  if ("reason" in answer) return answer.reason;
  return answer.status === 200 ? answer.body : String(answer.status);
}

/** `True Reason` of a condition; empty if there is none. */
export const condition = (
  conditions: readonly { type: string; status: string; reason: string }[] | undefined,
  type: string,
) => {
  const found = conditions?.find((one) => one.type === type);
  return found === undefined ? "" : `${found.status} ${found.reason}`;
};

/** A condition of an HTTPRoute about its first parent. */
export const parent = (scene: Scene, name: string, type: string, namespace?: string): string =>
  condition(scene.need(routes, name, namespace).status?.parents?.[0]?.conditions, type);
