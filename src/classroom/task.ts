/**
 * Tasks: one thing to do in a lab, what it is worth, and how one sees that it is done.
 */
import { z } from "zod";
import { type Check, check, checkSchema } from "#classroom/check";
import type { Verdict } from "#classroom/checks/verdict";
import { textSchema } from "#classroom/text";
import type { Cluster } from "#kernel/cluster/cluster";

const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "must be lower-case letters, digits and hyphens");

/** A task as a lab brings it. */
export const taskSchema = z.strictObject({
  id: slug,
  title: textSchema,
  /** Markdown: what to do and why. */
  text: textSchema,
  points: z.number().int().min(1).max(1_000),
  /** What must hold: one check, or several of which each must. */
  check: z.union([checkSchema, z.array(checkSchema).min(1).max(50)]),
  /** Once passed it stays passed, whatever later tasks change. */
  stays: z.boolean().optional(),
});

/** One thing to do. */
export type Task = z.infer<typeof taskSchema>;

/** The slug of a lab. */
export const slugSchema = slug;

const checksOf = ({ check }: Task): readonly Check[] => (Array.isArray(check) ? check : [check]);

/** Whether a task is done in a cluster: the first check that does not hold says why not. */
export function checkTask(cluster: Cluster, task: Task): Verdict {
  const verdicts = checksOf(task).map((one) => check(cluster, one));
  const failed = verdicts.find(({ passed }) => !passed);
  if (failed !== undefined) return failed;
  const said = (language: "ko" | "en"): string => verdicts.map(({ reason }) => reason[language]).join(" ");
  return { passed: true, reason: { ko: said("ko"), en: said("en") } };
}
