/**
 * The event recorder: how components say what they did, with repetitions counted and floods held back.
 *
 * Models client-go/tools/record (recorder, correlator).
 * Leaves out the recorder's own caches where the stored Events say as much: what was said about an object is found by
 * its uid. Only a source that has used up its burst about one object is remembered, in a cell.
 *
 * An Event made here is valid by construction, so it goes to the store without passing the registry's chain.
 */

import type { Event, ObjectReference } from "#kernel/api/types.gen";
import { dns1123Subdomain } from "#kernel/apimachinery/formats";
import { parseTime, timeText } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import { events } from "#kernel/resources/core/event";
import { namespaces } from "#kernel/resources/core/namespace";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";
import type { KubeObject } from "#kernel/store/object";

/** What a component has to say. */
export interface Observation {
  /** The object it is about, as stored. */
  readonly regarding: KubeObject;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string; readonly host?: string };
  /** The part of the object: `spec.containers{nginx}`. */
  readonly fieldPath?: string;
}

/** Different messages of one reason within this time are similar; the tenth and further ones are combined. */
const SIMILAR_MS = 600_000;
const SIMILAR_MAX = 10;
const COMBINED = "(combined from similar events): ";

/** A source may say 25 things about an object, and one more every five minutes. */
const BURST = 25;
const REFILL_MS = 300_000;
const BUCKETS = "event-sources";
const BUCKETS_PER_SWEEP = 64;
/** Different things held back that are remembered of one source; what comes beyond them is forgotten. */
const HELD_MAX = 32;

/** What a source that used up its burst about one object may still say. */
interface Bucket {
  readonly tokens: number;
  readonly at: Instant;
  /** How often each thing was observed that was not written down. */
  readonly held: Readonly<Record<string, Held>>;
}

interface Held {
  readonly count: number;
  readonly first: string;
}

/** Makes an Event of an observation, or counts it where the same was said before. */
export function recordEvent(client: Client, observation: Observation, now: Instant): void {
  const { uid } = observation.regarding.metadata;
  const said = client.by(events, "regarding", uid).filter((event) => isFrom(event, observation));
  const similar = said.filter(({ type, reason }) => type === observation.type && reason === observation.reason);
  const isCombined = mustCombine(similar, observation.message, now);
  const previous = similar.find((event) => (isCombined ? isCombination(event) : isSame(event, observation)));
  const message = isCombined ? COMBINED + observation.message : observation.message;

  const held = passSpamFilter(client, observation, { said, previous, isCombined }, now);
  if (held === "refused") return;
  if (previous !== undefined) repeat(client, previous, message, (held?.count ?? previous.count ?? 1) + 1, now);
  else create(client, { ...observation, message }, held, now);
}

function isFrom({ source }: Event, { source: { component, host = "" } }: Observation): boolean {
  return source?.component === component && (source.host ?? "") === host;
}

const isCombination = ({ message = "" }: Event): boolean => message.startsWith(COMBINED);

const isSame = (event: Event, { message, fieldPath = "" }: Observation): boolean =>
  event.message === message && (event.involvedObject.fieldPath ?? "") === fieldPath;

/** Whether so many different messages were written lately that this one is only counted. */
function mustCombine(similar: readonly Event[], message: string, now: Instant): boolean {
  if (similar.length < SIMILAR_MAX - 1) return false;
  const lately = similar
    .map((event) => ({ event, at: parseTime(event.lastTimestamp ?? event.metadata.creationTimestamp) }))
    .sort((a, b) => b.at - a.at);
  const messages = new Set<string>();
  let after = now;
  for (const { event, at } of lately) {
    // A pause ends the series: what was said before it does not count.
    if (after - at > SIMILAR_MS) break;
    after = at;
    if (!isCombination(event)) messages.add(event.message ?? "");
  }
  return !messages.has(message) && messages.size >= SIMILAR_MAX - 1;
}

interface Known {
  /** Everything the source has said about the object. */
  readonly said: readonly Event[];
  readonly previous: Event | undefined;
  readonly isCombined: boolean;
}

/** Gives what was held back of this observation so far, if anything; "refused" if it is held back too. */
function passSpamFilter(
  { registry: { cells } }: Client,
  observation: Observation,
  known: Known,
  now: Instant,
): Held | undefined | "refused" {
  const { component, host = "" } = observation.source;
  const id = `${component} ${host} ${observation.regarding.metadata.uid}`;
  const spent = known.said.reduce((sum, { count }) => sum + (count ?? 1), 0);
  const stored = cells.get<Bucket>(BUCKETS, id);
  if (stored === undefined && spent < BURST) return undefined;

  if (stored === undefined) forgetQuietSources(cells, now);
  const bucket = stored ?? bucketOf(known.said, spent, now);
  const tokens = tokensAt(bucket, now);
  const key = keyOf(observation, known.isCombined);
  const { [key]: mine, ...others } = bucket.held;
  if (tokens >= 1) {
    cells.put(BUCKETS, id, { tokens: tokens - 1, at: now, held: others } satisfies Bucket);
    return mine;
  }
  const count = (mine?.count ?? known.previous?.count ?? 0) + 1;
  if (mine === undefined && Object.keys(others).length >= HELD_MAX) return "refused";
  const held = { ...others, [key]: { count, first: mine?.first ?? timeText(now) } };
  cells.put(BUCKETS, id, { tokens, at: now, held } satisfies Bucket);
  return "refused";
}

/** Forgets the sources that may say everything again, whenever there are so many more. */
function forgetQuietSources(cells: Cells, now: Instant): void {
  if (cells.count(BUCKETS) % BUCKETS_PER_SWEEP !== BUCKETS_PER_SWEEP - 1) return;
  const quiet = [...cells.entries<Bucket>(BUCKETS)].filter(([, bucket]) => tokensAt(bucket, now) >= BURST);
  for (const [id] of quiet) cells.delete(BUCKETS, id);
}

function keyOf({ type, reason, message, fieldPath = "" }: Observation, isCombined: boolean): string {
  return isCombined ? `${type} ${reason}` : `${type} ${reason} ${fieldPath} ${message}`;
}

/** The bucket of a source nobody had to watch so far: what it spent follows from what is stored. */
function bucketOf(said: readonly Event[], spent: number, now: Instant): Bucket {
  const first = Math.min(
    ...said.map(({ metadata, firstTimestamp }) => parseTime(firstTimestamp ?? metadata.creationTimestamp)),
  );
  return { tokens: Math.min(BURST, BURST - spent + (now - first) / REFILL_MS), at: now, held: {} };
}

const tokensAt = ({ tokens, at }: Bucket, now: Instant): number => Math.min(BURST, tokens + (now - at) / REFILL_MS);

function repeat({ registry }: Client, event: Event, message: string, count: number, now: Instant): void {
  const { name, namespace = "" } = event.metadata;
  registry.store.put(events.bucket, { namespace, name }, { ...event, message, lastTimestamp: timeText(now), count });
}

function create({ registry }: Client, observation: Observation, held: Held | undefined, now: Instant): void {
  const { regarding, type, reason, message, source } = observation;
  const namespace = regarding.metadata.namespace || "default";
  if (!takesEvents(registry, namespace)) return;

  const time = timeText(now);
  const { component, host = "" } = source;
  const name = eventNameOf(registry, namespace, regarding.metadata.name, now);
  const event: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace, uid: registry.entropy.uid(), resourceVersion: "", creationTimestamp: time },
    involvedObject: referenceTo(regarding, observation.fieldPath),
    reason,
    message,
    source: host === "" ? { component } : { component, host },
    firstTimestamp: held?.first ?? time,
    lastTimestamp: time,
    count: (held?.count ?? 0) + 1,
    type,
    eventTime: null as unknown as string,
    reportingComponent: component,
    reportingInstance: host,
  };
  registry.store.put(events.bucket, { namespace, name }, event);
}

/** True if events can still be written into a namespace. */
export function takesEvents({ store }: Client["registry"], namespace: string): boolean {
  const room = store.get(namespaces.bucket, { namespace: "", name: namespace });
  return room !== undefined && room.metadata.deletionTimestamp === undefined;
}

/**
 * Gives a new event's name, `<object>.<the time in nanoseconds, hexadecimal>`; the last digits tell apart what happens
 * in one millisecond.
 */
export function eventNameOf(
  { store, entropy }: Client["registry"],
  namespace: string,
  object: string,
  now: Instant,
): string {
  const nanos = BigInt(now) * 1_000_000n;
  for (let n = 0n; n < 1_000_000n; n += 1n) {
    const name = `${object}.${(nanos + n).toString(16)}`;
    if (store.get(events.bucket, { namespace, name }) !== undefined) continue;
    return dns1123Subdomain(name).length === 0 ? name : entropy.uid();
  }
  return entropy.uid();
}

/** Gives the reference to a stored object, its fields in the order of Go's struct. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return {
    kind,
    ...(namespace !== undefined && { namespace }),
    name,
    uid,
    apiVersion,
    resourceVersion,
    ...(fieldPath !== undefined && { fieldPath }),
  };
}
