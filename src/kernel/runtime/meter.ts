/**
 * The meter: CPU time a container has used, as a number that follows from the last thing that happened in it.
 *
 * Models cpuacct and the CFS quota: work beyond the limit waits its turn. What happens all the time (an idle server, a
 * busy loop) is a rate and writes nothing; what happens once (a request, a command) is written when it happens.
 */
import { milli } from "#kernel/apimachinery/quantity";
import type { ContainerRecord } from "#kernel/runtime/container";
import { MACHINES, type Machine } from "#kernel/runtime/machine";
import { demandMillis } from "#kernel/runtime/use";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of meters; the id is the container's. A container without one did nothing but what it always does. */
const METERS = "meters";

/** How often use is looked at (metrics-server --metric-resolution): readings fall on multiples of it. */
export const SCRAPE_MS = 15_000;

/** CPU time of a step of a program, and of starting a process. */
export const STEP_CPU_MS = 0.005;
export const SPAWN_CPU_MS = 1;

/** Work nobody waits for any longer is dropped: so many milliseconds of the whole limit. */
const BACKLOG_MS = 30_000;
/** Readings kept behind the present one. */
const MARKS = 4;
/** Cores of a machine nobody described. */
const USUAL_MILLIS = 4_000;

interface Meter {
  readonly at: Instant;
  /** CPU time used until then. */
  readonly totalMs: number;
  /** CPU time of work that came and is not done. */
  readonly backlogMs: number;
  /** Totals at the last readings before `at`. */
  readonly marks: readonly (readonly [Instant, number])[];
}

/** Thousandths of a core a container can have: its limit, or all of the machine. */
function roomMillis(cells: Cells, { cpuLimitMillis, node }: ContainerRecord): number {
  const machine = cells.get<Machine>(MACHINES, node);
  const whole = machine === undefined ? USUAL_MILLIS : milli(machine.cpu);
  return Math.min(cpuLimitMillis ?? whole, whole);
}

const meterOf = (cells: Cells, { id, startedAt }: ContainerRecord): Meter =>
  cells.get<Meter>(METERS, id) ?? { at: startedAt, totalMs: 0, backlogMs: 0, marks: [] };

interface Flow {
  readonly steadyMillis: number;
  readonly spareMillis: number;
}

function flowOf(cells: Cells, record: ContainerRecord): Flow {
  const room = roomMillis(cells, record);
  const steadyMillis = Math.min(room, demandMillis(record));
  return { steadyMillis, spareMillis: room - steadyMillis };
}

/** The total and the backlog at an instant after the meter's own. */
function ahead({ at, totalMs, backlogMs }: Meter, { steadyMillis, spareMillis }: Flow, now: Instant) {
  const elapsed = Math.max(0, now - at);
  const caughtUp = Math.min(backlogMs, (elapsed * spareMillis) / 1_000);
  return { totalMs: totalMs + (elapsed * steadyMillis) / 1_000 + caughtUp, backlogMs: backlogMs - caughtUp };
}

/** Writes down what was used so far, with `workMs` of work that has just come; `record` is how it was until now. */
export function charge(cells: Cells, record: ContainerRecord, now: Instant, workMs: number): void {
  const meter = meterOf(cells, record);
  const flow = flowOf(cells, record);
  const marks = [...meter.marks];
  const last = Math.floor(now / SCRAPE_MS) * SCRAPE_MS;
  const first = Math.max(Math.floor(meter.at / SCRAPE_MS) + 1, Math.floor(now / SCRAPE_MS) - MARKS) * SCRAPE_MS;
  for (let mark = first; mark <= last; mark += SCRAPE_MS) marks.push([mark, ahead(meter, flow, mark).totalMs]);
  const { totalMs, backlogMs } = ahead(meter, flow, now);
  const mostMs = (BACKLOG_MS * roomMillis(cells, record)) / 1_000;
  const next: Meter = {
    at: now,
    totalMs,
    backlogMs: Math.min(mostMs, backlogMs + workMs),
    marks: marks.slice(-MARKS),
  };
  cells.put(METERS, record.id, next);
}

/** Forgets the meter of a container. */
export function dropMeter(cells: Cells, id: string): void {
  cells.delete(METERS, id);
}

/** CPU milliseconds a running container had used at an instant: now, or one of the last readings. */
export function cpuMsAt(cells: Cells, record: ContainerRecord, instant: Instant): number {
  if (instant <= record.startedAt) return 0;
  const meter = meterOf(cells, record);
  if (instant >= meter.at) return ahead(meter, flowOf(cells, record), instant).totalMs;
  return meter.marks.findLast(([at]) => at <= instant)?.[1] ?? 0;
}
