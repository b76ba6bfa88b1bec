/**
 * DELETE of an object or of a collection.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/delete.go and apimachinery/pkg/apis/meta/v1/validation.
 */
import { type ApiContext, clientOf, presentation, resourceRequest, servedResource } from "#apiserver/api-env";
import { decodeBody, readBody, type Target } from "#apiserver/codec/decode";
import { encodeList, encodeObject } from "#apiserver/codec/encode";
import { dryRunOf, listQuery } from "#apiserver/options";
import { shapeNamed } from "#kernel/api/shapes";
import type { DeleteOptions as DeleteBody } from "#kernel/api/types.gen";
import { badRequest, invalid, methodNotSupported } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import type { AnyResource } from "#kernel/registry/definition";
import type { DeleteOptions } from "#kernel/registry/delete";
import { groupResourceOf } from "#kernel/registry/registry";

const DELETE_OPTIONS: Target = {
  get shape() {
    return shapeNamed("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  },
  gvk: { group: "", version: "v1", kind: "DeleteOptions" },
  isOfAnyVersion: true,
};

/** Answers a delete of one object. */
export async function deleteObject(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const options = await deleteOptions(call.request);
  const { info } = call;
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, info);
    if (!resource.verbs.includes("delete")) throw methodNotSupported(groupResourceOf(resource), "delete");
    const key = { namespace: info.namespace, name: info.name };
    const client = clientOf(cluster, c);
    const answer = client.delete(resource, key, options);
    const warnings = [...warningsOf(resource, options), ...client.takeWarnings()];
    return encodeObject(resource, answer, presentation(cluster, call, warnings));
  });
}

/** Answers a delete of everything a list would give. */
export async function deleteCollection(c: ApiContext): Promise<Response> {
  const call = resourceRequest(c);
  const selection = listQuery(call.request, call.info);
  const options = await deleteOptions(call.request);
  return c.get("turns").run((cluster) => {
    const resource = servedResource(cluster, call.info);
    if (!resource.verbs.includes("deletecollection")) {
      throw methodNotSupported(groupResourceOf(resource), "deletecollection");
    }
    const client = clientOf(cluster, c);
    const deleted = client.deleteCollection(resource, selection, options);
    const warnings = [...warningsOf(resource, options), ...client.takeWarnings()];
    return encodeList(resource, deleted, presentation(cluster, call, warnings));
  });
}

function warningsOf(
  { deleteWarning }: AnyResource,
  { propagationPolicy, orphanDependents }: DeleteOptions,
): readonly string[] {
  const isOpen = propagationPolicy === undefined && orphanDependents === undefined;
  return isOpen && deleteWarning !== undefined ? [deleteWarning] : [];
}

/** Options from the body if there is one, else from the query. @throws Invalid, BadRequest */
async function deleteOptions(request: Request): Promise<DeleteOptions> {
  const body = await readBody(request);
  const given = body.bytes.length === 0 ? fromQuery(new URL(request.url).searchParams) : fromBody(body);
  const at = collector();
  const isDryRun = dryRunOf(given.dryRun ?? [], at);
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions } = given;
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    at("propagationPolicy").invalid(propagationPolicy, "orphanDependents and deletionPropagation cannot be both set");
  }
  if (propagationPolicy !== undefined && !POLICIES.includes(propagationPolicy)) {
    at("propagationPolicy").notSupported(propagationPolicy, [...POLICIES, "nil"]);
  }
  if (at.errors.length > 0) throw invalid({ group: "", kind: "DeleteOptions" }, "", at.errors);
  return {
    isDryRun,
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy !== undefined && {
      propagationPolicy: propagationPolicy as NonNullable<DeleteOptions["propagationPolicy"]>,
    }),
    ...(orphanDependents !== undefined && { orphanDependents }),
    ...(preconditions !== undefined && { preconditions }),
  };
}

const POLICIES = ["Foreground", "Background", "Orphan"];

function fromBody(body: Awaited<ReturnType<typeof readBody>>): DeleteBody {
  return decodeBody(body, DELETE_OPTIONS, "Strict").object as unknown as DeleteBody;
}

function fromQuery(query: URLSearchParams): DeleteBody {
  const seconds = query.get("gracePeriodSeconds") ?? "";
  if (seconds !== "" && !/^-?\d{1,15}$/.test(seconds)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(seconds)}: invalid syntax`);
  }
  const policy = query.get("propagationPolicy");
  const orphan = query.get("orphanDependents");
  return {
    dryRun: query.getAll("dryRun"),
    ...(seconds !== "" && { gracePeriodSeconds: Number(seconds) }),
    ...(policy !== null && { propagationPolicy: policy }),
    ...(orphan !== null && { orphanDependents: orphan === "true" }),
  };
}
