/**
 * A connection to MySQL: the handshake, the proof of the password, and the commands.
 *
 * Models sql/auth/sql_authentication.cc and sql/sql_parse.cc (dispatch_command).
 * Leaves out TLS, compression and cursors: none is offered.
 */
import { textOfBytes } from "#kernel/runtime/files/bytes";
import {
  binaryResult,
  CAPABILITY,
  errorPacket,
  greeting,
  okPacket,
  type Plugin,
  preparedPackets,
  proofOf,
  readerOf,
  readLength,
  textResult,
  writer,
} from "#kernel/runtime/images/mysql/packets";
import { executed, parameterCount } from "#kernel/runtime/images/mysql/statement";
import { splitStatements } from "#kernel/runtime/images/sql/lexer";
import type { Problem } from "#kernel/runtime/images/sql/problem";
import type { Answered, Asked } from "#kernel/runtime/images/sql/wire";
import { joined, type PacketReader, type Taken } from "#kernel/runtime/images/wire/packets";
import type { Entropy } from "#kernel/sim/entropy";

interface Prepared {
  readonly sql: string;
  readonly types: readonly number[];
}

/** What a connection remembers, as JSON. */
export interface ConnectionState {
  readonly phase: "greeted" | "switched" | "ready";
  readonly salt: readonly number[];
  readonly user: string;
  readonly database: string;
  readonly session?: number;
  readonly capabilities: number;
  readonly prepared: Readonly<Record<string, Prepared>>;
  readonly next: number;
}

/** The server behind a connection. */
export interface Server {
  readonly version: string;
  readonly plugin: Plugin;
  readonly entropy: Entropy;
  /** The password of a user; undefined = there is no such user. */
  passwordOf(user: string): string | null | undefined;
  /** Why who asks may not come in, in the server's words. */
  denied(user: string, hasPassword: boolean): Problem;
  run(asked: Asked): Answered;
}

const PREPARED_MAX = 100;
const PACKET_BYTES_MAX = 4_000_000;
const PIECE = 0xffffff;

/** Greets who has just come, else takes whole packets and answers them. */
export function takePackets(
  server: Server,
  bytes: Uint8Array,
  from: ConnectionState | undefined,
): Taken<ConnectionState> {
  if (from === undefined) return greet(server);
  const connection = new Connection(server, from);
  let taken = 0;
  while (!connection.isOver && bytes.length - taken >= 4) {
    const head = readerOf(bytes.subarray(taken, taken + 4));
    const size = head.number(3);
    const sequence = head.number(1);
    if (size > PACKET_BYTES_MAX) {
      connection.isOver = true;
      break;
    }
    if (bytes.length - taken < 4 + size) break;
    connection.sequence = sequence + 1;
    connection.take(bytes.slice(taken + 4, taken + 4 + size));
    taken += 4 + size;
  }
  return { said: joined(connection.said), taken, state: connection.state, isOver: connection.isOver };
}

function greet(server: Server): Taken<ConnectionState> {
  // A zero would end the salt early.
  const salt = Array.from({ length: 20 }, () => 1 + server.entropy.int(126));
  const id = 8 + server.entropy.int(1_000);
  const packet = greeting(server.version, id, Uint8Array.from(salt), server.plugin);
  const state: ConnectionState = {
    phase: "greeted",
    salt,
    user: "",
    database: "",
    capabilities: 0,
    prepared: {},
    next: 1,
  };
  return { said: framed(packet, 0), taken: 0, state, isOver: false };
}

/** A packet with its length and its number before it. */
function framed(packet: Uint8Array, sequence: number): Uint8Array {
  return writer()
    .number(Math.min(packet.length, PIECE), 3)
    .number(sequence & 255, 1)
    .bytes(packet)
    .done();
}

class Connection {
  readonly said: Uint8Array[] = [];
  isOver = false;
  sequence = 0;

  constructor(
    readonly server: Server,
    public state: ConnectionState,
  ) {}

  #say(...packets: readonly Uint8Array[]): void {
    for (const packet of packets) {
      this.said.push(framed(packet, this.sequence));
      this.sequence += 1;
    }
  }

  #set(change: Partial<ConnectionState>): void {
    this.state = { ...this.state, ...change };
  }

  take(packet: Uint8Array): void {
    if (this.state.phase === "greeted") this.#logIn(readerOf(packet));
    else if (this.state.phase === "switched") this.#check(packet, this.server.plugin);
    else this.#command(packet[0] ?? 0, readerOf(packet.subarray(1)));
  }

  #logIn(reader: PacketReader): void {
    const capabilities = reader.number(4);
    reader.bytes(4 + 1 + 23);
    const user = textOfBytes(reader.cbytes());
    const isLong = (capabilities & CAPABILITY.pluginAuthLengthEncoded) !== 0;
    const proof = reader.bytes(isLong ? readLength(reader) : reader.number(1));
    const database = (capabilities & CAPABILITY.connectWithDb) === 0 ? "" : textOfBytes(reader.cbytes());
    const plugin = (capabilities & CAPABILITY.pluginAuth) === 0 ? "" : textOfBytes(reader.cbytes());
    if (reader.isShort && user === "") {
      this.#end({ number: 1043, state: "08S01", message: "Bad handshake" });
      return;
    }
    this.#set({ capabilities, user, database });
    if (plugin === "" || plugin === this.server.plugin || proof.length === 0) {
      this.#check(proof, this.server.plugin);
      return;
    }
    this.#set({ phase: "switched" });
    this.#say(writer().number(0xfe, 1).cstring(this.server.plugin).bytes(this.state.salt).number(0, 1).done());
  }

  #end(problem: Problem): void {
    this.#say(errorPacket(problem));
    this.isOver = true;
  }

  #check(proof: Uint8Array, plugin: Plugin): void {
    const { user, database, salt } = this.state;
    const password = this.server.passwordOf(user);
    const right = proofOf(plugin, password ?? "", Uint8Array.from(salt));
    if (password === undefined || right.length !== proof.length || right.some((byte, n) => byte !== proof[n])) {
      this.#end(this.server.denied(user, proof.length > 0));
      return;
    }
    const answer = this.server.run({ user, password: password ?? "", database });
    if (answer.error !== undefined) {
      this.#end(answer.error);
      return;
    }
    // Of the newer way: the quick proof was enough.
    if (plugin === "caching_sha2_password" && proof.length > 0) this.#say(Uint8Array.of(1, 3));
    this.#set({ phase: "ready", ...(answer.session === undefined ? {} : { session: answer.session }) });
    this.#say(okPacket({}));
  }

  #run(statement: string, isLast = false): Answered {
    const { user, database, session } = this.state;
    const answer = this.server.run({
      user,
      database,
      statement,
      ...(session === undefined ? {} : { session }),
      ...(isLast ? { isLast } : {}),
    });
    if (answer.database !== undefined) this.#set({ database: answer.database });
    return answer;
  }

  #command(code: number, reader: PacketReader): void {
    switch (code) {
      case 1: {
        const { user, database, session } = this.state;
        if (session !== undefined) this.server.run({ user, database, session, isLast: true });
        this.isOver = true;
        return;
      }
      case 2:
        this.#answer(this.#run(`USE \`${textOfBytes(reader.rest()).replaceAll("`", "``")}\``), false);
        return;
      case 3:
        this.#query(textOfBytes(reader.rest()));
        return;
      case 9:
        this.#say(writer().text("Uptime: 1  Threads: 1  Questions: 1  Slow queries: 0").done());
        return;
      case 14:
      case 27:
      case 31:
        this.#say(okPacket({}));
        return;
      case 22:
        this.#prepare(textOfBytes(reader.rest()));
        return;
      case 23:
        this.#execute(reader);
        return;
      case 25: {
        const { [String(reader.number(4))]: _, ...prepared } = this.state.prepared;
        this.#set({ prepared });
        return;
      }
      case 26:
        this.#say(okPacket({}));
        return;
      default:
        this.#say(errorPacket({ number: 1047, state: "08S01", message: "Unknown command" }));
    }
  }

  #answer(answer: Answered, hasMore: boolean): void {
    if (answer.error !== undefined) this.#say(errorPacket(answer.error));
    else if (answer.columns === undefined) this.#say(okPacket(answer, hasMore));
    else this.#say(...textResult(answer, answer.columns, hasMore));
  }

  #query(text: string): void {
    const all = splitStatements(text, "mysql").filter((one) => one.text.trim() !== "");
    if (all.length === 0) {
      this.#say(errorPacket({ number: 1065, state: "42000", message: "Query was empty" }));
      return;
    }
    const mayBeMany = (this.state.capabilities & CAPABILITY.multiStatements) !== 0;
    if (all.length > 1 && !mayBeMany) {
      this.#answer(this.#run(text), false);
      return;
    }
    for (const [n, { text: statement }] of all.entries()) {
      const answer = this.#run(statement);
      this.#answer(answer, n < all.length - 1);
      if (answer.error !== undefined) return;
    }
  }

  #prepare(sql: string): void {
    const { next, prepared } = this.state;
    const kept = Object.keys(prepared).length >= PREPARED_MAX ? {} : prepared;
    this.#set({ next: next + 1, prepared: { ...kept, [String(next)]: { sql, types: [] } } });
    this.#say(...preparedPackets(next, parameterCount(sql)));
  }

  #execute(reader: PacketReader): void {
    const id = String(reader.number(4));
    reader.bytes(5);
    const known = Object.hasOwn(this.state.prepared, id) ? this.state.prepared[id] : undefined;
    if (known === undefined) {
      const message = `Unknown prepared statement handler (${id}) given to mysqld_stmt_execute`;
      this.#say(errorPacket({ number: 1243, state: "HY000", message }));
      return;
    }
    const made = executed(known.sql, reader, known.types);
    if (typeof made === "string") {
      this.#say(errorPacket({ number: 1835, state: "HY000", message: made }));
      return;
    }
    this.#set({ prepared: { ...this.state.prepared, [id]: { sql: known.sql, types: made.types } } });
    const answer = this.#run(made.sql);
    if (answer.error === undefined && answer.columns !== undefined) this.#say(...binaryResult(answer, answer.columns));
    else this.#answer(answer, false);
  }
}
