/**
 * The image behind every well-formed name nobody described: a long-running server that says what it is.
 */
import type { Image } from "#kernel/runtime/images/image";
import type { Program, Use } from "#kernel/runtime/process/program";
import { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";

interface State {
  readonly since: Instant;
}

/** How long what is there to end takes. */
const TASK_MS = 3_000;

/**
 * Runs until it is told to stop, listens on the container's declared ports and answers a plain page; what is there to
 * do something and end does so.
 */
export const simulated: Program<State> = {
  name: "simulated",

  step(task) {
    if (task.state === undefined) {
      task.state = { since: task.now };
      const { image, command, args } = task.record;
      const given = [...(command ?? []), ...(args ?? [])].join(" ");
      task.print(`Simulated container: Drydock does not know what is inside the image "${image}".\n`);
      if (given !== "") task.print(`It stands in for the command: ${given}\n`);
      if (task.record.isTask === true) {
        task.print(`It is there to end: it does so with code 0 after ${TASK_MS / 1_000} s.\n`);
        return { until: task.now + TASK_MS };
      }
      for (const port of portsOf(task.record.ports)) {
        if (task.listen(port))
          task.print(`Listening on port ${port}, answering every HTTP request with a plain page.\n`);
      }
      task.print("Running until it is told to stop.\n");
    }
    const endsAt = task.state.since + TASK_MS;
    if (task.record.isTask !== true) return {};
    return endsAt > task.now ? { until: endsAt } : 0;
  },

  http(task, port, request) {
    const { image, hostname } = task.record;
    task.print(`${request.method} ${request.path} 200\n`);
    const body = `Simulated answer of ${image}\nPod: ${hostname}\nPort: ${port}\nRequest: ${request.method} ${request.path}\n`;
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body };
  },

  signal(task, signal) {
    if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
    task.print(`Received ${signal}, stopping.\n`);
    task.exit(0);
    return true;
  },
};

/** The ports the pod declares. */
const portsOf = (ports: readonly { readonly containerPort: number; readonly protocol: string }[]): number[] =>
  ports.filter(({ protocol }) => protocol === "TCP").map(({ containerPort }) => containerPort);

export const defaultImagePrograms: readonly Program[] = [simulated as Program];

/** A small server, as most are. */
const USUAL: Use = { memoryBytes: 16 * 2 ** 20, cpuMillis: 1, requestCpuMs: 2 };

export const defaultImage: Image = {
  repositories: [],
  sizeBytes: ({ repository }) => 20_000_000 + Math.floor(Entropy.seeded(repository).fraction() * 130_000_000),
  hasTag: () => true,
  content: () => ({
    config: { cmd: ["/simulated"] },
    flavor: "busybox",
    files: {},
    programs: { "/simulated": simulated as Program },
    tools: ["+bash", "+curl", "-apk"],
    isAnything: true,
    use: USUAL,
  }),
};
