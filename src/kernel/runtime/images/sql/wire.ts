/**
 * The wire between a database and its clients: one statement a request, its rows or its error back, as JSON.
 *
 * Leaves out the protocols of MySQL and PostgreSQL: their clients here are ours.
 */
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Kind } from "#kernel/runtime/images/sql/relation";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse, NetFailure } from "#kernel/runtime/world";

/** The methods by which a server knows its protocol. */
export type Protocol = "MYSQL" | "POSTGRES";

export interface Asked {
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  /** The session to go on with; absent = a new one. */
  readonly session?: number;
  /** Absent = only log in, or log out. */
  readonly statement?: string;
  readonly isLast?: boolean;
}

export interface Answered {
  readonly session?: number;
  readonly database?: string;
  readonly error?: Problem;
  readonly columns?: readonly { readonly name: string; readonly kind: Kind }[];
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly affected?: number;
  readonly matched?: number;
  readonly insertId?: number;
  readonly tag?: string;
  readonly notices?: readonly string[];
  /** Whether a transaction is open, or has failed. */
  readonly transaction?: "open" | "failed";
  readonly version?: string;
  /** Work that was done, in steps. */
  readonly steps?: number;
}

/** What was asked; undefined if it is another protocol. */
export function askedBy(request: HttpRequest, protocol: Protocol): Asked | undefined {
  if (request.method !== protocol) return undefined;
  return JSON.parse(request.body) as Asked;
}

/** The answer as it goes back. */
export function answered(answer: Answered, delayMs = 0): HttpResponse {
  return { status: 200, headers: {}, body: JSON.stringify(answer), ...(delayMs > 0 ? { delayMs } : {}) };
}

/** Steps of a server that count as one of its client: a loop of heavy queries tires whoever runs it. */
const STEPS_PER_STEP = 25;

/** Asks a server. */
export function askDatabase(
  task: Task,
  target: { readonly host: string; readonly port: number },
  protocol: Protocol,
  asked: Asked,
): (Answered & { readonly delayMs?: number }) | NetFailure {
  const answer = task.request(target, { method: protocol, path: "/", headers: {}, body: JSON.stringify(asked) });
  if (typeof answer === "string") return answer;
  if (!answer.body.startsWith("{")) return "reset";
  const told = JSON.parse(answer.body) as Answered;
  task.spend(Math.ceil((told.steps ?? 0) / STEPS_PER_STEP));
  return answer.delayMs === undefined ? told : { ...told, delayMs: answer.delayMs };
}
