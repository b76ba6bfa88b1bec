/**
 * Grading: what a student has done, looked at in a fork, so that nothing of theirs changes.
 */
import type { Lab } from "#classroom/lab";
import { checkTask } from "#classroom/task";
import type { Text } from "#classroom/text";
import type { Cluster } from "#kernel/cluster/cluster";
import { type ClusterValue, importCluster } from "#kernel/cluster/snapshot";
import type { Instant } from "#kernel/sim/instant";

/** What is under way when a student asks for a grade may come to its end first. */
const SETTLE_MS = 600_000;

/** How a task stands. `points` is what it earned, `max` what it is worth. */
export interface TaskGrade {
  readonly id: string;
  readonly passed: boolean;
  readonly points: number;
  readonly max: number;
  readonly message: Text;
}

export interface Grade {
  readonly score: number;
  readonly max: number;
  readonly tasks: readonly TaskGrade[];
}

/** Grades a cluster's value; a real instant is needed for the fork's clock and decides nothing. */
export function gradeValue(lab: Lab, value: ClusterValue, real: Instant): Grade {
  const fork = importCluster(value, real);
  settle(fork, real);
  return gradeCluster(lab, fork);
}

/** Grades a cluster as it stands. */
export function gradeCluster(lab: Lab, cluster: Cluster): Grade {
  return gradeOf(
    lab.tasks.map((task) => {
      const { passed, reason } = checkTask(cluster, task);
      return { id: task.id, passed, points: passed ? task.points : 0, max: task.points, message: reason };
    }),
  );
}

/** The sum of its tasks. */
export function gradeOf(tasks: readonly TaskGrade[]): Grade {
  const sum = (field: "points" | "max"): number => tasks.reduce((total, task) => total + task[field], 0);
  return { score: sum("points"), max: sum("max"), tasks };
}

/** Lets everything under way come to its end, within ten minutes of virtual time. */
export function settle(cluster: Cluster, real: Instant): void {
  for (let left = SETTLE_MS; ; ) {
    const { advanced, more } = cluster.advance(real, left, true);
    left -= advanced;
    if (!more || left <= 0) return;
  }
}
