/**
 * `/c/ID/watch?path=...&path=...`: several watches of a cluster as one stream of lines `[n,event]`, `n` being the place
 * of the path in the query. A browser holds six connections to a server, and a page follows more kinds than that.
 */
import type { Context } from "hono";
import type { WorkerEnv } from "#worker/env";
import { streamHeaders } from "#worker/http/held-stream";
import { kubernetesRoute } from "#worker/http/kubernetes";

const WATCHES_MAX = 40;

/** Answers with the stream. It ends when one of the watches does: the page opens it again from where each stands. */
export async function holdWatches(c: Context<WorkerEnv>): Promise<Response> {
  const paths = c.req.queries("path") ?? [];
  const isWatch = (path: string): boolean => path.startsWith("/") && /[?&]watch=1(&|$)/.test(path);
  if (paths.length > WATCHES_MAX || !paths.every(isWatch)) return c.text("each path must be that of a watch\n", 400);
  const id = c.req.param("cluster") ?? "";
  const answers = await Promise.all(
    paths.map((path) => {
      const { headers, signal } = c.req.raw;
      const request = new Request(new URL(`/k/${id}${path}`, c.req.url), { headers, signal });
      return kubernetesRoute.fetch(request, c.env, c.executionCtx);
    }),
  );
  const refused = answers.find(({ status }) => status === 401);
  if (refused !== undefined) {
    for (const { body } of answers) if (body !== refused.body) void body?.cancel();
    return refused;
  }
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const merged = new MergedLines(writable.getWriter());
  for (const [index, answer] of answers.entries()) void merged.add(index, answer);
  return new Response(readable, { headers: streamHeaders("application/x-ndjson") });
}

/** Many bodies of lines, told apart by number, in one. */
class MergedLines {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  readonly #encoder = new TextEncoder();
  #isOver = false;

  constructor(writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.#writer = writer;
    const gone = (): void => this.#end();
    writer.closed.then(gone, gone);
  }

  async add(index: number, answer: Response): Promise<void> {
    if (!answer.ok || answer.body === null) {
      // A kind that cannot be watched (any more) must not take the others with it.
      this.#write(`[${index},{"type":"ERROR","object":${await answer.text()}}]\n`);
      return;
    }
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    this.#readers.push(reader);
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        const lines = (rest + decoder.decode(chunk.value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        if (lines.length > 0) this.#write(lines.map((line) => (line === "" ? "\n" : `[${index},${line}]\n`)).join(""));
      }
    } catch {
      // The cluster's side broke: the page comes again from where it stands.
    }
    this.#end();
  }

  #write(text: string): void {
    this.#writer.write(this.#encoder.encode(text)).catch(() => this.#end());
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const reader of this.#readers) reader.cancel().catch(() => {});
    this.#writer.close().catch(() => {});
  }
}
