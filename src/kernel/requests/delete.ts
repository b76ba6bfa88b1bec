/**
 * DELETE of an object or of a collection.
 *
 * Models k8s.io/apiserver/pkg/endpoints/handlers/delete.go and apimachinery/pkg/apis/meta/v1/validation.
 */
import { shapeNamed } from "#kernel/api/shapes";
import type { DeleteOptions as DeleteBody } from "#kernel/api/types.gen";
import { badRequest, invalid, methodNotSupported } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import type { AnyResource } from "#kernel/registry/definition";
import type { DeleteOptions } from "#kernel/registry/delete";
import { groupResourceOf } from "#kernel/registry/registry";
import { type Call, type Deed, one, servedResource } from "#kernel/requests/call";
import type { Target } from "#kernel/requests/decode";
import { dryRunOf, listQuery } from "#kernel/requests/options";
import type { Query } from "#kernel/requests/query";

const DELETE_OPTIONS: Target = {
  get shape() {
    return shapeNamed("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
  },
  gvk: { group: "", version: "v1", kind: "DeleteOptions" },
  isOfAnyVersion: true,
};

/** Deletes one object. */
export const deleteObject: Deed = (door, call) => {
  const options = deleteOptions(call);
  const { info } = call;
  const resource = servedResource(door.registry, info);
  if (!resource.verbs.includes("delete")) throw methodNotSupported(groupResourceOf(resource), "delete");
  const client = door.client();
  const answer = client.delete(resource, { namespace: info.namespace, name: info.name }, options);
  return one(answer, { resource, warnings: [...warningsOf(resource, options), ...client.takeWarnings()] });
};

/** Deletes everything a list would give. */
export const deleteCollection: Deed = (door, call) => {
  const selection = listQuery(call.query, call.info);
  const options = deleteOptions(call);
  const resource = servedResource(door.registry, call.info);
  if (!resource.verbs.includes("deletecollection")) {
    throw methodNotSupported(groupResourceOf(resource), "deletecollection");
  }
  const client = door.client();
  const list = client.deleteCollection(resource, selection, options);
  const warnings = [...warningsOf(resource, options), ...client.takeWarnings()];
  return { resource, answer: { list }, status: 200, warnings };
};

function warningsOf(
  { deleteWarning }: AnyResource,
  { propagationPolicy, orphanDependents }: DeleteOptions,
): readonly string[] {
  const isOpen = propagationPolicy === undefined && orphanDependents === undefined;
  return isOpen && deleteWarning !== undefined ? [deleteWarning] : [];
}

/** Options from the body if there is one, else from the query. @throws Invalid, BadRequest */
function deleteOptions({ body, query }: Call): DeleteOptions {
  const given = body.isEmpty ? fromQuery(query) : fromBody(body);
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

function fromBody(body: Call["body"]): DeleteBody {
  return body.decode(DELETE_OPTIONS, "Strict").object as unknown as DeleteBody;
}

function fromQuery(query: Query): DeleteBody {
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
