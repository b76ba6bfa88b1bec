/**
 * Requests for another protocol (WebSocket): one is written to a connection that lasts, and the answer read from it.
 */
import { closeEnd, received, send, takeReceived } from "#kernel/runtime/connections";
import { requestText, takeAnswer } from "#kernel/runtime/http1";
import { goFailure } from "#kernel/runtime/images/go";
import type { Address, HttpRequest, NetFailure, Upgraded, World } from "#kernel/runtime/world";

/** Asks on a fresh connection; it stays open if the answer is 101. */
export function handshake(world: World, connection: string, request: HttpRequest): Upgraded | NetFailure {
  send(world, connection, "client", requestText(request));
  const text = received(world.cells, connection, "client");
  const found = text === undefined ? undefined : takeAnswer(text);
  if (found === undefined) {
    closeEnd(world, connection, "client");
    return text === undefined ? "timeout" : "reset";
  }
  takeReceived(world.cells, connection, "client", found.taken);
  if (found.answer.status === 101) return { answer: found.answer, connection };
  closeEnd(world, connection, "client");
  return { answer: found.answer };
}

/** What became of a request from outside: an answer, with 101 an open connection, or why there is none. */
export type OutsideUpgrade = Upgraded | { readonly reason: string };

/** Asks from outside for another protocol; `holder` is `holder/name` of whoever fetches what comes. */
export function outsideUpgrade(world: World, target: Address, request: HttpRequest, holder: string): OutsideUpgrade {
  const { host, port } = target;
  const headers = { ...request.headers, host: port === 80 ? host : `${host}:${port}` };
  const upgraded = world.net.upgrade({ kind: "outside" }, target, { ...request, headers }, { holder });
  return typeof upgraded === "string" ? { reason: goFailure(upgraded, host, port) } : upgraded;
}
