/**
 * A connection to PostgreSQL: start-up, log-in, queries in one message, and those prepared, bound and executed.
 *
 * Models src/backend/tcop/postgres.c and src/backend/libpq/auth.c.
 * Leaves out TLS (a client is told so and goes on without), COPY, cursors that stop in the middle, and cancelling.
 */
import { textOfBytes } from "#kernel/runtime/files/bytes";
import {
  dataRow,
  errorResponse,
  message,
  noticeResponse,
  readyForQuery,
  rowDescription,
} from "#kernel/runtime/images/postgres/messages.wire";
import { type Bound, boundSql, parametersOf } from "#kernel/runtime/images/postgres/parameters";
import { type ScramState, scramFinal, scramFirst } from "#kernel/runtime/images/postgres/scram";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Answered, Asked } from "#kernel/runtime/images/sql/wire";
import { joined, PacketReader, type Taken } from "#kernel/runtime/images/wire/packets";
import type { Entropy } from "#kernel/sim/entropy";

interface Prepared {
  readonly sql: string;
  readonly types: readonly number[];
}

/** What a connection remembers, as JSON. */
export interface BackendState {
  readonly phase: "startup" | "sasl" | "proof" | "ready";
  readonly user: string;
  readonly database: string;
  readonly session?: number;
  readonly transaction?: NonNullable<Answered["transaction"]>;
  readonly scram?: ScramState;
  readonly prepared: Readonly<Record<string, Prepared>>;
  readonly portals: Readonly<Record<string, Bound>>;
  /** An error in the extended protocol: nothing is done until Sync. */
  readonly isSkipping?: boolean;
}

const FRESH: BackendState = { phase: "startup", user: "", database: "", prepared: {}, portals: {} };
const PREPARED_MAX = 100;
const MESSAGE_BYTES_MAX = 4_000_000;

/** The server behind a connection. */
export interface Backend {
  readonly version: string;
  readonly entropy: Entropy;
  /** The password of a user, if there is one; `undefined` for the whole = no password is asked for. */
  readonly passwordOf: ((user: string) => string | null | undefined) | undefined;
  run(asked: Asked): Answered;
}

const SSL = 80_877_103;
const GSS = 80_877_104;
const CANCEL = 80_877_102;

/** Takes whole messages and answers them. */
export function takeMessages(backend: Backend, bytes: Uint8Array, from: BackendState | undefined): Taken<BackendState> {
  const connection = new Connection(backend, from ?? FRESH);
  let taken = 0;
  while (!connection.isOver) {
    const rest = bytes.subarray(taken);
    const isStart = connection.state.phase === "startup";
    const head = isStart ? 0 : 1;
    if (rest.length < head + 4) break;
    const length = new PacketReader(rest.subarray(head)).number(4);
    if (length < 4 || length > MESSAGE_BYTES_MAX) {
      connection.isOver = true;
      break;
    }
    if (rest.length < head + length) break;
    const body = rest.slice(head + 4, head + length);
    if (isStart) connection.start(body);
    else connection.take(String.fromCharCode(rest[0] ?? 0), body);
    taken += head + length;
  }
  return { said: joined(connection.said), taken, state: connection.state, isOver: connection.isOver };
}

class Connection {
  readonly said: Uint8Array[] = [];
  isOver = false;

  constructor(
    readonly backend: Backend,
    public state: BackendState,
  ) {}

  #set(change: Partial<BackendState>): void {
    this.state = { ...this.state, ...change };
  }

  /** The first message has no letter. */
  start(body: Uint8Array): void {
    const reader = new PacketReader(body);
    const code = reader.number(4);
    if (code === SSL || code === GSS) {
      this.said.push(Uint8Array.of(78));
      return;
    }
    if (code === CANCEL || code >> 16 !== 3) {
      this.isOver = true;
      return;
    }
    const given: Record<string, string> = {};
    while (!reader.isAtEnd) {
      const name = textOfBytes(reader.cbytes());
      if (name === "") break;
      given[name] = textOfBytes(reader.cbytes());
    }
    const user = given["user"] ?? "";
    this.#set({ user, database: given["database"] ?? user });
    if ((code & 0xffff) > 0) this.said.push(message("v", (out) => out.number(0, 4).number(0, 4)));
    if (this.backend.passwordOf === undefined) {
      this.#welcome();
      return;
    }
    this.#set({ phase: "sasl" });
    this.said.push(message("R", (out) => out.number(10, 4).cstring("SCRAM-SHA-256").number(0, 1)));
  }

  #refuse(problem: Problem): void {
    this.said.push(errorResponse({ ...problem, severity: "FATAL" }));
    this.isOver = true;
  }

  #welcome(): void {
    const { user, database } = this.state;
    const answer = this.backend.run({ user, database });
    if (answer.error !== undefined) {
      this.#refuse(answer.error);
      return;
    }
    this.#set({ phase: "ready", ...(answer.session === undefined ? {} : { session: answer.session }) });
    this.said.push(message("R", (out) => out.number(0, 4)));
    const parameters: Readonly<Record<string, string>> = {
      application_name: "",
      client_encoding: "UTF8",
      DateStyle: "ISO, MDY",
      default_transaction_read_only: "off",
      in_hot_standby: "off",
      integer_datetimes: "on",
      IntervalStyle: "postgres",
      is_superuser: "on",
      server_encoding: "UTF8",
      server_version: this.backend.version,
      session_authorization: user,
      standard_conforming_strings: "on",
      TimeZone: "Etc/UTC",
    };
    for (const [name, value] of Object.entries(parameters))
      this.said.push(message("S", (out) => out.cstring(name).cstring(value)));
    this.said.push(
      message("K", (out) => out.number(answer.session ?? 0, 4).number(this.backend.entropy.int(2 ** 31), 4)),
    );
    this.said.push(readyForQuery(undefined));
  }

  take(letter: string, body: Uint8Array): void {
    if (this.state.phase !== "ready") {
      this.#logIn(letter, body);
      return;
    }
    if (letter === "X") {
      const { user, database, session } = this.state;
      if (session !== undefined) this.backend.run({ user, database, session, isLast: true });
      this.isOver = true;
    } else if (letter === "Q") this.#query(textOfBytes(new PacketReader(body).cbytes()));
    else if (letter === "S") {
      this.#set({ isSkipping: false });
      this.#ready();
    } else if (this.state.isSkipping !== true && letter !== "H") this.#extended(letter, new PacketReader(body));
  }

  #logIn(letter: string, body: Uint8Array): void {
    const { phase, user, scram } = this.state;
    const failure = { state: "28P01", message: `password authentication failed for user "${user}"` };
    const reader = new PacketReader(body);
    if (letter !== "p") {
      this.#refuse({ state: "08P01", message: `expected SASL response, got message type ${letter.charCodeAt(0)}` });
      return;
    }
    if (phase === "sasl") {
      reader.cbytes();
      const size = reader.number(4);
      const first = scramFirst(reader.bytes(size), this.backend.entropy);
      if (first === undefined) {
        this.#refuse({ state: "08P01", message: "malformed SCRAM message" });
        return;
      }
      this.#set({ phase: "proof", scram: first });
      this.said.push(message("R", (out) => out.number(11, 4).text(first.serverFirst)));
      return;
    }
    const password = this.backend.passwordOf?.(user);
    const proof = scram === undefined || typeof password !== "string" ? undefined : scramFinal(body, scram, password);
    if (proof === undefined) {
      this.#refuse(failure);
      return;
    }
    this.said.push(message("R", (out) => out.number(12, 4).text(proof)));
    this.#welcome();
  }

  #ready(): void {
    this.said.push(readyForQuery(this.state.transaction));
  }

  #run(statement: string): Answered {
    const { user, database, session } = this.state;
    const answer = this.backend.run({ user, database, statement, ...(session === undefined ? {} : { session }) });
    const { transaction: _, ...rest } = this.state;
    this.state = { ...rest, ...(answer.transaction === undefined ? {} : { transaction: answer.transaction }) };
    for (const notice of answer.notices ?? []) this.said.push(noticeResponse(notice));
    return answer;
  }

  #rows({ columns, rows = [], tag = "" }: Answered, formats: readonly number[]): void {
    if (columns !== undefined) for (const row of rows) this.said.push(dataRow(row, columns, formats));
    this.said.push(message("C", (out) => out.cstring(tag)));
  }

  /** A query in one message: each statement in turn, up to the first that fails. */
  #query(text: string): void {
    const statements = splitStatements(text, "postgres").filter((one) => one.text.trim() !== "");
    if (statements.length === 0) this.said.push(message("I"));
    for (const statement of statements) {
      const answer = this.#run(statement.text);
      if (answer.error !== undefined) {
        this.said.push(errorResponse(answer.error));
        break;
      }
      if (answer.columns !== undefined) this.said.push(rowDescription(answer.columns, []));
      this.#rows(answer, []);
    }
    this.#ready();
  }

  #fail(problem: Problem): void {
    this.said.push(errorResponse(problem));
    this.#set({ isSkipping: true });
  }

  #extended(letter: string, reader: PacketReader): void {
    switch (letter) {
      case "P":
        this.#parse(reader);
        return;
      case "B":
        this.#bind(reader);
        return;
      case "D":
        this.#describe(reader);
        return;
      case "E":
        this.#execute(textOfBytes(reader.cbytes()));
        return;
      case "C":
        this.#close(reader);
        return;
      default:
        this.#refuse({ state: "08P01", message: `invalid frontend message type ${letter.charCodeAt(0)}` });
    }
  }

  #parse(reader: PacketReader): void {
    const [name, sql] = [textOfBytes(reader.cbytes()), textOfBytes(reader.cbytes())];
    const count = reader.number(2);
    const types = Array.from({ length: Math.min(count, 1_000) }, () => reader.number(4));
    if (splitStatements(sql, "postgres").filter((one) => one.text.trim() !== "").length > 1) {
      this.#fail({ state: "42601", message: "cannot insert multiple commands into a prepared statement" });
      return;
    }
    const { [name]: _, ...others } = this.state.prepared;
    const kept = Object.keys(others).length >= PREPARED_MAX ? {} : others;
    this.#set({ prepared: { ...kept, [name]: { sql, types } } });
    this.said.push(message("1"));
  }

  #statement(name: string): Prepared | undefined {
    const found = Object.hasOwn(this.state.prepared, name) ? this.state.prepared[name] : undefined;
    if (found === undefined) this.#fail({ state: "26000", message: `prepared statement "${name}" does not exist` });
    return found;
  }

  #bind(reader: PacketReader): void {
    const [portal, name] = [textOfBytes(reader.cbytes()), textOfBytes(reader.cbytes())];
    const prepared = this.#statement(name);
    if (prepared === undefined) return;
    const bound = boundSql(prepared, reader);
    if ("state" in bound) {
      this.#fail(bound);
      return;
    }
    this.#set({
      portals: {
        ...(Object.keys(this.state.portals).length < PREPARED_MAX ? this.state.portals : {}),
        [portal]: bound,
      },
    });
    this.said.push(message("2"));
  }

  /** A statement's columns are those of a run with nulls, if it only reads; a portal is run when it is described. */
  #describe(reader: PacketReader): void {
    const isPortal = reader.number(1) === 80;
    const name = textOfBytes(reader.cbytes());
    if (isPortal) {
      this.#describePortal(name);
      return;
    }
    const prepared = this.#statement(name);
    if (prepared === undefined) return;
    const types = parametersOf(prepared);
    const isReading = /^\s*(select|values|show|with)\b/i.test(prepared.sql);
    const answer = isReading ? this.#tried(prepared.sql.replace(/\$\d+/g, "NULL")) : {};
    if (answer.error !== undefined) {
      this.#fail(answer.error);
      return;
    }
    this.said.push(
      message("t", (out) => {
        out.number(types.length, 2);
        for (const oid of types) out.number(oid, 4);
      }),
    );
    this.said.push(answer.columns === undefined ? message("n") : rowDescription(answer.columns, []));
  }

  /** Runs a statement only to look at it: a failed one does not fail the transaction. */
  #tried(sql: string): Answered {
    const { transaction, ...before } = this.state;
    const answer = this.#run(sql);
    if (answer.error === undefined) this.state = { ...before, ...(transaction === undefined ? {} : { transaction }) };
    return answer;
  }

  #describePortal(name: string): void {
    const portal = this.#portal(name);
    if (portal === undefined) return;
    const answer = portal.answer ?? this.#run(portal.sql);
    if (answer.error !== undefined) {
      this.#fail(answer.error);
      return;
    }
    this.#set({ portals: { ...this.state.portals, [name]: { ...portal, answer } } });
    this.said.push(answer.columns === undefined ? message("n") : rowDescription(answer.columns, portal.formats));
  }

  #portal(name: string): Bound | undefined {
    const found = Object.hasOwn(this.state.portals, name) ? this.state.portals[name] : undefined;
    if (found === undefined) this.#fail({ state: "34000", message: `portal "${name}" does not exist` });
    return found;
  }

  #execute(name: string): void {
    const portal = this.#portal(name);
    if (portal === undefined) return;
    if (portal.sql.trim() === "") {
      this.said.push(message("I"));
      return;
    }
    const answer = portal.answer ?? this.#run(portal.sql);
    const { [name]: _, ...others } = this.state.portals;
    this.#set({ portals: others });
    if (answer.error !== undefined) this.#fail(answer.error);
    else this.#rows(answer, portal.formats);
  }

  #close(reader: PacketReader): void {
    const isPortal = reader.number(1) === 80;
    const name = textOfBytes(reader.cbytes());
    const { [name]: _, ...portals } = this.state.portals;
    const { [name]: __, ...prepared } = this.state.prepared;
    this.#set(isPortal ? { portals } : { prepared });
    this.said.push(message("3"));
  }
}
