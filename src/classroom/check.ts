/**
 * Checks: what a task asks of a cluster, as data, so that a teacher's lab is a document and not a program.
 *
 * A check looks at a fork of the student's cluster and says whether it holds, what is, and what is expected.
 */
import { z } from "zod";
import { httpCheck } from "#classroom/checks/http";
import { objectCheck } from "#classroom/checks/object";
import { objectsCheck } from "#classroom/checks/objects";
import { replacedCheck } from "#classroom/checks/replaced";
import { rolloutCheck } from "#classroom/checks/rollout";
import type { CheckKind, Verdict } from "#classroom/checks/verdict";
import type { Cluster } from "#kernel/cluster/cluster";

/** Every kind of check. To add one: a file in checks/, a line here and one in the schema. */
const KINDS = {
  object: objectCheck,
  objects: objectsCheck,
  http: httpCheck,
  rollout: rolloutCheck,
  replaced: replacedCheck,
};

/** A check as a lab brings it. */
export const checkSchema = z.discriminatedUnion("type", [
  objectCheck.schema,
  objectsCheck.schema,
  httpCheck.schema,
  rolloutCheck.schema,
  replacedCheck.schema,
]);

/** One thing a task asks. */
export type Check = z.infer<typeof checkSchema>;

/** Whether it holds in the cluster, and why. The cluster may be used up by it: give a fork. */
export function check(cluster: Cluster, one: Check): Verdict {
  const kind = KINDS[one.type] as CheckKind<Check>;
  return kind.check(cluster, one);
}
