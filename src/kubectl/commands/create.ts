/**
 * `kubectl create deployment|namespace|configmap|secret generic`, and `create -f -`.
 *
 * Models kubectl/pkg/cmd/create.
 */
import { type Call, type Command, numberOf, printed } from "#kubectl/command";
import { UnsupportedError, usageError } from "#kubectl/error";
import { manifestsFrom } from "#kubectl/manifest";

/** A generator: the object that `create WHAT NAME` makes. */
type Generator = (name: string, call: Call) => Readonly<Record<string, unknown>>;

const GENERATORS: Readonly<Record<string, { readonly type: string; readonly make: Generator }>> = {
  deployment: { type: "deployments.apps", make: deployment },
  namespace: { type: "namespaces", make: () => ({}) },
  configmap: { type: "configmaps", make: (_name, call) => ({ data: literals(call) }) },
  secret: { type: "secrets", make: secret },
};
const ALIASES: Readonly<Record<string, string>> = { deploy: "deployment", ns: "namespace", cm: "configmap" };

export const create: Command = {
  name: "create",
  flags: {
    filename: "list",
    image: "list",
    replicas: "value",
    port: "value",
    "from-literal": "list",
  },
  short: { f: "filename", r: "replicas" },
  async run(call) {
    if (call.list("filename").length > 0) return createFromManifests(call);
    const [word = "", ...rest] = call.args;
    const what = ALIASES[word] ?? word;
    const generator = GENERATORS[what];
    if (generator === undefined) throw new UnsupportedError(`error: create ${word} is not supported here`);
    if (what === "secret" && rest.shift() !== "generic") {
      throw new UnsupportedError("error: of secrets only `create secret generic` is supported here");
    }
    const [name, ...more] = rest;
    if (name === undefined || more.length > 0) throw usageError(`exactly one NAME is required, got ${rest.length}`);
    const kind = await call.server.kindNamed(generator.type);
    const object = { metadata: { name }, ...generator.make(name, call) };
    await call.server.create({ kind, namespace: call.namespace }, object);
    return `${printed(kind, name)} created`;
  },
};

async function createFromManifests(call: Call): Promise<string> {
  const lines: string[] = [];
  for (const object of manifestsFrom(call)) {
    const kind = await call.server.kindOf(object);
    const made = await call.server.create({ kind, namespace: object.metadata.namespace ?? call.namespace }, object);
    lines.push(`${printed(kind, made.metadata.name)} created`);
  }
  return lines.join("\n");
}

function deployment(name: string, call: Call): Readonly<Record<string, unknown>> {
  const images = call.list("image");
  if (images.length === 0) throw usageError('required flag(s) "image" not set');
  if (images.length > 1 && call.rest.length > 0)
    throw usageError("cannot specify multiple --image options and command");
  const port = call.value("port");
  const labels = { app: name };
  const containers = images.map((image, index) => ({
    name: containerName(image),
    image,
    ...(port !== undefined && index === 0 && { ports: [{ containerPort: numberOf("port", port) }] }),
    ...(call.rest.length > 0 && { command: call.rest }),
  }));
  return {
    metadata: { name, labels },
    spec: {
      replicas: numberOf("replicas", call.value("replicas") ?? "1"),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

/** The last part of an image's name: `hello-app` of `gcr.io/google-samples/hello-app:1.0`. */
const containerName = (image: string): string =>
  (image.split("@")[0] ?? "")
    .split("/")
    .at(-1)
    ?.split(":")[0]
    ?.replace(/[^a-z0-9-]/g, "-") ?? "";

function literals(call: Call): Record<string, string> {
  return Object.fromEntries(
    call.list("from-literal").map((text) => {
      const equals = text.indexOf("=");
      if (equals < 1) throw usageError(`invalid literal source ${text}, expected key=value`);
      return [text.slice(0, equals), text.slice(equals + 1).replace(/^(["'])(.*)\1$/, "$2")];
    }),
  );
}

function secret(_name: string, call: Call): Readonly<Record<string, unknown>> {
  const encode = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const data = Object.fromEntries(Object.entries(literals(call)).map(([key, text]) => [key, encode(text)]));
  return { type: "Opaque", data };
}
