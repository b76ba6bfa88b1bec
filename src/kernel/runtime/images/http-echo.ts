/**
 * http-echo: answers every request with the text it was started with.
 *
 * Models github.com/hashicorp/http-echo.
 */
import { goDate, goSignal } from "#kernel/runtime/images/go";
import { respond } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";

interface State {
  readonly text: string;
  readonly status: number;
}

/** The value of a Go flag: `-name=value`, `-name value`, with one dash or two. */
export function goFlag(argv: readonly string[], name: string): string | undefined {
  for (const [n, arg] of argv.entries()) {
    const match = /^--?([\w.-]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === name) return match[2] ?? argv[n + 1];
  }
  return undefined;
}

export const httpEcho: Program<State> = {
  name: "http-echo",

  step(task) {
    if (task.state !== undefined) return {};
    const text = goFlag(task.argv, "text") ?? task.env("ECHO_TEXT");
    const address = goFlag(task.argv, "listen") ?? ":5678";
    if (text === undefined || text === "") {
      task.complain("Missing -text option!\n");
      return 127;
    }
    task.state = { text, status: Number(goFlag(task.argv, "status-code") ?? "200") };
    if (!task.listen(Number(/(\d+)$/.exec(address)?.[1] ?? "5678"))) return 1;
    task.complain(`${goDate(task.now)} [INFO] server is listening on ${address}\n`);
    return {};
  },

  http(task, port, request) {
    const { text, status } = task.state ?? { text: "", status: 200 };
    const body = `${text}\n`;
    task.complain(
      `${goDate(task.now)} ${request.headers["host"] ?? `:${port}`} ${request.remoteAddress ?? "127.0.0.1"}:40000 ` +
        `"${request.method} ${request.path} HTTP/1.1" ${status} ${body.length} "${request.headers["user-agent"] ?? ""}" 12.3µs\n`,
    );
    return respond(request.method, status, body, {
      "x-app-name": "http-echo",
      "x-app-version": "1.0.0",
      date: new Date(task.now).toUTCString(),
      "content-type": "text/plain; charset=utf-8",
    });
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGINT") return goSignal(task, signal);
    task.complain(`${goDate(task.now)} [INFO] server is shutting down...\n`);
    task.exit(0);
    return true;
  },
};

export const httpEchoImage: Image = {
  repositories: ["docker.io/hashicorp/http-echo"],
  sizeBytes: () => 3_300_000,
  hasTag: (tag) => /^(latest|alpine|v?0\.2\.[0-9]|v?1\.0(\.\d+)?)$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/http-echo"], user: 65_532, ports: [5678] },
    flavor: "none",
    files: {},
    programs: { "/http-echo": httpEcho as Program },
    use: { memoryBytes: 3 * 2 ** 20, requestCpuMs: 0.2 },
  }),
};
