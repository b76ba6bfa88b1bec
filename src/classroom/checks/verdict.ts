/**
 * What a check comes to, and what a kind of check is.
 */
import type { z } from "zod";
import type { Text } from "#classroom/text";
import type { Cluster } from "#kernel/cluster/cluster";

/** Whether a check holds, and why in words for the student. */
export interface Verdict {
  readonly passed: boolean;
  readonly reason: Text;
}

/** One kind of check: how it is written, and how it is made. */
export interface CheckKind<C, S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  check(cluster: Cluster, wanted: C): Verdict;
}

/** Makes a kind of check of its schema. */
export function checkKind<S extends z.ZodType>(
  schema: S,
  check: (cluster: Cluster, wanted: z.infer<S>) => Verdict,
): CheckKind<z.infer<S>, S> {
  return { schema, check };
}

/** It holds. */
export const passed = (ko: string, en: string): Verdict => ({ passed: true, reason: { ko, en } });

/** It does not hold. */
export const failed = (ko: string, en: string): Verdict => ({ passed: false, reason: { ko, en } });
