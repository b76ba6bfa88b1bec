/**
 * Images of lessons, as wholes: a server that answers with a text.
 */
import type { Visit } from "#kernel/runtime/images/server";
import type { Answer, Stock, StockProgram } from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** A server of a lesson. */
export interface Lesson {
  readonly repositories: readonly string[];
  readonly tags?: RegExp;
  readonly command: readonly string[];
  readonly ports: StockProgram["ports"];
  readonly isDeclared?: true;
  readonly says?: string;
  readonly answer: Answer;
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly logs?: StockProgram["logs"];
  readonly megabytes?: number;
  readonly mebibytes?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A line with the host name in it. */
export const hostLine =
  (before: string, after = "\n"): Answer =>
  (task, visit) => {
    const body = `${before}${task.record.hostname}${after}`;
    return {
      status: 200,
      headers: { "content-type": "text/plain", "content-length": String(body.length) },
      body: visit.method === "HEAD" ? "" : body,
    };
  };

/** The tag the container runs. */
export const tagOf = (task: Task): string => /:([\w.-]+)$/.exec(task.record.image)?.[1] ?? "latest";

/** A page. */
export const html =
  (make: (task: Task, visit: Visit) => string): Answer =>
  (task, visit) => ({
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: visit.method === "HEAD" ? "" : make(task, visit),
  });

/** The program lies where a shell would find it, so that another command line starts it too. */
export function lesson({
  repositories,
  tags,
  command,
  ports,
  isDeclared,
  says,
  answer,
  answers = {},
  logs,
  megabytes = 60,
  mebibytes = 25,
  env,
}: Lesson): Stock {
  const [first = ""] = command;
  const path = first.startsWith("/") ? first : `/usr/local/bin/${first}`;
  return {
    repositories,
    ...(tags === undefined ? {} : { tags }),
    megabytes,
    flavor: "gnu",
    config: {
      entrypoint: command,
      ports: ports.map((one) => (typeof one === "number" ? one : one.port)),
      ...(env === undefined ? {} : { env }),
    },
    files: { "/var/data/": { mode: 0o777 } },
    tools: ["+curl"],
    programs: [
      {
        path,
        ports,
        ...(isDeclared === undefined ? {} : { isDeclared }),
        takes: [mebibytes, 1, 2],
        isPrinting: true,
        isWhole: true,
        ...(says === undefined ? {} : { says: () => says }),
        answers,
        otherwise: answer,
        ...(logs === undefined ? {} : { logs }),
        endsWith: 143,
      },
    ],
  };
}
