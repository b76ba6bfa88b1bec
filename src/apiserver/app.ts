/**
 * The API server of one cluster as a Hono app: everything that needs the cluster. It knows no platform.
 */
import { Hono } from "hono";
import { admittedUser, attributesOf, isCheck, needsDecision } from "#apiserver/access";
import type { ApiContext, ApiEnv, Turns } from "#apiserver/api-env";
import { healthAnswer, isHealthPath } from "#apiserver/describe/describe";
import { errorResponse, statusResponse } from "#apiserver/errors";
import { requestInfo } from "#apiserver/request-info";
import { aggregated } from "#apiserver/routes/aggregate";
import { refuseCommand, refusePortForward } from "#apiserver/routes/connect";
import { issuerDocument } from "#apiserver/routes/issuer";
import { getLog } from "#apiserver/routes/log";
import { route } from "#apiserver/routes/object";
import { proxyRequest } from "#apiserver/routes/proxy";
import { methodNotSupported, pathNotFound, StatusError } from "#kernel/apimachinery/errors";
import type { AnyResource } from "#kernel/registry/definition";
import { groupResourceOf } from "#kernel/registry/registry";
import type { User } from "#kernel/registry/user";
import { createBinding, GENERIC_SUBRESOURCES, OBJECT_DEEDS, SUBRESOURCE_DEEDS } from "#kernel/requests/deeds";
import { subresourcesOf } from "#kernel/requests/discovery";
import { classify, type FlowClass } from "#kernel/resources/flowcontrol/classify";
import { RESOURCES } from "#kernel/resources/index";
import { hasQuorum } from "#kernel/runtime/quorum";
import { Bug } from "#kernel/sim/assert";

type Route = (c: ApiContext) => Promise<Response>;

/** Routes of named subresources that are streams or text; `resource/subresource verb`. */
const SUBRESOURCE_ROUTES: Readonly<Record<string, Route>> = {
  "pods/log get": getLog,
  "pods/exec get": refuseCommand,
  "pods/exec create": refuseCommand,
  "pods/attach get": refuseCommand,
  "pods/attach create": refuseCommand,
  "pods/portforward get": refusePortForward,
  "pods/portforward create": refusePortForward,
};

/**
 * The app in front of a cluster's turns. `userOf` says who holds the key, for requests the edge has found to bring it;
 * who else comes, or wants to be somebody else, is settled with the cluster before anything is read or done.
 */
export function createApiServer(turns: Turns, userOf: (request: Request) => User): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    const request = c.req.raw;
    let flow: FlowClass | undefined;
    c.set("turns", {
      run: (work) =>
        turns.run((cluster) => {
          flow ??= classify(cluster.registry, attributesOf(request, c.get("user")));
          return work(cluster);
        }),
    });
    const holder = userOf(request);
    const decide = (): Promise<User> => turns.run(({ registry }) => admittedUser(registry, request, holder));
    c.set("user", needsDecision(request) ? await decide() : holder);
    if (isCheck(request)) return c.body(null, 204);
    await next();
    if (flow === undefined) return;
    c.header("x-kubernetes-pf-flowschema-uid", flow.schema.metadata.uid);
    c.header("x-kubernetes-pf-prioritylevel-uid", flow.level.metadata.uid);
  });
  app.all("*", async (c): Promise<Response> => {
    const info = requestInfo(c.req.method, new URL(c.req.url));
    const elsewhere = isBuiltIn(c.req.path) ? undefined : await aggregated(c);
    if (elsewhere !== undefined) return elsewhere;
    if (info === undefined) {
      if (isHealthPath(new URL(c.req.url))) {
        return turns.run(({ cells }) => healthAnswer(new URL(c.req.url), hasQuorum(cells) ? [] : ["etcd"]));
      }
      const document = issuerDocument(c);
      if (document === undefined) throw pathNotFound();
      return document;
    }
    const { plural, subresource, name, verb } = info;
    if (plural === "bindings" && verb === "create") return route(createBinding)(c);
    if (subresource === "proxy" && (await hasSubresource(turns, info))) return proxyRequest(c);
    const special = SUBRESOURCE_ROUTES[`${plural}/${subresource} ${verb}`];
    if (special !== undefined) return special(c);
    const own = SUBRESOURCE_DEEDS[`${plural}/${subresource} ${verb}`];
    if (own !== undefined) return route(own)(c);
    const deed = OBJECT_DEEDS[verb];
    const isOnObject = verb !== "create" && verb !== "list" && verb !== "deletecollection";
    const fits = GENERIC_SUBRESOURCES.has(subresource) && isOnObject === (name !== "");
    if (deed === undefined || !fits || !(await hasSubresource(turns, info))) throw await refusal(turns, info);
    return route(deed)(c);
  });
  app.onError((error, c) => {
    // What is no answer is a bug of ours: it passes on, so that the cluster is loaded afresh.
    if (error instanceof StatusError) {
      return statusResponse(error.status, c.req.raw, [...(c.get("warnings") ?? []), ...error.warnings]);
    }
    if (error instanceof Bug || !(error instanceof Error)) throw error;
    return errorResponse(error, c.req.raw);
  });
  return app;
}

const GROUPS = new Set(RESOURCES.map(({ group }) => group));

/** Whether a path is of a group this server has of its own, which nobody else can serve. */
function isBuiltIn(path: string): boolean {
  const [, root, group = ""] = path.split("/");
  return root !== "apis" || GROUPS.has(group);
}

type Info = NonNullable<ReturnType<typeof requestInfo>>;

const addressOf = (group: string, version: string, plural: string): string => `${group}/${version}/${plural}`;
const BUILT_IN: ReadonlyMap<string, AnyResource> = new Map(
  RESOURCES.map((one) => [addressOf(one.group, one.version, one.names.plural), one]),
);

/** The kind a request is for. Only for one made at run time must the cluster be asked, which takes a turn. */
async function definitionOf(turns: Turns, info: Info): Promise<AnyResource | undefined> {
  const { group, version, plural } = info;
  return BUILT_IN.get(addressOf(group, version, plural)) ?? turns.run(({ registry }) => registry.resource(info));
}

async function hasSubresource(turns: Turns, info: Info): Promise<boolean> {
  if (info.subresource === "") return true;
  const resource = await definitionOf(turns, info);
  return resource === undefined || subresourcesOf(resource).some(({ name }) => name === info.subresource);
}

/** 404 for what does not exist, 405 for what cannot be done to it. */
async function refusal(turns: Turns, info: Info): Promise<StatusError> {
  const resource = await definitionOf(turns, info);
  if (resource === undefined) return pathNotFound();
  if (info.subresource === "" || subresourcesOf(resource).some(({ name }) => name === info.subresource)) {
    return methodNotSupported(groupResourceOf(resource), info.verb);
  }
  return pathNotFound();
}
