/**
 * The WebSockets a container's programs hold, for messages nobody asked for.
 */
import { CONNECTIONS, type Connection, send } from "#kernel/runtime/connections";
import type { HeldSocket } from "#kernel/runtime/process/task";
import { isSocket, messageText } from "#kernel/runtime/sockets";
import type { World } from "#kernel/runtime/world";

/** The WebSockets of a container, the oldest first. */
export function socketsOf({ cells }: World, container: string): readonly HeldSocket[] {
  if (cells.count(CONNECTIONS) === 0) return [];
  const held: HeldSocket[] = [];
  for (const [id, { server }] of cells.entries<Connection>(CONNECTIONS)) {
    if (server.container !== container || server.isClosed === true || !isSocket(server.state)) continue;
    held.push({ id, path: server.state.socket.path, state: server.state.socket.own });
  }
  return held.sort((a, b) => Number(a.id) - Number(b.id));
}

/** Sends a message nobody asked for. */
export function sendToSocket(world: World, { id }: HeldSocket, text: string): void {
  send(world, id, "server", messageText(text, false));
}
