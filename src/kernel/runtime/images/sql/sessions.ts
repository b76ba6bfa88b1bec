/**
 * A database server's sessions: who is logged in, and the statements each runs.
 */
import type { Engine, Outcome, ServerFacts } from "#kernel/runtime/images/sql/engine";
import { SqlError, type SqlProblem } from "#kernel/runtime/images/sql/errors";
import type { Problem } from "#kernel/runtime/images/sql/problem";
import { shownAs } from "#kernel/runtime/images/sql/relation";
import { newSession, type Session } from "#kernel/runtime/images/sql/session";
import type { Storage } from "#kernel/runtime/images/sql/storage";
import type { Answered, Asked } from "#kernel/runtime/images/sql/wire";
import type { Task } from "#kernel/runtime/process/task";

/** Connections a server holds; the one that was silent longest is dropped for the next. */
const SESSIONS_MAX = 100;
/** Longest statement. */
export const STATEMENT_CHARS_MAX = 1_000_000;

/** What a server keeps of its connections, as JSON. */
export interface Connections {
  readonly sessions: Readonly<Record<string, Session>>;
  readonly next: number;
}

export const NO_CONNECTIONS: Connections = { sessions: {}, next: 1 };

/** What is particular to a kind of server. */
export interface Speaker {
  readonly facts: ServerFacts;
  /** Why somebody may not come in; undefined = may. */
  refusal(asked: Asked): Problem | undefined;
  /** A problem in its words. */
  worded(problem: SqlProblem, session: Session): Problem;
  /** A kind of engine that knows its own statements. */
  engine(task: Task, storage: Storage, session: Session): Engine;
  /** What was logged of a statement. */
  log?(problem: Problem, statement: string): void;
}

/** What came of one request of a connection, and the connections afterwards. */
export interface Turn {
  readonly answer: Answered;
  /** How long it slept over it. */
  readonly delayMs?: number;
  readonly connections: Connections;
}

/** Answers one request of a connection. */
export function converse(
  task: Task,
  storage: Storage,
  speaker: Speaker,
  { asked, connections }: { readonly asked: Asked; readonly connections: Connections },
): Turn {
  const known = asked.session === undefined ? undefined : connections.sessions[asked.session];
  const refused = known === undefined ? speaker.refusal(asked) : undefined;
  if (refused !== undefined) return { answer: { error: refused }, connections };
  const isNew = known === undefined;
  const session = known ?? newSession(connections.next, asked.user, asked.database);
  const next = connections.next + (isNew ? 1 : 0);
  if (asked.statement === undefined) {
    const sessions =
      asked.isLast === true ? without(connections.sessions, session.id) : kept(connections.sessions, session);
    const told = { session: session.id, database: session.database, version: speaker.facts.version };
    return { answer: told, connections: { sessions, next } };
  }
  const engine = speaker.engine(task, storage, session);
  const answer = run(engine, speaker, asked.statement);
  const after = engine.session;
  const sessions = asked.isLast === true ? without(connections.sessions, after.id) : kept(connections.sessions, after);
  const transaction =
    after.undo === undefined ? {} : { transaction: after.isAborted === true ? ("failed" as const) : ("open" as const) };
  const told = { ...answer, session: after.id, database: after.database, steps: engine.steps, ...transaction };
  return { answer: told, delayMs: engine.sleptMs, connections: { sessions, next } };
}

function run(engine: Engine, speaker: Speaker, statement: string): Answered {
  const before = engine.session;
  try {
    if (statement.length > STATEMENT_CHARS_MAX) throw new SqlError({ kind: "steps" });
    return told(engine, engine.run(statement));
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    const problem = speaker.worded(error.problem, engine.session);
    undo(engine, before);
    speaker.log?.(problem, statement);
    return { error: problem };
  }
}

/** A statement that fails leaves nothing behind; in PostgreSQL its transaction has failed with it. */
function undo(engine: Engine, before: Session): void {
  if (before.undo === undefined) return;
  if (engine.dialect === "postgres") engine.set({ isAborted: true });
}

function told(engine: Engine, { relation, affected, tag, insertId, matched, notices }: Outcome): Answered {
  const { dialect } = engine;
  return {
    affected,
    tag,
    ...(notices.length === 0 ? {} : { notices }),
    ...(insertId === undefined ? {} : { insertId }),
    ...(matched === undefined ? {} : { matched }),
    ...(relation === undefined
      ? {}
      : {
          columns: relation.columns.map(({ name, kind }) => ({ name, kind })),
          rows: relation.rows.map((row) =>
            relation.columns.map(({ kind }, n) => shownAs(row[n] ?? null, kind, dialect)),
          ),
        }),
  };
}

function kept(sessions: Connections["sessions"], session: Session): Connections["sessions"] {
  const others = without(sessions, session.id);
  const [oldest] = Object.keys(others);
  const room =
    Object.keys(others).length >= SESSIONS_MAX && oldest !== undefined ? without(others, Number(oldest)) : others;
  return { ...room, [session.id]: session };
}

function without(sessions: Connections["sessions"], id: number): Connections["sessions"] {
  const { [String(id)]: _, ...rest } = sessions;
  return rest;
}
