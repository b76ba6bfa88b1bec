/**
 * Goal: every answer has the code, the reason and the wording of a real API server.
 * Method: a table of constructors and the Status they must give.
 */
import { expect, test } from "vitest";
import * as errors from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";

const deployments = { group: "apps", resource: "deployments" };
const pods = { group: "", resource: "pods" };
const none = { group: "", resource: "" };

test.each([
  [errors.notFound(pods, "x"), 404, "NotFound", 'pods "x" not found'],
  [errors.alreadyExists(deployments, "x"), 409, "AlreadyExists", 'deployments.apps "x" already exists'],
  [
    errors.conflict(deployments, "x"),
    409,
    "Conflict",
    'Operation cannot be fulfilled on deployments.apps "x": the object has been modified; ' +
      "please apply your changes to the latest version and try again",
  ],
  [
    errors.conflict(pods, "x", errors.uidPrecondition("a", "b")),
    409,
    "Conflict",
    'Operation cannot be fulfilled on pods "x": ' +
      "Precondition failed: UID in precondition: a, UID in object meta: b",
  ],
  [errors.forbidden(pods, "x", "no"), 403, "Forbidden", 'pods "x" is forbidden: no'],
  [errors.forbidden(pods, "", "no"), 403, "Forbidden", "pods is forbidden: no"],
  [errors.forbidden(none, "", "no"), 403, "Forbidden", "forbidden: no"],
  [errors.unauthorized(), 401, "Unauthorized", "Unauthorized"],
  [errors.tooOldResourceVersion(1, 5), 410, "Expired", "too old resource version: 1 (5)"],
  [errors.timeout("slow", 1), 504, "Timeout", "Timeout: slow"],
  [
    errors.serverTimeout(pods, "list", 2),
    500,
    "ServerTimeout",
    "The list operation against pods could not be completed at this time, please try again.",
  ],
  [errors.requestEntityTooLarge("limit is 3"), 413, "RequestEntityTooLarge", "Request entity too large: limit is 3"],
  [errors.internalError("boom"), 500, "InternalError", "Internal error occurred: boom"],
  [errors.unknownError("boom"), 500, "", "boom"],
  [errors.pathNotFound(), 404, "NotFound", "the server could not find the requested resource"],
  [
    errors.methodNotSupported(pods, "create"),
    405,
    "MethodNotAllowed",
    'create is not supported on resources of kind "pods"',
  ],
  [
    errors.unsupportedBodyType(["application/json-patch+json", "application/merge-patch+json"]),
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: " +
      "application/json-patch+json, application/merge-patch+json",
  ],
] as const)("%s", (error, code, reason, message) => {
  expect([error.code, error.reason, error.message]).toEqual([code, reason, message]);
});

test("a Status has the fields of Go's struct, in its order", () => {
  expect(JSON.stringify(errors.notFound(deployments, "x").status)).toBe(
    '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",' +
      '"message":"deployments.apps \\"x\\" not found","reason":"NotFound",' +
      '"details":{"name":"x","group":"apps","kind":"deployments"},"code":404}',
  );
});

test("an invalid object tells every cause, and the message tells each once", () => {
  const gk = { group: "apps", kind: "Deployment" };
  const at = collector();
  at("spec.selector").required();
  expect(errors.invalid(gk, "web", at.errors).message).toBe(
    'Deployment.apps "web" is invalid: spec.selector: Required value',
  );
  at("spec.replicas").invalid(-1, "must be greater than or equal to 0");
  at("spec.replicas").invalid(-1, "must be greater than or equal to 0");
  const error = errors.invalid(gk, "web", at.errors);
  expect(error.message).toBe(
    'Deployment.apps "web" is invalid: [spec.selector: Required value, ' +
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0]",
  );
  expect(error.status.details).toEqual({
    name: "web",
    group: "apps",
    kind: "Deployment",
    causes: [
      { reason: "FieldValueRequired", message: "Required value", field: "spec.selector" },
      ...Array(2).fill({
        reason: "FieldValueInvalid",
        message: "Invalid value: -1: must be greater than or equal to 0",
        field: "spec.replicas",
      }),
    ],
  });
});

test("a blocked eviction names the budget", () => {
  const { status } = errors.evictionBlocked("The disruption budget web needs 2 healthy pods and has 2 currently");
  expect(status.code).toBe(429);
  expect(status.details?.causes?.[0]?.reason).toBe("DisruptionBudget");
});

test("anything thrown has a Status", () => {
  expect(errors.statusOf(errors.badRequest("x")).code).toBe(400);
  expect(errors.statusOf(new Error("x")).message).toBe("Internal error occurred: x");
});
