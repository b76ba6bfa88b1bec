/**
 * A live table: a kind's rows as the server prints them, listed once and kept by a watch.
 */
import type { Cell, Table, TableColumnDefinition, TableRow } from "#kernel/apimachinery/table";
import { type ClusterClient, Refusal, wordsOf } from "./client.ts";
import { type Kind, pathOf } from "./discovery.ts";
import type { Feed, Follower, WatchEvent } from "./feed.ts";

/** One row, with what its object's metadata tell. */
export type Row = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly created: string;
  readonly isLeaving: boolean;
  readonly cells: readonly Cell[];
};

type Metadata = {
  readonly uid?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly resourceVersion?: string;
};

/** Events come in bursts: they are shown together. */
const GATHER_MS = 40;
const RETRY_MS = 3_000;

/** The rows of one kind in one namespace, or in all. */
export class LiveTable implements Follower {
  readonly kind: Kind;
  readonly namespace: string;
  columns = $state.raw<readonly TableColumnDefinition[]>([]);
  rows = $state.raw<readonly Row[]>([]);
  isListed = $state(false);
  trouble = $state("");

  readonly #client: ClusterClient;
  readonly #feed: Feed;
  readonly #byUid = new Map<string, Row>();
  #resourceVersion: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(client: ClusterClient, feed: Feed, kind: Kind, namespace: string) {
    this.#client = client;
    this.#feed = feed;
    this.kind = kind;
    this.namespace = namespace;
    void this.#list();
  }

  /** Ends its watch. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#feed.leave(this);
  }

  watchPath(): string | undefined {
    if (this.#resourceVersion === undefined) return undefined;
    const query = new URLSearchParams({
      watch: "1",
      allowWatchBookmarks: "true",
      includeObject: "Metadata",
      resourceVersion: this.#resourceVersion,
    });
    return `${pathOf(this.kind, this.namespace)}?${query}`;
  }

  take({ type, object }: WatchEvent): void {
    if (type === "ERROR") {
      this.#begin(object as { code?: number; message?: string });
      return;
    }
    const table = object as Partial<Table> & { metadata?: Metadata };
    const { resourceVersion } = table.metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== "") this.#resourceVersion = resourceVersion;
    if (type === "BOOKMARK") return;
    if (table.columnDefinitions) this.columns = table.columnDefinitions;
    for (const row of table.rows ?? []) {
      const shown = rowOf(row);
      if (type === "DELETED") this.#byUid.delete(shown.uid);
      else this.#byUid.set(shown.uid, shown);
    }
    this.#timer ??= setTimeout(() => this.#show(), GATHER_MS);
  }

  /** The watch cannot go on from where it stood (410), or not at all: begin with a list. */
  #begin({ code, message = "" }: { code?: number; message?: string }): void {
    this.#resourceVersion = undefined;
    if (code === 410) void this.#list();
    else this.#retry(message);
  }

  async #list(): Promise<void> {
    try {
      const table = await this.#client.table<Table>(`${pathOf(this.kind, this.namespace)}?includeObject=Metadata`);
      if (this.#isOver) return;
      this.#byUid.clear();
      for (const row of table.rows.map(rowOf)) this.#byUid.set(row.uid, row);
      this.columns = table.columnDefinitions ?? [];
      this.#resourceVersion = table.metadata.resourceVersion;
      this.trouble = "";
      this.isListed = true;
      this.#show();
      this.#feed.follow(this);
    } catch (error) {
      const isFinal = error instanceof Refusal && (error.status === 401 || error.status === 403);
      if (isFinal) this.trouble = wordsOf(error);
      else this.#retry(wordsOf(error));
    }
  }

  #retry(message: string): void {
    this.trouble = message;
    if (!this.#isOver) setTimeout(() => this.#isOver || void this.#list(), RETRY_MS);
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.rows = [...this.#byUid.values()].sort((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name));
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function rowOf({ cells, object }: TableRow): Row {
  const { metadata = {} } = (object ?? {}) as { metadata?: Metadata };
  const { name = String(cells[0] ?? ""), namespace = "", creationTimestamp = "" } = metadata;
  return {
    uid: metadata.uid ?? `${namespace}/${name}`,
    namespace,
    name,
    created: creationTimestamp,
    isLeaving: metadata.deletionTimestamp !== undefined,
    cells,
  };
}
