/**
 * `/x/ID.KEY/HOST[:PORT]/PATH`: what a machine outside the cluster sees at an address of it.
 *
 * The page comes from a stranger's container: it is sandboxed into an origin of its own, never told where it is linked
 * from, and opened in a browser under a key that opens nothing else.
 */
import { type Context, Hono } from "hono";
import { foreignHeaders, statusProblem } from "#apiserver/foreign-headers";
import { bytesOfText } from "#kernel/runtime/files/bytes";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";
import type { ClusterObject } from "#worker/cluster-object";
import type { WorkerEnv } from "#worker/env";
import { isKeyOf, viewKeyOf } from "#worker/http/keys";
import { pageBelow, styleBelow } from "#worker/http/outside.page";
import { outsideSocket } from "#worker/http/outside.socket";

export const outsideRoute = new Hono<WorkerEnv>();

outsideRoute.all("/x/:cluster/:host", look);
outsideRoute.all("/x/:cluster/:host/*", look);

/** An address of the cluster as it stands in the path. */
interface Place {
  /** `/x/ID.KEY/` */
  readonly door: string;
  /** HOST[:PORT], as it was asked. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
}

async function look(c: Context<WorkerEnv>): Promise<Response> {
  const url = new URL(c.req.url);
  const [, , cluster = "", address = "", ...rest] = url.pathname.split("/");
  const dot = cluster.indexOf(".");
  const id = cluster.slice(0, dot);
  const key = cluster.slice(dot + 1);
  const view = dot < 0 ? undefined : await viewKeyOf(c.env, id);
  const isView = view !== undefined && key === view;
  if (view === undefined || !(isView || (await isKeyOf(c.env, id, key)))) {
    return refuse(401, "The key opens nothing here.");
  }
  // A page can read its own address: a browser goes on under a key that opens nothing but what it looks at.
  if (!isView && c.req.header("sec-fetch-mode") === "navigate") {
    const location = `/x/${id}.${view}${url.pathname.slice(`/x/${cluster}`.length)}${url.search}`;
    return new Response(null, { status: 307, headers: { ...SANDBOX, location } });
  }
  // As many as its API may be asked, counted by themselves: neither takes the machine from other clusters.
  if (!(await c.env.REQUEST_LIMIT.limit({ key: `x ${id}` })).success) return refuse(429, "Too many requests.");
  const place = placeOf(`/x/${cluster}/`, address);
  if (place === undefined) return refuse(400, `${JSON.stringify(address)} is no HOST[:PORT].`);
  const path = `/${rest.join("/")}${url.search}`;
  const stub = c.env.CLUSTER.getByName(id);
  if (c.req.header("upgrade") !== undefined) return socketAt(c, stub, place, path);
  if (c.req.method === "OPTIONS" && c.req.header("origin") === "null") return sandboxPreflight(c);
  const body = await c.req.raw.arrayBuffer();
  if (body.byteLength > LIMITS.requestBytes)
    return refuse(413, `A body may have ${LIMITS.requestBytes} bytes at most.`);
  const request: HttpRequest = {
    method: c.req.method,
    path,
    headers: requestHeaders(c.req.raw.headers),
    body: new TextDecoder().decode(body),
  };
  const answer = await stub.outside({ host: place.host, port: place.port }, request);
  if ("reason" in answer) return refuse(502, answer.reason);
  // A page's scripts ask from an origin of nobody: they may read what the page could.
  return passOn(answer, place, c.req.header("origin") === "null", url.protocol === "https:" || isLocal(url));
}

/** A WebSocket to a server in the cluster, or what it says instead. */
async function socketAt(
  c: Context<WorkerEnv>,
  stub: DurableObjectStub<ClusterObject>,
  place: Place,
  path: string,
): Promise<Response> {
  const upgrade = c.req.header("upgrade") ?? "";
  if (upgrade.toLowerCase() !== "websocket") return refuse(501, `The protocol ${upgrade} is not simulated.`);
  const offered = c.req.header("sec-websocket-protocol");
  const headers = {
    ...requestHeaders(c.req.raw.headers),
    ...(offered !== undefined && { "sec-websocket-protocol": offered }),
  };
  const request = { method: "GET", path, headers, body: "" };
  const opened = await outsideSocket(stub, { host: place.host, port: place.port, request });
  if ("reason" in opened) return refuse(502, opened.reason);
  if ("answer" in opened) return passOn(opened.answer, place, c.req.header("origin") === "null", false);
  const { webSocket, protocol } = opened;
  return new Response(null, {
    status: 101,
    webSocket,
    headers: protocol === undefined ? {} : { "sec-websocket-protocol": protocol },
  });
}

/** Browsers keep secure cookies of the machine itself even without encryption. */
const isLocal = ({ hostname }: URL): boolean => hostname === "localhost" || hostname === "127.0.0.1";

/** What a script of a sandboxed page asks before it sends more than a form could. */
function sandboxPreflight(c: Context<WorkerEnv>): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-origin": "null",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers": c.req.header("access-control-request-headers") ?? "",
    },
  });
}

/** Splits HOST[:PORT]; undefined if it is none. */
function placeOf(door: string, address: string): Place | undefined {
  const [, host = "", port = "80"] = /^([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?$/.exec(address) ?? [];
  if (host === "" || Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { door, address, host: host.toLowerCase(), port: Number(port) };
}

/** Headers that speak of one connection only (RFC 9110, 7.6.1), and lengths that are counted anew. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
];
/** What the client says to us, not to the container: its way here, and our own page's address with its key. */
const OURS = ["host", "referer", "origin", "accept-encoding", "x-real-ip"];

function requestHeaders(headers: Headers): Record<string, string> {
  const isOurs = (name: string): boolean =>
    HOP_BY_HOP.includes(name) || OURS.includes(name) || /^(cf|sec|x-forwarded|mf)-/.test(name);
  return Object.fromEntries([...headers].filter(([name]) => !isOurs(name)));
}

/** What keeps a page of a container from reading anything of ours. */
const SANDBOX = {
  "content-security-policy": "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

function passOn(
  { status, headers, body }: HttpResponse,
  place: Place,
  isSandboxed: boolean,
  keepsSecure: boolean,
): Response {
  const problem = statusProblem(status);
  if (problem !== undefined) return refuse(502, problem);
  const passed = new Headers();
  for (const [name, value] of foreignHeaders(headers)) {
    if (HOP_BY_HOP.includes(name) || name === "content-encoding") continue;
    if (name === "location") passed.set(name, locationBelow(value, place));
    else if (name === "set-cookie") passed.append(name, cookieBelow(value, place, keepsSecure));
    else if (name === "refresh") passed.set(name, value.replace(/(url=)\/(?!\/)/i, `$1${place.door}${place.address}/`));
    else if (!(name in SANDBOX)) passed.set(name, value);
  }
  for (const [name, value] of Object.entries(SANDBOX)) passed.set(name, value);
  if (isSandboxed) {
    passed.set("access-control-allow-origin", "null");
    passed.set("access-control-allow-credentials", "true");
  }
  const hasNoBody = status === 204 || status === 205 || status === 304;
  const type = passed.get("content-type") ?? "";
  const base = `${place.door}${place.address}`;
  const text = /^text\/html/i.test(type)
    ? pageBelow(body, base)
    : /^text\/css/i.test(type)
      ? styleBelow(body, base)
      : body;
  return new Response(hasNoBody ? null : bytesOfText(text), { status, headers: passed });
}

/** A redirect within the same host stays below our prefix; one to anywhere else is the client's own affair. */
function locationBelow(location: string, { door, address, host }: Place): string {
  if (location.startsWith("/") && !location.startsWith("//")) return `${door}${address}${location}`;
  const [, scheme = "http", target = "", path = ""] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(location) ?? [];
  const [name = "", port = scheme === "https" ? "443" : "80"] = target.toLowerCase().split(":");
  if (name !== host) return location;
  return `${door}${name}${port === "80" ? "" : `:${port}`}${path.startsWith("/") ? path : `/${path}`}`;
}

/**
 * A cookie belongs to its own address below our prefix and to nothing else of ours. To a browser its page is of no
 * origin, so that all it sends counts as another site's: only SameSite=None brings the cookie back, and that must be
 * secure.
 */
function cookieBelow(cookie: string, { door, address }: Place, keepsSecure: boolean): string {
  const [pair = "", ...attributes] = cookie.split(";").map((part) => part.trim());
  const path = attributes.find((one) => /^path=\//i.test(one))?.slice("path=".length) ?? "/";
  const others = attributes.filter((one) => !/^(path|domain|samesite)=|^(secure|partitioned)$/i.test(one));
  const site = keepsSecure ? ["SameSite=None", "Secure"] : ["SameSite=Lax"];
  return [pair, ...others, ...site, `Path=${door}${address}${path}`].join("; ");
}

function refuse(status: number, reason: string): Response {
  return new Response(`${reason}\n`, { status, headers: { ...SANDBOX, "content-type": "text/plain; charset=utf-8" } });
}
