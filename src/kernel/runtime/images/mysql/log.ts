/**
 * The log of mysqld and of its entrypoint.
 */
import type { Task } from "#kernel/runtime/process/task";

/** `2026-11-23T20:00:00.000000Z 0 [System] [MY-010931] [Server] ready` */
export function say(task: Task, level: "System" | "Note" | "Warning" | "ERROR", code: string, text: string): void {
  const date = new Date(task.now).toISOString().replace("Z", "000Z");
  task.complain(`${date} 0 [${level}] [MY-${code}] [Server] ${text}\n`);
}

/** `2026-11-23 20:00:00+00:00 [Note] [Entrypoint]: text` */
export function note(task: Task, text: string, level: "Note" | "ERROR" | "Warn" = "Note"): void {
  const date = new Date(task.now).toISOString().slice(0, 19).replace("T", " ");
  const line = `${date}+00:00 [${level}] [Entrypoint]: ${text}\n`;
  if (level === "Note") task.print(line);
  else task.complain(line);
}
