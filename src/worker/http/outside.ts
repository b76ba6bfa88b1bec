/**
 * `/x/ID.KEY/HOST[:PORT]/PATH`: what a machine outside the cluster sees at an address of it.
 *
 * The page comes from a stranger's container: it is sandboxed into an origin of its own, and never told its address.
 * Leaves out WebSocket and bodies that are not text: simulated servers speak plain HTTP with texts.
 */
import { type Context, Hono } from "hono";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";
import { LIMITS } from "#kernel/sim/limits";
import type { WorkerEnv } from "#worker/env";
import { isKeyOf } from "#worker/http/keys";

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
  if (dot < 0 || !(await isKeyOf(c.env, id, cluster.slice(dot + 1)))) return refuse(401, "The key opens nothing here.");
  const place = placeOf(`/x/${cluster}/`, address);
  if (place === undefined) return refuse(400, `${JSON.stringify(address)} is no HOST[:PORT].`);
  if (c.req.header("upgrade") !== undefined) return refuse(501, "WebSocket is not simulated.");
  const body = await c.req.raw.arrayBuffer();
  if (body.byteLength > LIMITS.requestBytes)
    return refuse(413, `A body may have ${LIMITS.requestBytes} bytes at most.`);
  const request: HttpRequest = {
    method: c.req.method,
    path: `/${rest.join("/")}${url.search}`,
    headers: requestHeaders(c.req.raw.headers),
    body: new TextDecoder().decode(body),
  };
  const answer = await c.env.CLUSTER.getByName(id).outside({ host: place.host, port: place.port }, request);
  if ("reason" in answer) return refuse(502, answer.reason);
  return passOn(answer, place);
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

function passOn({ status, headers, body }: HttpResponse, place: Place): Response {
  const passed = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.includes(lower) || lower === "content-encoding") continue;
    if (lower === "location") passed.set(name, locationBelow(value, place));
    else if (lower === "set-cookie") passed.append(name, cookieBelow(value, place));
    else if (!(lower in SANDBOX)) passed.set(name, value);
  }
  for (const [name, value] of Object.entries(SANDBOX)) passed.set(name, value);
  const hasNoBody = status === 204 || status === 205 || status === 304;
  return new Response(hasNoBody ? null : body, { status, headers: passed });
}

/** A redirect within the same host stays below our prefix; one to anywhere else is the client's own affair. */
function locationBelow(location: string, { door, address, host }: Place): string {
  if (location.startsWith("/") && !location.startsWith("//")) return `${door}${address}${location}`;
  const [, scheme = "http", target = "", path = ""] = /^(https?):\/\/([^/?#]+)(.*)$/i.exec(location) ?? [];
  const [name = "", port = scheme === "https" ? "443" : "80"] = target.toLowerCase().split(":");
  if (name !== host) return location;
  return `${door}${name}${port === "80" ? "" : `:${port}`}${path.startsWith("/") ? path : `/${path}`}`;
}

/** A cookie belongs to its own address below our prefix and to nothing else of ours. */
function cookieBelow(cookie: string, { door, address }: Place): string {
  const [pair = "", ...attributes] = cookie.split(";").map((part) => part.trim());
  const path = attributes.find((one) => /^path=\//i.test(one))?.slice("path=".length) ?? "/";
  const others = attributes.filter((one) => !/^(path|domain)=/i.test(one));
  return [pair, ...others, `Path=${door}${address}${path}`].join("; ");
}

function refuse(status: number, reason: string): Response {
  return new Response(`${reason}\n`, { status, headers: { ...SANDBOX, "content-type": "text/plain; charset=utf-8" } });
}
