/**
 * How often a client may ask an Ingress: requests a second and a minute, with room for bursts.
 *
 * Models nginx's limit_req (a leaky bucket, nodelay) as ingress-nginx sets it up, refused with 503.
 * Leaves out limit-connections and limit-rate: a request takes no time on its way, so there are never many at once.
 */
import type { Annotations } from "#kernel/network/ingress.annotations";
import { inBlock } from "#kernel/network/policy";
import type { World } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** The room of buckets; the id is the Ingress, the limit and the client's address. */
const BUCKETS = "ingress-limits";
const BUCKETS_MAX = 2_000;
const BURST = 5;

interface Bucket {
  /** Requests beyond the rate. */
  readonly excess: number;
  readonly at: Instant;
}

interface Asking {
  /** The Ingress, by its key. */
  readonly ingress: string;
  readonly annotations: Annotations;
  readonly clientIP: string;
}

/** Whether a request is one too many. */
export function isTooOften(world: World, { ingress, annotations, clientIP }: Asking): boolean {
  const free = annotations["limit-allowlist"] ?? annotations["limit-whitelist"];
  const isFree = free?.split(",").some((block) => {
    const text = block.trim();
    return text.includes("/") ? inBlock(text, clientIP) : text === clientIP;
  });
  if (isFree === true) return false;
  const factor = numberOf(annotations["limit-burst-multiplier"]) ?? BURST;
  for (const [name, seconds] of [
    ["limit-rps", 1],
    ["limit-rpm", 60],
  ] as const) {
    const limit = numberOf(annotations[name]);
    if (limit === undefined) continue;
    if (isOver(world, `${ingress} ${name} ${clientIP}`, limit / seconds, limit * factor)) return true;
  }
  return false;
}

const numberOf = (text: string | undefined): number | undefined => {
  const number = Number(text ?? "");
  return Number.isInteger(number) && number > 0 ? number : undefined;
};

/** Takes one request into a bucket that empties at a rate (requests a second); true if it does not fit. */
function isOver({ cells, now }: World, id: string, rate: number, burst: number): boolean {
  const known = cells.get<Bucket>(BUCKETS, id);
  const excess = known === undefined ? 0 : Math.max(0, known.excess - (rate * (now - known.at)) / 1_000 + 1);
  if (excess > burst) return true;
  if (known === undefined && cells.count(BUCKETS) >= BUCKETS_MAX) {
    for (const [old] of [...cells.entries<Bucket>(BUCKETS)]) cells.delete(BUCKETS, old);
  }
  cells.put(BUCKETS, id, { excess, at: now } satisfies Bucket);
  return false;
}
