/**
 * Connections that clients keep open between requests: they stay with the endpoint they were opened to, whatever
 * becomes of the Service, until that ends or they have been idle for long.
 *
 * Models HTTP keep-alive and the one connection of HTTP/2 as service proxies see it: established connections pass.
 */
import { type Key, keyOf } from "#kernel/apimachinery/meta";
import { isCutOff } from "#kernel/network/trouble";
import type { Listener } from "#kernel/network/way";
import { pods } from "#kernel/resources/core/pod";
import { containerRecord } from "#kernel/runtime/containers";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import type { Address, World } from "#kernel/runtime/world";
import type { Instant } from "#kernel/sim/instant";

/** The room of kept connections; the id is the pool and the address. */
const KEPT = "kept-connections";
const KEPT_MAX = 1_000;
/** A connection nobody has used for so long is closed. */
const IDLE_MS = 60_000;
/** How exactly it is remembered when a connection was used. */
const GRAIN_MS = 1_000;

interface Kept {
  readonly pod: Key;
  readonly uid: string;
  readonly id: string;
  readonly port: number;
  readonly clientIP: string;
  readonly at: Instant;
}

type Container = Extract<Listener, { kind: "container" }>;

const idOf = ({ pool, host, port }: Address): string => `${pool} ${host}:${port}`;

/** Where the pool's connection to an address leads; undefined if none is open. */
export function keptListener({ client, cells, now }: World, target: Address): Container | undefined {
  if (target.pool === undefined) return undefined;
  const kept = cells.get<Kept>(KEPT, idOf(target));
  if (kept === undefined) return undefined;
  const { id, port, clientIP, uid } = kept;
  const pod = client.get(pods, kept.pod);
  const node = pod?.spec.nodeName ?? "";
  const isOpen =
    pod?.metadata.uid === uid &&
    now - kept.at <= IDLE_MS &&
    containerRecord(cells, id)?.listening.includes(port) === true &&
    cells.get<Machine>(MACHINES, node)?.isPowered === true &&
    !isCutOff(cells, node);
  if (isOpen) return { kind: "container", id, port, clientIP, pod };
  cells.delete(KEPT, idOf(target));
  return undefined;
}

/** Keeps the connection a request went over, or forgets it. */
export function keep({ cells, now }: World, target: Address, listener: Listener, isKept: boolean): void {
  if (target.pool === undefined || listener.kind !== "container") return;
  const id = idOf(target);
  const known = cells.get<Kept>(KEPT, id);
  if (!isKept) {
    if (known !== undefined) cells.delete(KEPT, id);
    return;
  }
  if (known?.id === listener.id && now - known.at < GRAIN_MS) return;
  if (cells.count(KEPT) >= KEPT_MAX) for (const [old] of [...cells.entries<Kept>(KEPT)]) cells.delete(KEPT, old);
  const { pod, port, clientIP } = listener;
  const uid = pod.metadata.uid ?? "";
  cells.put(KEPT, id, { pod: keyOf(pod), uid, id: listener.id, port, clientIP, at: now } satisfies Kept);
}
