/**
 * All sockets on which clients talk with containers: sessions of exec and attach, and forwarded ports.
 */
import type { Cluster } from "#kernel/cluster/cluster";
import { Pipes } from "#worker/cluster/pipes";
import { Sessions } from "#worker/cluster/sessions";

export class Talk {
  readonly sessions: Sessions;
  readonly pipes: Pipes;

  constructor(ctx: DurableObjectState) {
    this.sessions = new Sessions(ctx);
    this.pipes = new Pipes(ctx);
  }

  get count(): number {
    return this.sessions.count + this.pipes.count;
  }

  /** Whether a socket is one of ours. */
  owns(socket: WebSocket): boolean {
    return this.sessions.owns(socket) || this.pipes.owns(socket);
  }

  /** Takes a message: what brings it into a turn, or undefined if another message's turn will. */
  async hear(socket: WebSocket, message: ArrayBuffer | string): Promise<((cluster: Cluster) => void) | undefined> {
    if (this.pipes.owns(socket)) return (cluster) => this.pipes.feed(cluster, socket, message);
    if (!this.sessions.owns(socket) || !(await this.sessions.gather(socket, message))) return undefined;
    return (cluster) => this.sessions.feed(cluster, socket);
  }

  /** The client went away, as part of a turn. */
  close(cluster: Cluster, socket: WebSocket): void {
    if (this.pipes.owns(socket)) this.pipes.close(cluster, socket);
    else this.sessions.close(cluster, socket);
  }

  /** Whether somebody has something to hear. */
  hasNews(cluster: Cluster): boolean {
    return this.sessions.hasNews(cluster) || this.pipes.hasNews(cluster);
  }

  /** Takes what there is to be heard, as part of a turn. */
  take(cluster: Cluster): void {
    this.sessions.take(cluster);
    this.pipes.take(cluster);
  }

  /** Sends what the turn that has been saved has said. */
  send(): void {
    this.sessions.send();
    this.pipes.send();
  }

  /** Drops what the turn has said that will not be saved. */
  drop(): void {
    this.sessions.drop();
    this.pipes.drop();
  }

  /** Ends everything: the cluster is gone. */
  closeAll(): void {
    this.sessions.closeAll();
    this.pipes.closeAll();
  }
}
