/**
 * Calls out of a cluster: webhooks by URL, performed between turns. A tenant says where they go, so they go nowhere
 * but to public addresses, by https, without credentials and without following anybody elsewhere.
 *
 * Leaves out certificates of private authorities: the platform's fetch trusts public ones alone.
 */
import { parseIp } from "#kernel/apimachinery/ip";
import type { OutsideReply, OutsideRequest } from "#kernel/registry/outside";
import { LIMITS } from "#kernel/sim/limits";

export class Calls {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void)[] = [];

  /** `allowed` are hosts, each with its port, that may be called although they are private: a test's own server. */
  constructor(readonly allowed: readonly string[]) {}

  get isIdle(): boolean {
    return this.#running === 0;
  }

  /** Resolves when no call is under way. */
  async settled(): Promise<void> {
    if (!this.isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Performs a call; what goes wrong is part of the answer. */
  async perform(request: OutsideRequest): Promise<OutsideReply> {
    if (this.#running >= LIMITS.callsAtOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
    try {
      return await post(request, this.allowed);
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
      if (this.isIdle) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

async function post({ url, body, timeoutMs }: OutsideRequest, allowed: readonly string[]): Promise<OutsideReply> {
  const objection = objectionTo(url, allowed);
  if (objection !== undefined) return { failure: objection };
  try {
    const response = await fetch(url, {
      ...{ method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(timeoutMs) },
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        "user-agent": "kube-apiserver-admission",
      },
    });
    const text = await readUpTo(response, LIMITS.replyChars);
    return text === undefined ? { failure: "http: response body too large" } : { status: response.status, body: text };
  } catch (error) {
    return { failure: failureText(error) };
  }
}

function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError" || error.name === "AbortError") return "context deadline exceeded";
  if (/certificate|TLS|SSL/i.test(error.message)) {
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  }
  return /refused|Network connection lost/i.test(error.message) ? "connect: connection refused" : error.message;
}

async function readUpTo(response: Response, charsMax: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > charsMax) {
      await reader.cancel();
      return undefined;
    }
  }
}

/** Why an address must not be called; undefined if it may. */
export function objectionTo(text: string, allowed: readonly string[] = []): string | undefined {
  if (!URL.canParse(text)) return `parse ${JSON.stringify(text)}: invalid URL`;
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol !== "https:") return `unsupported protocol scheme ${JSON.stringify(protocol.slice(0, -1))}`;
  if (username !== "" || password !== "") return "user information is not permitted in URL";
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (allowed.includes(`${host}:${port === "" ? "443" : port}`)) return undefined;
  return isPublic(host)
    ? undefined
    : `dial tcp ${host}: this address is not reachable from the cluster's control plane`;
}

/** Names that mean this machine, or a network that is not everybody's. */
const LOCAL_NAME =
  /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|arpa|test|example|invalid|onion)$/i;
/** Names that are addresses in disguise: `10.0.0.1.nip.io`. */
const DISGUISE = /(^|\.)(nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me|vcap\.me)$/i;

function isPublic(host: string): boolean {
  const address = parseIp(host);
  if (address !== undefined) return isPublicAddress(address);
  return host.includes(".") && !LOCAL_NAME.test(host) && !DISGUISE.test(host);
}

const PRIVATE_V4: readonly (readonly [string, number])[] = [
  ...([
    ["0.0.0.0", 8],
    ["10.0.0.0", 8],
    ["100.64.0.0", 10],
    ["127.0.0.0", 8],
    ["169.254.0.0", 16],
  ] as const),
  ...([
    ["172.16.0.0", 12],
    ["192.0.0.0", 24],
    ["192.0.2.0", 24],
    ["192.88.99.0", 24],
    ["192.168.0.0", 16],
  ] as const),
  ...([
    ["198.18.0.0", 15],
    ["198.51.100.0", 24],
    ["203.0.113.0", 24],
    ["224.0.0.0", 3],
  ] as const),
];

function isPublicAddress({ family, value }: NonNullable<ReturnType<typeof parseIp>>): boolean {
  if (family === 4) {
    return !PRIVATE_V4.some(([block, prefix]) => {
      const shift = BigInt(32 - prefix);
      return (parseIp(block)?.value ?? 0n) >> shift === value >> shift;
    });
  }
  // Global unicast is 2000::/3 alone, less what maps IPv4 (6to4, Teredo) and what is for documents.
  const isGlobal = value >> 125n === 1n;
  const isMapped = value >> 112n === 0x2002n || value >> 96n === 0x20010000n || value >> 96n === 0x20010db8n;
  return isGlobal && !isMapped;
}
