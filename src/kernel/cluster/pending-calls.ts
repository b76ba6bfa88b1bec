/**
 * The calls controllers wait for: each begins its reconcile again once its answer has come.
 *
 * None of it is saved. It is no loss if it is lost: a controller that looks at its key again asks again.
 */
import { type Key, keyText } from "#kernel/apimachinery/meta";
import { Answers, type OutsideReply, type OutsideRequest } from "#kernel/registry/outside";

/** A call that somebody in the cluster waits for. */
export interface Call {
  readonly request: OutsideRequest;
  readonly controller: string;
  readonly key: Key;
}

const idOf = (controller: string, key: Key): string => `${controller} ${keyText(key)}`;

export class PendingCalls {
  readonly #calls: Call[] = [];
  readonly #answers = new Map<string, Answers>();
  /** For the many that ask nothing. */
  #none = new Answers();

  /** What a controller has been answered about a key so far. */
  answersFor(controller: string, key: Key): Answers {
    return (this.#answers.size === 0 ? undefined : this.#answers.get(idOf(controller, key))) ?? this.#none;
  }

  /** A controller cannot go on without an answer; a call that is under way is not made twice. */
  wait(call: Call, answers: Answers): void {
    this.#answers.set(idOf(call.controller, call.key), answers);
    if (answers === this.#none) this.#none = new Answers();
    if (answers.isNew(call.request)) this.#calls.push(call);
  }

  /** A controller is done with a key, or has failed. */
  forget(controller: string, key: Key): void {
    if (this.#answers.size > 0) this.#answers.delete(idOf(controller, key));
  }

  /** The calls that have come since the last time somebody asked. */
  take(): readonly Call[] {
    return this.#calls.splice(0);
  }

  answer({ request, controller, key }: Call, reply: OutsideReply): void {
    this.#answers.get(idOf(controller, key))?.add(request, reply);
  }
}
