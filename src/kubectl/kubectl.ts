/**
 * kubectl over HTTP: a line in, what it would print out. Whoever runs it waits for each answer.
 */
import { KubectlError } from "#kernel/kubectl/error";
import { commandIn, kubectl } from "#kernel/kubectl/kubectl";
import type { ApiResponse } from "#kernel/kubectl/server";
import { splitLine } from "#kubectl/words";

export { KubectlError, UnsupportedError } from "#kernel/kubectl/error";

/** How requests are sent: the path below the server's root, and what goes with it. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Where kubectl stands: how it reaches the server, what is on its standard input, what time it is. */
export interface Surroundings {
  readonly fetch: Fetch;
  /** Used by `-f -` where the line has no here-document. */
  readonly stdin?: string | undefined;
  /** RFC 3339. */
  readonly now: string;
}

/**
 * Runs a line such as `kubectl scale deploy/web --replicas=3`. What would wait for something tells how far it is.
 * @throws KubectlError, in kubectl's words
 */
export async function runKubectl(line: string, { fetch, stdin, now }: Surroundings): Promise<string> {
  const { words, heredoc } = wordsOf(line);
  const work = kubectl(words, { stdin: heredoc ?? stdin, now, since: Date.parse(now) });
  for (let step = work.next(); ; ) {
    if (step.done === true) {
      const { out, err = "", exitCode = 0 } = step.value;
      if (exitCode !== 0 || (out === "" && err !== "")) {
        if (exitCode !== 0) throw new KubectlError(`${out}${err}`.trimEnd());
        return err.trimEnd();
      }
      return out.replace(/\n$/, "");
    }
    const { path, ...request } = step.value;
    step = await answered(work, fetch(path, request));
  }
}

type Work = ReturnType<typeof kubectl>;

async function answered(work: Work, sent: Promise<Response>): Promise<ReturnType<Work["next"]>> {
  const response = await sent;
  const answer: ApiResponse = { status: response.status, body: await response.text() };
  return work.next(answer);
}

/** The words of a line after `kubectl`, and its here-document. @throws KubectlError */
export function wordsOf(line: string): { readonly words: readonly string[]; readonly heredoc: string | undefined } {
  const { words, stdin } = splitLine(line);
  const own = words[0] === "kubectl" ? words.slice(1) : [...words];
  commandIn(own);
  return { words: own, heredoc: stdin };
}
