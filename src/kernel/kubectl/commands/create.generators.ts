/**
 * Generators: the objects that `kubectl create WHAT NAME` makes of its flags.
 *
 * Models kubectl/pkg/cmd/create.
 */
import { type Call, numberOf, typed } from "#kernel/kubectl/command";
import { usageError } from "#kernel/kubectl/error";
import type { Asking } from "#kernel/kubectl/server";

type Made = Readonly<Record<string, unknown>> & { readonly metadata?: Readonly<Record<string, unknown>> };

export interface Generator {
  /** The kind it makes. */
  readonly type: string;
  /** Another word stands before the name: `secret generic NAME`. */
  readonly hasType?: boolean;
  make?(name: string, call: Call): Made;
  /** What is to be made depends on what there is. */
  ask?(name: string, call: Call): Asking<Made>;
}

export const GENERATORS: Readonly<Record<string, Generator>> = {
  deployment: { type: "deployments.apps", make: deployment },
  namespace: { type: "namespaces", make: () => ({}) },
  serviceaccount: { type: "serviceaccounts", make: () => ({}) },
  configmap: { type: "configmaps", make: (_name, call) => ({ data: dataOf(call) }) },
  secret: { type: "secrets", hasType: true, make: secret },
  role: { type: "roles.rbac.authorization.k8s.io", ask: rules },
  clusterrole: { type: "clusterroles.rbac.authorization.k8s.io", ask: rules },
  rolebinding: { type: "rolebindings.rbac.authorization.k8s.io", make: binding },
  clusterrolebinding: { type: "clusterrolebindings.rbac.authorization.k8s.io", make: binding },
  job: { type: "jobs.batch", ask: job },
  cronjob: { type: "cronjobs.batch", make: cronjob },
};

function imagesOf(call: Call): readonly string[] {
  const images = call.list("image");
  if (images.length === 0) throw usageError('required flag(s) "image" not set');
  return images;
}

function deployment(name: string, call: Call): Made {
  const images = imagesOf(call);
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

function podSpec(name: string, call: Call, restart: string): Made {
  const [image = ""] = imagesOf(call);
  const container = { name, image, ...(call.rest.length > 0 && { command: call.rest }) };
  return { containers: [container], restartPolicy: call.value("restart") ?? restart };
}

function* job(name: string, call: Call): Asking<Made> {
  const from = call.value("from");
  if (from === undefined) return { spec: { template: { spec: podSpec(name, call, "Never") } } };
  const { kind, name: source } = yield* typed(call, from);
  if (kind.plural !== "cronjobs") throw usageError("from must be an existing cronjob");
  const { metadata, spec, apiVersion } = yield* call.server.get({ kind, namespace: call.namespace, name: source });
  const { jobTemplate } = spec as {
    jobTemplate: { metadata?: { annotations?: object; labels?: object }; spec: object };
  };
  const owner = { apiVersion, kind: kind.kind, name: source, uid: metadata.uid, controller: true };
  return {
    metadata: {
      annotations: { "cronjob.kubernetes.io/instantiate": "manual", ...jobTemplate.metadata?.annotations },
      ...(jobTemplate.metadata?.labels && { labels: jobTemplate.metadata.labels }),
      ownerReferences: [owner],
    },
    spec: jobTemplate.spec,
  };
}

function cronjob(name: string, call: Call): Made {
  const schedule = call.value("schedule");
  if (schedule === undefined) throw usageError('required flag(s) "schedule" not set');
  const template = { spec: podSpec(name, call, "OnFailure") };
  return { spec: { schedule, jobTemplate: { metadata: { name }, spec: { template } } } };
}

function splitPair(text: string, what: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw usageError(`invalid ${what} source ${text}, expected key=value`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function dataOf(call: Call): Record<string, string> {
  const data: Record<string, string> = {};
  for (const text of call.list("from-literal")) {
    const [key, value] = splitPair(text, "literal");
    data[key] = value.replace(/^(["'])(.*)\1$/s, "$2");
  }
  for (const text of call.list("from-file")) {
    const equals = text.indexOf("=");
    const path = equals < 0 ? text : text.slice(equals + 1);
    const files = filesAt(call, path);
    for (const [file, content] of Object.entries(files)) {
      data[equals < 0 ? (file.split("/").at(-1) ?? file) : text.slice(0, equals)] = content;
    }
  }
  for (const path of call.list("from-env-file")) {
    for (const content of Object.values(filesAt(call, path))) {
      for (const line of content.split("\n").map((one) => one.trimStart())) {
        if (line === "" || line.startsWith("#")) continue;
        const [key, value] = splitPair(line, "env file");
        data[key] = value;
      }
    }
  }
  return data;
}

function filesAt(call: Call, path: string): Readonly<Record<string, string>> {
  const found = call.files?.(path);
  if (found === undefined) throw usageError(`error reading ${path}: no such file or directory`);
  return found;
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Text as base64 of its UTF-8. */
export function encodeBase64(text: string): string {
  const bytes = [...encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd")).matchAll(/%(..)|(.)/g)].map(
    ([, hex, char = ""]) => (hex === undefined ? char.charCodeAt(0) : Number.parseInt(hex, 16)),
  );
  let encoded = "";
  for (let n = 0; n < bytes.length; n += 3) {
    const [a = 0, b, c] = [bytes[n], bytes[n + 1], bytes[n + 2]];
    const word = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const letter = (shift: number): string => BASE64[(word >> shift) & 63] ?? "";
    encoded += `${letter(18)}${letter(12)}${b === undefined ? "=" : letter(6)}${c === undefined ? "=" : letter(0)}`;
  }
  return encoded;
}

function secret(_name: string, call: Call): Made {
  const kind = call.args[1];
  const encoded = (data: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encodeBase64(text)]));
  const needed = (flag: string): string => {
    const given = call.value(flag);
    if (given === undefined) throw usageError(`required flag(s) "${flag}" not set`);
    return given;
  };
  if (kind === "generic") return { type: call.value("type") ?? "Opaque", data: encoded(dataOf(call)) };
  if (kind === "tls") {
    const read = (flag: string): string => Object.values(filesAt(call, needed(flag)))[0] ?? "";
    return { type: "kubernetes.io/tls", data: encoded({ "tls.crt": read("cert"), "tls.key": read("key") }) };
  }
  if (kind !== "docker-registry")
    throw usageError(`unknown command ${JSON.stringify(kind ?? "")} for "kubectl create secret"`);
  const [username, password] = [needed("docker-username"), needed("docker-password")];
  const entry = {
    ...{ username, password },
    ...(call.value("docker-email") !== undefined && { email: call.value("docker-email") }),
    auth: encodeBase64(`${username}:${password}`),
  };
  const server = call.value("docker-server") ?? "https://index.docker.io/v1/";
  const config = JSON.stringify({ auths: { [server]: entry } });
  return { type: "kubernetes.io/dockerconfigjson", data: encoded({ ".dockerconfigjson": config }) };
}

const listed = (values: readonly string[]): string[] => values.flatMap((text) => text.split(","));

function* rules(_name: string, call: Call): Asking<Made> {
  const verbs = listed(call.list("verb"));
  if (verbs.length === 0) throw usageError("at least one verb must be specified");
  const urls = listed(call.list("non-resource-url"));
  const resources = listed(call.list("resource"));
  if (resources.length === 0 && urls.length === 0) throw usageError("at least one resource must be specified");
  const groups = new Map<string, string[]>();
  for (const text of resources) {
    const [name = "", subresource] = text.split("/");
    const kind = name === "*" ? { group: "", plural: "*" } : yield* call.server.kindNamed(name);
    const full = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
    groups.set(kind.group, [...(groups.get(kind.group) ?? []), full]);
  }
  const names = listed(call.list("resource-name"));
  return {
    rules: [
      ...[...groups].map(([group, all]) => ({
        ...{ apiGroups: [group], resources: all, verbs },
        ...(names.length > 0 && { resourceNames: names }),
      })),
      ...(urls.length > 0 ? [{ nonResourceURLs: urls, verbs }] : []),
    ],
  };
}

function binding(_name: string, call: Call): Made {
  const [role, clusterRole] = [call.value("role"), call.value("clusterrole")];
  if ((role === undefined) === (clusterRole === undefined)) {
    throw usageError("exactly one of clusterrole or role must be specified");
  }
  const apiGroup = "rbac.authorization.k8s.io";
  const subject = (kind: string) => (name: string) => ({ kind, apiGroup, name });
  const accounts = listed(call.list("serviceaccount")).map((text) => {
    const [namespace = "", name = ""] = text.split(":");
    if (name === "") throw usageError("serviceaccount must be <namespace>:<name>");
    return { kind: "ServiceAccount", name, namespace };
  });
  return {
    roleRef: { apiGroup, kind: role === undefined ? "ClusterRole" : "Role", name: role ?? clusterRole },
    subjects: [
      ...listed(call.list("user")).map(subject("User")),
      ...listed(call.list("group")).map(subject("Group")),
      ...accounts,
    ],
  };
}
