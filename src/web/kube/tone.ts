/**
 * The tone of a cell: whether what it says is well, under way or wrong. The text always stands beside it.
 */
import type { Cell } from "#kernel/apimachinery/table";

/** How a reader should take it. */
export type Tone = "good" | "busy" | "bad" | "plain";

const GOOD = /^(Running|Ready|Active|Available|Bound|Completed?|Succeeded|Approved|Established)$/;
const BUSY = /^(Pending|ContainerCreating|PodInitializing|Init:\d.*|Terminating|Suspended|SchedulingGated|Released)$/;
const BAD = /Err|BackOff|Failed|Invalid|Evicted|OOMKilled|NotReady|Unknown|Lost|Deadline|Warning|CannotRun/;

/** Columns whose words are a state, by their names in the table. */
const STATES = new Set(["Status", "Phase", "State", "Type"]);

/** Judges a cell by its column's name and its text. */
export function toneOf(column: string, cell: Cell): Tone {
  if (typeof cell !== "string") return "plain";
  if (column === "Ready") return toneOfCount(cell);
  if (!STATES.has(column)) return "plain";
  if (BAD.test(cell)) return "bad";
  if (GOOD.test(cell)) return "good";
  return BUSY.test(cell) || cell.startsWith("Ready,") ? "busy" : "plain";
}

/** `2/3` is under way, `3/3` is there. */
function toneOfCount(cell: string): Tone {
  const [, ready, wanted] = /^(\d+)\/(\d+)$/.exec(cell) ?? [];
  if (ready === undefined) return "plain";
  return ready === wanted ? (ready === "0" ? "plain" : "good") : "busy";
}
