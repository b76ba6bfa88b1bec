/**
 * What a pod does that a policy forbids, worded as upstream words it.
 *
 * Models pod-security-admission/policy (its helpers and registry).
 */
import type { LevelVersion } from "#kernel/admission/podsecurity/policy";
import type { Container, ObjectMeta, PodSpec } from "#kernel/api/types.gen";
import { compareText, quote } from "#kernel/apimachinery/go-text";
import { allContainers } from "#kernel/resources/core/pod.facts";

/** What is looked at: a pod or a template of pods. */
export interface Subject {
  readonly metadata: Partial<ObjectMeta>;
  readonly spec: PodSpec;
}

export interface Violation {
  /** What is forbidden: `runAsNonRoot != true`. */
  readonly reason: string;
  /** Who does it and what would be right. */
  readonly detail: string;
}

export interface Check {
  readonly id: string;
  /** The first minor version that has the check. */
  readonly since: number;
  /** The baseline check it takes the place of. */
  readonly overrides?: string;
  find(subject: Subject, policy: LevelVersion): Violation | undefined;
}

/** `"a", "b"` */
export const quoted = (items: Iterable<string>): string => [...items].map(quote).join(", ");

/** The items in order, each once. */
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort(compareText);

/** `container "a"`, `containers "a", "b"` */
export function named(what: string, names: readonly string[]): string {
  return `${names.length === 1 ? what : `${what}s`} ${quoted(names)}`;
}

/** Names of the containers, init and ephemeral ones too, of which something holds. */
export function containersWith(spec: PodSpec, holds: (container: Container) => boolean): string[] {
  return (allContainers(spec) as Container[]).filter(holds).map(({ name }) => name);
}

/** The pod itself and some of its containers as the subject of a sentence; empty for nobody. */
export function setters(isPod: boolean, names: readonly string[]): string {
  return [...(isPod ? ["pod"] : []), ...(names.length > 0 ? [named("container", names)] : [])].join(" and ");
}
