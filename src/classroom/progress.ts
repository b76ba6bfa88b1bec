/**
 * Progress: several gradings of one run of a lab. A task that is marked so stays passed once it was.
 */
import { type Grade, gradeOf, type TaskGrade } from "#classroom/grade";
import type { Lab } from "#classroom/lab";

/** The present grade, with the passed tasks of earlier ones that stay so. */
export function withEarlier(lab: Lab, present: Grade, earlier: readonly TaskGrade[]): Grade {
  return gradeOf(
    present.tasks.map((task) => {
      if (task.passed || lab.tasks.find(({ id }) => id === task.id)?.stays !== true) return task;
      return earlier.find(({ id, passed }) => id === task.id && passed) ?? task;
    }),
  );
}
