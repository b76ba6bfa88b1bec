/**
 * `kubectl expose`: a Service in front of a workload, a pod or another Service.
 *
 * Models kubectl/pkg/cmd/expose.
 */
import { type Call, type Command, chosen, numberOf } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import type { KubeObject } from "#kernel/kubectl/server";

/** As much of workloads, pods and Services as is looked at. */
interface Spec {
  readonly selector?: Readonly<Record<string, unknown>> & { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly template?: { readonly spec?: Spec };
  readonly containers?: readonly { readonly ports?: readonly { containerPort: number; protocol?: string }[] }[];
  readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
}

export const expose: Command = {
  name: "expose",
  flags: {
    port: "value",
    "target-port": "value",
    type: "value",
    name: "value",
    protocol: "value",
    selector: "value",
    labels: "value",
    "cluster-ip": "value",
  },
  short: { l: "labels" },
  *run(call) {
    const [target, ...others] = yield* chosen(
      { ...call, value: (name) => (name === "selector" ? undefined : call.value(name)) },
      call.args,
    );
    if (target === undefined || others.length > 0) throw usageError("exactly one resource is exposed at a time");
    const object = yield* call.server.get({ kind: target.kind, namespace: call.namespace, name: target.name });
    const name = call.value("name") ?? target.name;
    const service = {
      metadata: { name, labels: labelsOf(call, object) },
      spec: {
        selector: selectorOf(call, object, target.kind.plural),
        ports: portsOf(call, object),
        ...(call.value("type") !== undefined && { type: call.value("type") }),
        ...(call.value("cluster-ip") !== undefined && { clusterIP: call.value("cluster-ip") }),
      },
    };
    const kind = yield* call.server.kindNamed("services");
    yield* call.server.create({ kind, namespace: call.namespace }, service);
    return `service/${name} exposed`;
  },
};

const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(",").map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]));

function labelsOf(call: Call, { metadata }: KubeObject): Readonly<Record<string, string>> {
  const given = call.value("labels");
  return given === undefined ? (metadata.labels ?? {}) : pairs(given);
}

function selectorOf(call: Call, { metadata, spec }: KubeObject, plural: string): Readonly<Record<string, unknown>> {
  const given = call.value("selector");
  if (given !== undefined) return pairs(given);
  const { selector } = (spec ?? {}) as Spec;
  if (plural === "pods") {
    if (metadata.labels === undefined) throw usageError("the pod has no labels and cannot be exposed");
    return metadata.labels;
  }
  if (selector === undefined) throw new UnsupportedError(`error: cannot expose ${plural}`);
  return selector.matchLabels ?? selector;
}

function portsOf(call: Call, { spec }: KubeObject): readonly Readonly<Record<string, unknown>>[] {
  const target = call.value("target-port");
  const targetPort = target === undefined ? {} : { targetPort: /^\d+$/.test(target) ? Number(target) : target };
  const protocol = call.value("protocol");
  const given = call.value("port");
  const ports =
    given === undefined ? exposed(spec as Spec) : given.split(",").map((port) => ({ port: numberOf("port", port) }));
  if (ports.length === 0) throw usageError("couldn't find port via --port flag or introspection");
  return ports.map((port, index) => ({
    protocol: "TCP",
    ...port,
    ...(protocol !== undefined && { protocol }),
    ...targetPort,
    ...(ports.length > 1 && { name: `port-${index + 1}` }),
  }));
}

function exposed({ template, containers, ports }: Spec): readonly { port: number; protocol?: string }[] {
  if (ports !== undefined) return ports;
  const inside = containers ?? template?.spec?.containers ?? [];
  return inside.flatMap((container) =>
    (container.ports ?? []).map(({ containerPort, protocol }) => ({
      port: containerPort,
      ...(protocol && { protocol }),
    })),
  );
}
