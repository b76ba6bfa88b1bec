/**
 * `agnhost port-forward-tester`: takes one connection, reads what is expected of it, answers in chunks, and ends.
 *
 * Models test/images/agnhost/port-forward-tester.
 */
import { goSignal } from "#kernel/runtime/images/go";
import type { Program, Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";
import { LIMITS } from "#kernel/sim/limits";

interface ForwardState {
  /** The connection; absent until there is one. */
  readonly fd?: number;
  readonly hasRead?: boolean;
  readonly sent?: number;
  readonly until?: Instant;
  readonly isShut?: boolean;
}

/** How long the client may take to see the end. */
const LINGER_MS = 500;

/** Where it lies in the image: a program of its own, since it speaks no HTTP. */
export const FORWARD_TESTER = "/agnhost-port-forward-tester";

export const forwardTester: Program<ForwardState> = { name: "port-forward-tester", step, signal: goSignal };

function step(task: Task<ForwardState>): Step {
  const port = Number(task.env("BIND_PORT") ?? "");
  if (task.state === undefined) {
    if (!task.listen(port)) {
      task.print(`Error listening: listen tcp :${port}: bind: address already in use\n`);
      return 1;
    }
    task.state = {};
  }
  let { fd } = task.state;
  if (fd === undefined) {
    fd = task.accept(port);
    if (fd === undefined) return { accept: port };
    task.print("Accepted client connection\n");
    task.state = { ...task.state, fd };
  }
  return readExpected(task, fd) ?? sendChunks(task, fd);
}

function readExpected(task: Task<ForwardState>, fd: number): Step {
  const expected = task.env("EXPECTED_CLIENT_DATA") ?? "";
  if (expected === "" || task.state?.hasRead === true) return undefined;
  const got = task.readBytes(fd, expected.length);
  if (got === undefined) return { read: fd };
  if (got.length !== expected.length) {
    const why = got === "" ? "EOF" : "<nil>";
    task.print(`Expected to read ${expected.length} bytes from client, but got ${got.length} instead. err=${why}\n`);
    return 2;
  }
  if (got !== expected) {
    task.print(`Expect to read ${JSON.stringify(expected)}, but got ${JSON.stringify(got)}. err=<nil>\n`);
    return 3;
  }
  task.print("Received expected client data\n");
  task.state = { fd, hasRead: true };
  return undefined;
}

function sendChunks(task: Task<ForwardState>, fd: number): Step {
  const [chunks, size, interval] = ["CHUNKS", "CHUNK_SIZE", "CHUNK_INTERVAL"].map((name) => {
    const text = task.env(name) ?? "";
    if (/^\d{1,7}$/.test(text)) return Number(text);
    task.print(
      `Error parsing ${name} ${JSON.stringify(text)}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax\n`,
    );
    return undefined;
  });
  if (chunks === undefined || size === undefined || interval === undefined || size > LIMITS.requestBytes) return 1;
  for (;;) {
    const { sent = 0, until = task.now, isShut = false } = task.state ?? {};
    if (until > task.now) return { until };
    if (isShut) break;
    if (sent === chunks) {
      task.print("Shutting down connection\n");
      task.shutdown(fd);
      task.state = { fd, hasRead: true, sent, isShut: true, until: task.now + LINGER_MS };
      continue;
    }
    if (task.isFull(fd)) return { write: fd };
    if (!task.write(fd, "x".repeat(size))) return 4;
    const pause = sent + 1 < chunks ? interval : 0;
    task.state = { fd, hasRead: true, sent: sent + 1, until: task.now + pause };
    if (!task.spend()) return undefined;
  }
  task.close(fd);
  task.print("Done\n");
  return 0;
}
