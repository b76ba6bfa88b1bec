/**
 * Keepers: servers that keep values by key, and the question their tools ask them.
 */
import { endsWell } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

type Store = Readonly<Record<string, string>>;

/** What a keeper is. */
export interface Kind {
  readonly name: string;
  readonly ports: (task: Task) => readonly number[];
  readonly file: (task: Task) => string;
  readonly banner: (task: Task) => string;
  readonly memoryBytes: number;
}

const KEYS_MAX = 5_000;

/** What a keeper is asked. */
export interface Asked {
  readonly verb: "get" | "put" | "delete" | "list";
  readonly key: string;
  readonly value?: string;
}

/** A server that keeps values by key in a file. */
export function keeper({ name, ports, file, banner, memoryBytes }: Kind): Program<{ readonly isUp: true }> {
  const storeOf = (task: Task): Store => {
    const text = task.files.read(file(task));
    return typeof text === "number" ? {} : (JSON.parse(text) as Store);
  };
  return {
    name,
    use: { memoryBytes, cpuMillis: 8, requestCpuMs: 1 },
    step(task) {
      if (task.state === undefined) {
        task.state = { isUp: true };
        const directory = file(task).replace(/\/[^/]*$/, "");
        let at = "";
        for (const part of directory.split("/").slice(1)) {
          at = `${at}/${part}`;
          if (!task.files.exists(at)) task.files.makeDirectory(at);
        }
        task.print(banner(task));
        for (const port of ports(task)) if (!task.listen(port)) return 1;
      }
      return {};
    },
    http(task, _port, request) {
      if (request.method !== "KEEP") {
        const isHealth = /^\/(health|readyz|livez)/.test(request.path);
        return {
          status: isHealth ? 200 : 404,
          headers: {},
          body: isHealth ? '{"health":"true","reason":""}' : "404 page not found\n",
        };
      }
      const { verb, key, value = "" } = JSON.parse(request.body) as Asked;
      const store = storeOf(task);
      if (verb === "put" && (Object.keys(store).length < KEYS_MAX || store[key] !== undefined))
        task.files.write(file(task), JSON.stringify({ ...store, [key]: value }));
      if (verb === "delete") {
        const { [key]: _, ...rest } = store;
        task.files.write(file(task), JSON.stringify(rest));
      }
      return {
        status: 200,
        headers: {},
        body: JSON.stringify(verb === "list" ? store : { value: store[key] ?? null }),
      };
    },
    tcp: (_task, { text }) => ({ text: text.startsWith("ruok") ? "imok" : "", isOver: true }),
    signal: (task, signal) => endsWell(task, signal),
  };
}

/** Asks a keeper: the first of several that answers, so that all see the same. */
export function ask(
  task: Task,
  hosts: readonly string[],
  port: number,
  asked: Asked,
): Record<string, string | null> | undefined {
  for (const host of hosts) {
    const answer = task.request(
      { host, port },
      { method: "KEEP", path: "/", headers: {}, body: JSON.stringify(asked) },
    );
    if (typeof answer === "object" && answer.body.startsWith("{"))
      return JSON.parse(answer.body) as Record<string, string | null>;
  }
  return undefined;
}
