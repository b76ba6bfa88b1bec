/**
 * The client of webhooks: posts a review to a URL, or to a Service of the cluster, and reads the answer.
 *
 * Models apiserver/pkg/util/webhook (client.go) and what client-go's rest client says of answers that are none.
 */
import type { WebhookClientConfig } from "#kernel/api/types.gen";
import { readJson } from "#kernel/apimachinery/json";
import { decodeBase64Url } from "#kernel/apimachinery/jwt/jwt";
import { sha256 } from "#kernel/apimachinery/jwt/sha256";
import type { OutsideReply, OutsideRequest } from "#kernel/registry/outside";
import type { Registry } from "#kernel/registry/registry";

/** Who is asked, for how long. */
export interface WebhookCall {
  readonly clientConfig: WebhookClientConfig;
  readonly timeoutSeconds: number;
  /** The review to send, made with the uid of the question. */
  review(uid: string): object;
}

/** The JSON of the answer, or why there is none: `Post "https://...": dial tcp ...: connect: connection refused`. */
export type WebhookAnswer = { readonly json: unknown; readonly uid: string } | { readonly failure: string };

/**
 * Asks a webhook.
 * @throws NeedsAnswer, if the server stands outside the cluster and has not been asked yet
 */
export function callWebhook(registry: Registry, { clientConfig, timeoutSeconds, review }: WebhookCall): WebhookAnswer {
  const { service, url = "" } = clientConfig;
  const path = service?.path ?? "";
  const address =
    service === undefined ? url : `https://${service.name}.${service.namespace}.svc:${service.port ?? 443}${path}`;
  const full = `${address}${address.includes("?") ? "&" : "?"}timeout=${timeoutSeconds}s`;
  const print = printOf(full, review(""));
  const uid = uidOf(print);
  const request: OutsideRequest = {
    ...{ url: full, body: JSON.stringify(review(uid)), timeoutMs: timeoutSeconds * 1_000, print },
  };
  const isTrustedAnyway = service === undefined && (clientConfig.caBundle ?? "") === "";
  const objection = isTrustedAnyway ? undefined : authorityProblem(clientConfig.caBundle);
  if (objection !== undefined) return { failure: `Post ${JSON.stringify(full)}: ${objection}` };
  const reply =
    service === undefined
      ? registry.outside.ask(request)
      : registry.outside.callService(
          {
            ...{ namespace: service.namespace, name: service.name, port: service.port ?? 443 },
            path: `${path === "" ? "/" : path}?timeout=${timeoutSeconds}s`,
          },
          request,
        );
  return answerOf(reply, full, uid);
}

/** A server behind a Service has a certificate of its own authority: without that nobody trusts it. */
function authorityProblem(caBundle: string | undefined): string | undefined {
  if ((caBundle ?? "") === "")
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  const bytes = decodeBase64Url((caBundle ?? "").replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
  const text = String.fromCharCode(...(bytes ?? []).slice(0, 4_096));
  return text.includes("-----BEGIN CERTIFICATE-----")
    ? undefined
    : "unable to load root certificates: unable to parse bytes as PEM block";
}

function answerOf(reply: OutsideReply, url: string, uid: string): WebhookAnswer {
  if ("failure" in reply) return { failure: `Post ${JSON.stringify(url)}: ${reply.failure}` };
  if (reply.status < 200 || reply.status > 206) return { failure: statusText(reply) };
  try {
    return { json: readJson(reply.body), uid };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { failure: `couldn't get version/kind; json parse error: ${problem}` };
  }
}

/** An HTTP answer that is no answer, as client-go puts it. */
function statusText({ status, body }: { readonly status: number; readonly body: string }): string {
  switch (status) {
    case 400:
      return "the server rejected our request for an unknown reason";
    case 401:
      return "the server has asked for the client to provide credentials";
    case 403:
      return `forbidden: ${body.trim()}`;
    case 404:
      return "the server could not find the requested resource";
    case 405:
      return "the server does not allow this method on the requested resource";
    case 503:
      return "the server is currently unable to handle the request";
    case 504:
      return "the server was unable to return a response in the time allotted, but may still be processing the request";
    default:
      if (status >= 500) {
        return `an error on the server (${JSON.stringify(body.trim())}) has prevented the request from succeeding`;
      }
      return `the server responded with the status code ${status} but did not return more information`;
  }
}

const VOLATILE = new Set(["uid", "creationTimestamp", "managedFields"]);
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
/** The one name in an object that is drawn and not generated from what the user wrote. */
const DRAWN = /kube-api-access-[a-z0-9]{5}/g;

/** What is asked, without what is drawn or read from the clock: a rerun draws and reads anew. */
function printOf(url: string, review: object): string {
  const text = JSON.stringify(review, function print(this: unknown, key, value) {
    if (VOLATILE.has(key)) return undefined;
    const isGenerated = key === "name" && typeof this === "object" && this !== null && "generateName" in this;
    return isGenerated ? undefined : value;
  });
  return `${url} ${text.replace(INSTANT, "T").replace(DRAWN, "kube-api-access")}`;
}

/** The same question has the same uid, so that an answer fits whichever run reads it. */
function uidOf(print: string): string {
  const bytes = sha256(Uint8Array.from(print, (character) => character.charCodeAt(0) & 255));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
