/**
 * `agnhost webhook` and `agnhost crd-conversion-webhook`: the servers upstream's tests of admission and of versions
 * ask.
 *
 * Models test/images/agnhost/{webhook,crd-conversion-webhook}.
 * Leaves out the handshake: whoever calls has found the certificate to be right.
 */
import { encodeText } from "#kernel/resources/core/base64";
import { respond } from "#kernel/runtime/images/http";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

type Json = Readonly<Record<string, unknown>>;

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: Json & {
    readonly uid: string;
    readonly object?: Json | null;
    readonly oldObject?: Json | null;
    readonly operation?: string;
  };
}

interface Verdict {
  readonly allowed: boolean;
  readonly message?: string;
  readonly patch?: readonly Json[];
}

const ALLOWED: Verdict = { allowed: true };
const denied = (message: string): Verdict => ({ allowed: false, message });

type Judge = (request: Review["request"]) => Verdict;

const metadataOf = ({ object }: Review["request"]): Json => (object?.["metadata"] ?? {}) as Json;
const labelsOf = (request: Review["request"]): Json => (metadataOf(request)["labels"] ?? {}) as Json;
const dataOf = ({ object, oldObject }: Review["request"]): Json =>
  (((object ?? oldObject) as Json | null | undefined)?.["data"] ?? {}) as Json;

const UNWANTED = "webhook-disallow";
const MARK = "webhook-e2e-test";

function judgePod(request: Review["request"]): Verdict {
  let message = "";
  if (labelsOf(request)[MARK] === UNWANTED) message += "the pod contains unwanted label; ";
  if (labelsOf(request)[MARK] === "wait-forever") message += "the pod response should not be sent; ";
  const { containers = [] } = (request.object?.["spec"] ?? {}) as { containers?: readonly { name: string }[] };
  if (containers.some(({ name }) => name.includes(UNWANTED))) message += "the pod contains unwanted container name; ";
  return message === "" ? ALLOWED : denied(message);
}

function addLabel(request: Review["request"]): Verdict {
  const { labels } = metadataOf(request) as { labels?: Json };
  const value = "yes";
  if (labels === undefined) {
    return { allowed: true, patch: [{ op: "add", path: "/metadata/labels", value: { "added-label": value } }] };
  }
  if (labels["added-label"] === value) return ALLOWED;
  const op = labels["added-label"] === undefined ? "add" : "replace";
  return { allowed: true, patch: [{ op, path: "/metadata/labels/added-label", value }] };
}

function addStages(request: Review["request"]): Verdict {
  const data = dataOf(request);
  const patch: Json[] = [];
  if (data["mutation-start"] === "yes") patch.push({ op: "add", path: "/data/mutation-stage-1", value: "yes" });
  if (data["mutation-stage-1"] === "yes") patch.push({ op: "add", path: "/data/mutation-stage-2", value: "yes" });
  return patch.length === 0 ? ALLOWED : { allowed: true, patch };
}

const withoutMark =
  (what: string, contents: string): Judge =>
  (request) => {
    const mark = dataOf(request)[MARK];
    if (request.operation === "DELETE") {
      return mark === "webhook-nondeletable"
        ? denied(`the ${what} cannot be deleted because it contains unwanted key and value`)
        : ALLOWED;
    }
    return mark === UNWANTED ? denied(`the ${what} contains unwanted ${contents}`) : ALLOWED;
  };

function mutatePod(request: Review["request"]): Verdict {
  if (metadataOf(request)["name"] !== "webhook-to-be-mutated") return ALLOWED;
  const value = [{ image: "webhook-added-image", name: "webhook-added-init-container", resources: {} }];
  return { allowed: true, patch: [{ op: "add", path: "/spec/initContainers", value }] };
}

function judgeAttachment(request: Review["request"]): Verdict {
  const { container = "" } = (request.object ?? {}) as { container?: string };
  if (request["name"] !== "to-be-attached-pod" || container !== "container1") return ALLOWED;
  return denied("attaching to pod 'to-be-attached-pod' is not allowed");
}

const JUDGES: Readonly<Record<string, Judge>> = {
  "/always-allow-delay-5s": () => ({ allowed: true, message: "this webhook allows all requests" }),
  "/always-deny": () => denied("this webhook denies all requests"),
  "/add-label": addLabel,
  "/pods": judgePod,
  "/pods/attach": judgeAttachment,
  "/mutating-pods": mutatePod,
  "/configmaps": withoutMark("configmap", "key and value"),
  "/mutating-configmaps": addStages,
  "/custom-resource": withoutMark("custom resource", "data"),
  "/mutating-custom-resource": addStages,
  "/crd": (request) => (labelsOf(request)[MARK] === UNWANTED ? denied("the crd contains unwanted label") : ALLOWED),
};

const SLOW_MS = 5_000;
/** Longer than anybody waits. */
const FOREVER_MS = 3_600_000;

/** What the webhook server says to a review. */
export function webhookAnswer({ method, body }: HttpRequest, path: string): HttpResponse {
  if (path === "/readyz") return respond(method, 200, "ok", { "content-type": "text/plain" });
  const judge = JUDGES[path];
  const review = reviewIn(body);
  if (judge === undefined) return respond(method, 404, "404 page not found\n", { "content-type": "text/plain" });
  if (review === undefined)
    return respond(method, 400, "Request could not be decoded", { "content-type": "text/plain" });
  const { allowed, message, patch } = judge(review.request);
  const response = {
    ...{ uid: review.request.uid, allowed },
    ...(message !== undefined && { status: { metadata: {}, message } }),
    ...(patch !== undefined && { patch: encodeText(JSON.stringify(patch)), patchType: "JSONPatch" }),
  };
  const waits = path === "/pods" && labelsOf(review.request)[MARK] === "wait-forever";
  const delayMs = waits ? FOREVER_MS : path === "/always-allow-delay-5s" ? SLOW_MS : 0;
  return { ...json(method, { kind: review.kind, apiVersion: review.apiVersion, response }), delayMs };
}

function reviewIn(body: string): Review | undefined {
  try {
    const review = JSON.parse(body) as Partial<Review> | null;
    return typeof review?.request === "object" && review.request !== null ? (review as Review) : undefined;
  } catch {
    return undefined;
  }
}

const json = (method: string, value: object): HttpResponse =>
  respond(method, 200, JSON.stringify(value), { "content-type": "application/json" });

/** What the conversion server says to a review: `hostPort` of v1 is `host` and `port` of v2. */
export function conversionAnswer({ method, body }: HttpRequest, path: string): HttpResponse {
  if (path === "/readyz") return respond(method, 200, "ok", { "content-type": "text/plain" });
  const review = reviewIn(body);
  if (path !== "/crdconvert" || review === undefined) {
    return respond(method, 404, "404 page not found\n", { "content-type": "text/plain" });
  }
  const {
    uid,
    desiredAPIVersion = "",
    objects = [],
  } = review.request as unknown as {
    readonly uid: string;
    readonly desiredAPIVersion?: string;
    readonly objects?: readonly Json[];
  };
  const convertedObjects: Json[] = [];
  let failure: string | undefined;
  for (const object of objects) {
    const converted = convert(object, desiredAPIVersion);
    if (typeof converted === "string") failure ??= converted;
    else convertedObjects.push(converted);
  }
  const response =
    failure === undefined
      ? { uid, convertedObjects, result: { metadata: {}, status: "Success" } }
      : { uid, convertedObjects: [], result: { metadata: {}, status: "Failed", message: failure } };
  return json(method, { kind: review.kind, apiVersion: review.apiVersion, response });
}

function convert(object: Json, to: string): Json | string {
  const from = String(object["apiVersion"]);
  if (from === to) return `conversion from a version to itself should not call the webhook: ${to}`;
  const [version, wanted] = [from, to].map((text) => text.split("/")[1] ?? text);
  const { hostPort, host, port, ...rest } = object as Json & { hostPort?: string; host?: string; port?: string };
  if (version === "v1" && wanted === "v2") {
    if (hostPort === undefined) return { ...rest, apiVersion: to };
    const parts = hostPort.split(":");
    if (parts.length !== 2) return `invalid hostPort value ${JSON.stringify(hostPort)}`;
    return { ...rest, apiVersion: to, host: parts[0], port: parts[1] };
  }
  if (version === "v2" && wanted === "v1") {
    const whole = host === undefined && port === undefined ? {} : { hostPort: `${host}:${port}` };
    return { ...rest, apiVersion: to, ...whole };
  }
  return `unexpected conversion version ${JSON.stringify(from)}`;
}
