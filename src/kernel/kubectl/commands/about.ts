/**
 * Commands about the server and who asks it: version, api-resources, api-versions, cluster-info, auth can-i, config.
 *
 * Models kubectl/pkg/cmd (version, apiresources, clusterinfo, auth, config).
 */
import { versionInfo } from "#kernel/apimachinery/version";
import { type Command, type Said, typed } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import { aligned } from "#kernel/kubectl/print";
import { apiVersionOf } from "#kernel/kubectl/server";

export const version: Command = {
  name: "version",
  flags: { client: "switch", output: "value", short: "switch" },
  short: { o: "output" },
  *run(call) {
    const { gitVersion } = versionInfo;
    const client = { gitVersion, major: versionInfo.major, minor: versionInfo.minor };
    const isClient = call.has("client");
    const server = isClient ? undefined : yield* call.server.send<typeof versionInfo>("GET", "/version");
    if (call.value("output") === "json") {
      return JSON.stringify({ clientVersion: client, ...(server && { serverVersion: server }) }, null, 2);
    }
    const lines = [`Client Version: ${gitVersion}`, "Kustomize Version: v5.8.1"];
    return [...lines, ...(server === undefined ? [] : [`Server Version: ${server.gitVersion}`])].join("\n");
  },
};

export const apiVersions: Command = {
  name: "api-versions",
  flags: {},
  *run(call) {
    const kinds = yield* call.server.kinds();
    return [...new Set(kinds.map(apiVersionOf))].sort().join("\n");
  },
};

export const apiResources: Command = {
  name: "api-resources",
  flags: { "api-group": "value", namespaced: "value", verbs: "value", output: "value", "no-headers": "switch" },
  short: { o: "output" },
  *run(call) {
    const { value } = call;
    const verbs = value("verbs")?.split(",") ?? [];
    const kinds = (yield* call.server.kinds()).filter(
      (kind) =>
        (value("api-group") === undefined || kind.group === value("api-group")) &&
        (value("namespaced") === undefined || String(kind.isNamespaced) === value("namespaced")) &&
        verbs.every((verb) => kind.verbs.includes(verb)),
    );
    const ordered = [...kinds].sort((a, b) => (a.group + a.plural < b.group + b.plural ? -1 : 1));
    if (value("output") === "name") {
      return ordered.map(({ plural, group }) => (group === "" ? plural : `${plural}.${group}`)).join("\n");
    }
    const rows = ordered.map((kind) => [
      ...[kind.plural, kind.short.join(","), apiVersionOf(kind), String(kind.isNamespaced), kind.kind],
    ]);
    const header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"];
    return { out: aligned(call.has("no-headers") ? rows : [header, ...rows]) };
  },
};

export const clusterInfo: Command = {
  name: "cluster-info",
  flags: {},
  *run(call) {
    yield* call.server.send("GET", "/version");
    return "Kubernetes control plane is running at https://kubernetes.default.svc";
  },
};

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

export const auth: Command = {
  name: "auth",
  flags: { quiet: "switch", subresource: "value", "all-namespaces": "switch", output: "value" },
  short: { q: "quiet", A: "all-namespaces", o: "output" },
  *run(call) {
    const [what, verb, resource, ...more] = call.args;
    if (what === "whoami") return yield* whoami(call);
    if (what !== "can-i") throw new UnsupportedError(`error: auth ${what ?? ""} is not supported here`);
    if (verb === undefined || resource === undefined || more.length > 1) {
      throw usageError("you must specify two arguments: verb resource or verb resource/resourceName.");
    }
    const isPath = resource.startsWith("/");
    const named = resource.includes("/") && !isPath ? yield* typed(call, resource) : undefined;
    const kind = isPath ? undefined : (named?.kind ?? (yield* call.server.kindNamed(resource)));
    const namespace = call.has("all-namespaces") || kind?.isNamespaced === false ? "" : call.namespace;
    const name = named?.name ?? more[0];
    const subresource = call.value("subresource");
    const spec =
      kind === undefined
        ? { nonResourceAttributes: { verb, path: resource } }
        : {
            resourceAttributes: {
              ...{ namespace, verb, group: kind.group, resource: kind.plural },
              ...(subresource !== undefined && { subresource }),
              ...(name !== undefined && { name }),
            },
          };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview", spec };
    const { status } = yield* call.server.send<Review>("POST", path, { body });
    const isAllowed = status?.allowed === true;
    const text = isAllowed ? "yes\n" : `no${status?.reason ? ` - ${status.reason}` : ""}\n`;
    return { out: call.has("quiet") ? "" : text, exitCode: isAllowed ? 0 : 1 };
  },
};

function* whoami(call: Parameters<Command["run"]>[0]): ReturnType<Command["run"]> {
  interface Self {
    readonly status?: { readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] } };
  }
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status } = yield* call.server.send<Self>("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    body,
  });
  const { username = "", groups = [] } = status?.userInfo ?? {};
  return {
    out: aligned([
      ["ATTRIBUTE", "VALUE"],
      ["Username", username],
      ["Groups", `[${groups.join(" ")}]`],
    ]),
  } satisfies Said;
}
