/**
 * Calls to servers outside the kernel: "ask and rerun".
 *
 * Work inside the kernel is synchronous. What needs an answer from outside asks for it here: if the answer is at hand
 * it is given, else `NeedsAnswer` ends the work. Whoever began the work has the call performed and begins it again
 * with the answer at hand. Answers are found by what was asked, so a rerun that asks something else gets no wrong
 * answer.
 */
import type { Key } from "#kernel/apimachinery/meta";
import { LIMITS } from "#kernel/sim/limits";

/** An HTTP request to perform: always a POST of JSON. */
export interface OutsideRequest {
  readonly url: string;
  readonly body: string;
  readonly timeoutMs: number;
  /**
   * What the call is about, without what differs from try to try (uids, instants): the same text is the same
   * question.
   */
  readonly print: string;
}

/**
 * What came back, or why nothing did, as Go's client says it (`dial tcp 10.0.0.1:443: connect: connection refused`).
 */
export type OutsideReply = { readonly status: number; readonly body: string } | { readonly failure: string };

/** A server behind a Service of the cluster. */
export interface ServiceTarget extends Key {
  readonly port: number;
  readonly path: string;
}

/** Ends work that cannot go on without an answer from outside. */
export class NeedsAnswer extends Error {
  override name = "NeedsAnswer";

  constructor(readonly request: OutsideRequest) {
    super(`an answer is needed from ${request.url}`);
  }
}

/** The answers one piece of work has got so far. They last until the write that asked for them is done. */
export class Answers {
  readonly #replies = new Map<string, OutsideReply[]>();
  readonly #used = new Map<string, number>();
  readonly #told = new Map<string, number>();
  #asked = 0;

  /** The work begins, or begins again. */
  begin(): void {
    this.#used.clear();
  }

  /** An answer has come. */
  add({ print }: OutsideRequest, reply: OutsideReply): void {
    this.#asked += 1;
    const known = this.#replies.get(print);
    if (known === undefined) this.#replies.set(print, [reply]);
    else known.push(reply);
  }

  /** The answer to a question, each one once per run. @throws NeedsAnswer */
  take(request: OutsideRequest): OutsideReply {
    const used = this.#used.get(request.print) ?? 0;
    const reply = this.#replies.get(request.print)?.[used];
    if (reply !== undefined) {
      this.#used.set(request.print, used + 1);
      return reply;
    }
    if (this.#asked >= LIMITS.callsPerWork) return { failure: "too many calls for one request" };
    throw new NeedsAnswer(request);
  }

  /**
   * Whether a question has not been told to anybody yet: a controller that looks again must not have it asked twice.
   */
  isNew({ print }: OutsideRequest): boolean {
    const wanted = (this.#used.get(print) ?? 0) + 1;
    if ((this.#told.get(print) ?? 0) >= wanted) return false;
    this.#told.set(print, wanted);
    return true;
  }

  /** A write is done: what it was answered is not asked again by a rerun that goes on from here. */
  settle(): void {
    for (const [print, used] of this.#used) {
      const left = this.#replies.get(print)?.slice(used) ?? [];
      if (left.length === 0) this.#replies.delete(print);
      else this.#replies.set(print, left);
      this.#told.set(print, Math.max(0, (this.#told.get(print) ?? 0) - used));
    }
    this.#used.clear();
  }
}

/** The door to servers the kernel does not hold. */
export class Outside {
  /** Those of the work that is being done. */
  answers = new Answers();
  /** Whether what has been written stays if the work is begun again (a reconcile), or is taken back (a request). */
  isKept = false;

  constructor(
    /** A server behind a Service answers within the turn: the network is simulated. */
    readonly callService: (target: ServiceTarget, request: OutsideRequest) => OutsideReply,
  ) {}

  /** The answer of a server at a URL. @throws NeedsAnswer */
  ask(request: OutsideRequest): OutsideReply {
    return this.answers.take(request);
  }

  /** A write is done. */
  written(): void {
    if (this.isKept) this.answers.settle();
  }
}
