/**
 * Requests that the ingress controller makes besides the one it passes on: it asks an external service whether a client
 * may enter, and copies requests for another.
 *
 * Models ingress-nginx's authreq and mirror.
 */
import { CLUSTER_DNS } from "#kernel/network/dns";
import type { IngressCall } from "#kernel/network/ingress";
import type { Annotations } from "#kernel/network/ingress.annotations";
import { INGRESS_IP } from "#kernel/resources/networking/ingress.facts";
import { parseQuery } from "#kernel/runtime/images/http";
import { isAddress, lookUp } from "#kernel/runtime/resolver";
import type { HttpRequest, HttpResponse, NetFailure, World } from "#kernel/runtime/world";

/** What is known of a request where variables are filled in. */
export interface Facts {
  readonly host: string;
  readonly scheme: string;
  readonly request: HttpRequest;
  readonly clientIP: string;
}

/** A text of nginx with the variables that annotations usually hold. */
export function filledIn(text: string, { host, scheme, request, clientIP }: Facts): string {
  const values: Readonly<Record<string, string>> = {
    host,
    http_host: request.headers["host"] ?? host,
    scheme,
    request_uri: request.path,
    escaped_request_uri: encodeURIComponent(request.path),
    uri: request.path.split("?")[0] ?? "",
    args: request.path.split("?")[1] ?? "",
    request_method: request.method,
    remote_addr: clientIP,
    binary_remote_addr: clientIP,
  };
  return text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    if (Object.hasOwn(values, name)) return values[name] ?? "";
    if (name.startsWith("http_")) return request.headers[name.slice(5).replaceAll("_", "-")] ?? "";
    if (name.startsWith("cookie_")) return cookie(request, name.slice(7)) ?? "";
    if (name.startsWith("arg_")) return parseQuery(values["args"] ?? "")[name.slice(4)] ?? "";
    return whole;
  });
}

const cookie = ({ headers }: HttpRequest, name: string): string | undefined =>
  (headers["cookie"] ?? "")
    .split(/;\s*/)
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Asks a server by its URL, as the controller would reach it: by the cluster's names, else as anybody outside. */
function ask(
  world: World,
  call: IngressCall,
  url: string,
  request: Omit<HttpRequest, "path">,
): HttpResponse | NetFailure {
  const [, scheme = "http", name = "", given, path = "/"] =
    /^(https?):\/\/([^/:?#]+)(?::(\d+))?([/?].*)?$/i.exec(url) ?? [];
  const port = Number(given ?? (scheme.toLowerCase() === "https" ? 443 : 80));
  if (name === "") return "nxdomain";
  const whole = {
    ...request,
    path,
    headers: { ...request.headers, host: given === undefined ? name : `${name}:${given}` },
  };
  const own = { hosts: new Map<string, string[]>(), servers: [CLUSTER_DNS], search: [], ndots: 1 };
  const [ip] = isAddress(name)
    ? [name]
    : lookUp(own, name, (server, question) => world.net.query({ kind: "node", ip: INGRESS_IP }, server, question));
  if (ip !== undefined) return call.send({ ip, port }, whole);
  return world.net.http({ kind: "outside" }, { host: name, port }, whole);
}

/** What the external service says: headers for the request that goes on, or the answer instead. */
export type Verdict = { readonly headers: Readonly<Record<string, string>> } | { readonly answer: HttpResponse };

/** Asks whether a request may enter; undefined if nobody is to be asked. */
export function externalVerdict(
  world: World,
  call: IngressCall,
  annotations: Annotations,
  facts: Facts,
): Verdict | undefined {
  const url = annotations["auth-url"];
  if (url === undefined) return undefined;
  const { request, clientIP } = call;
  const { scheme, host } = facts;
  const { "content-length": _, ...rest } = request.headers;
  const headers = {
    ...rest,
    "x-original-url": `${scheme}://${request.headers["host"] ?? host}${request.path}`,
    "x-original-method": request.method,
    "x-sent-from": "nginx-ingress-controller",
    "x-real-ip": clientIP,
    "x-forwarded-for": clientIP,
    "x-auth-request-redirect": annotations["auth-request-redirect"] ?? request.path,
  };
  const method = annotations["auth-method"] ?? "GET";
  const told = ask(world, call, filledIn(url, facts), { method, headers, body: "" });
  if (typeof told === "string") return { answer: plain(500) };
  if (told.status >= 200 && told.status < 300) {
    const wanted = (annotations["auth-response-headers"] ?? "").split(",").map((name) => name.trim().toLowerCase());
    const passed = wanted.flatMap((name): [string, string][] => {
      const value = told.headers[name];
      return name === "" || value === undefined ? [] : [[name, value]];
    });
    return { headers: Object.fromEntries(passed) };
  }
  const signIn = annotations["auth-signin"];
  if (told.status === 401 && signIn !== undefined) {
    const target = filledIn(signIn, facts);
    const name = annotations["auth-signin-redirect-param"] ?? "rd";
    const back = `${scheme}://${request.headers["host"] ?? host}${request.path}`;
    const isSaid = target.includes(`?${name}=`) || target.includes(`&${name}=`);
    const location = isSaid
      ? target
      : `${target}${target.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(back)}`;
    return { answer: { ...plain(302), headers: { location } } };
  }
  if (told.status !== 401 && told.status !== 403) return { answer: plain(500) };
  const challenge = told.headers["www-authenticate"];
  const answer = plain(told.status);
  return { answer: challenge === undefined ? answer : { ...answer, headers: { "www-authenticate": challenge } } };
}

/** An answer whose page the proxy makes. */
const plain = (status: number): HttpResponse => ({ status, headers: {}, body: "" });

/** Sends a copy of a request to another server, whose answer is not waited for. */
export function mirrored(world: World, call: IngressCall, annotations: Annotations, facts: Facts): void {
  const target = annotations["mirror-target"];
  if (target === undefined) return;
  const { method, headers, body } = call.request;
  const copied = annotations["mirror-request-body"] === "off" ? "" : body;
  ask(world, call, filledIn(target, facts), { method, headers, body: copied });
}
