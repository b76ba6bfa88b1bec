/**
 * The trace a pod leaves that comes, changes or goes: what plugins must know of it to say whether a pod they refused
 * may fit now. It travels as the name of a key, so that many pods of one kind are one thing to look at.
 *
 * Models what the QueueingHintFn of pkg/scheduler/framework are told.
 */
import type { Pod } from "#kernel/api/types.gen";
import { claimsOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { type HostPort, podInfoOf } from "#kernel/scheduler/pod-info";

export interface PodTrace {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly HostPort[];
  /** Names of the claims it uses. */
  readonly claims: readonly string[];
  /** Whether it kept others away. */
  readonly isApart: boolean;
}

/** Longest trace; a pod with more to say is one that may help anybody. */
const CHARS_MAX = 2_000;

/** Gives a pod's trace as a text; empty if it is too long. */
export function traceOf(pod: Pod): string {
  const { ports, antiAffinity } = podInfoOf(pod);
  const { namespace = "", labels = {} } = pod.metadata;
  const claims = claimsOfPod(pod).map(({ name }) => name);
  const text = JSON.stringify({
    namespace,
    labels,
    ports,
    claims,
    isApart: antiAffinity.length > 0,
  } satisfies PodTrace);
  return text.length > CHARS_MAX ? "" : text;
}

/** Reads a trace; undefined if nothing is known. */
export const readTrace = (text: string): PodTrace | undefined =>
  text === "" ? undefined : (JSON.parse(text) as PodTrace);
