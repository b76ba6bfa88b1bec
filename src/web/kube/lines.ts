/**
 * Lines of a stream, as they come; blank ones are heartbeats and are left out.
 */

/** The lines of a body of UTF-8. A last line without an end is lost: it was cut. */
export async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield line;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
