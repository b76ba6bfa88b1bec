/**
 * `kubectl create`: from manifests, or one object of a kind that has a generator; and `kubectl replace -f`.
 *
 * Models kubectl/pkg/cmd/create and kubectl/pkg/cmd/replace.
 */
import { type Call, type Command, DRY_RUN, dryRun, dryRunText, printed } from "#kernel/kubectl/command";
import { type Done, each } from "#kernel/kubectl/commands/apply";
import { GENERATORS } from "#kernel/kubectl/commands/create.generators";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import { manifestsFrom } from "#kernel/kubectl/manifest";
import { PRINT } from "#kernel/kubectl/print";
import { type Asking, apiVersionOf, type KubeObject } from "#kernel/kubectl/server";

const ALIASES: Readonly<Record<string, string>> = {
  deploy: "deployment",
  ns: "namespace",
  cm: "configmap",
  sa: "serviceaccount",
  cj: "cronjob",
};

export const create: Command = {
  name: "create",
  flags: {
    ...PRINT.flags,
    ...DRY_RUN,
    filename: "list",
    image: "list",
    replicas: "value",
    port: "value",
    "from-literal": "list",
    "from-file": "list",
    "from-env-file": "list",
    from: "value",
    schedule: "value",
    restart: "value",
    type: "value",
    verb: "list",
    resource: "list",
    "resource-name": "list",
    "non-resource-url": "list",
    role: "value",
    clusterrole: "value",
    serviceaccount: "list",
    user: "list",
    group: "list",
    duration: "value",
    audience: "list",
    "docker-server": "value",
    "docker-username": "value",
    "docker-password": "value",
    "docker-email": "value",
    cert: "value",
    key: "value",
    "save-config": "switch",
    validate: "value",
    "field-manager": "value",
  },
  short: { ...PRINT.short, f: "filename", r: "replicas" },
  *run(call) {
    if (call.list("filename").length > 0) return yield* each(call, manifestsFrom(call), createOne);
    const [word = "", ...rest] = call.args;
    const what = ALIASES[word] ?? word;
    if (what === "token") return yield* createToken(call, rest[0] ?? "");
    const generator = GENERATORS[what];
    if (generator === undefined) throw new UnsupportedError(`error: create ${word} is not supported here`);
    const [name, ...more] = generator.hasType === true ? rest.slice(1) : rest;
    if (name === undefined || more.length > 0) throw usageError(`exactly one NAME is required, got ${rest.length}`);
    const kind = yield* call.server.kindNamed(generator.type);
    const made = generator.ask === undefined ? generator.make?.(name, call) : yield* generator.ask(name, call);
    const metadata = {
      name,
      ...(kind.isNamespaced && call.value("namespace") !== undefined && { namespace: call.namespace }),
    };
    const object = {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      ...made,
      metadata: { ...metadata, ...made?.metadata },
    };
    return yield* each(call, [object as KubeObject], createOne);
  },
};

function* createOne(call: Call, manifest: KubeObject): Asking<Done> {
  const kind = yield* call.server.kindOf(manifest);
  const namespace = manifest.metadata.namespace ?? call.namespace;
  const query = dryRun(call);
  const object = query === undefined ? manifest : yield* call.server.create({ kind, namespace }, manifest, query);
  return { object, text: `${printed(kind, object.metadata.name)} created${dryRunText(call)}` };
}

function* createToken(call: Call, name: string): Asking<string> {
  if (name === "") throw usageError("exactly one NAME is required, got 0");
  const kind = yield* call.server.kindNamed("serviceaccounts");
  const seconds = /^(\d+)(s|m|h)$/.exec(call.value("duration") ?? "");
  const audiences = call.list("audience");
  const spec = {
    ...(seconds !== null && {
      expirationSeconds: Number(seconds[1]) * ({ s: 1, m: 60, h: 3_600 }[seconds[2] ?? ""] ?? 1),
    }),
    ...(audiences.length > 0 && { audiences }),
  };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
  const answer = yield* call.server.create({ kind, namespace: call.namespace, name, subresource: "token" }, body);
  return (answer.status as { token?: string }).token ?? "";
}

export const replace: Command = {
  name: "replace",
  flags: { ...PRINT.flags, ...DRY_RUN, filename: "list", force: "switch", validate: "value" },
  short: { ...PRINT.short, f: "filename" },
  *run(call) {
    if (call.has("force")) throw new UnsupportedError("error: replace --force is not supported here");
    if (call.list("filename").length === 0) throw usageError("must specify --filename to replace");
    return yield* each(call, manifestsFrom(call), replaceOne);
  },
};

function* replaceOne(call: Call, manifest: KubeObject): Asking<Done> {
  const kind = yield* call.server.kindOf(manifest);
  const place = { kind, namespace: manifest.metadata.namespace ?? call.namespace, name: manifest.metadata.name };
  yield* call.server.get(place);
  const query = dryRun(call);
  const object = query === undefined ? manifest : yield* call.server.update(place, manifest, query);
  return { object, text: `${printed(kind, place.name)} replaced${dryRunText(call)}` };
}
