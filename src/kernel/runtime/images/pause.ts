/**
 * registry.k8s.io/pause: holds a pod's namespaces and does nothing.
 *
 * Models build/pause.
 */
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";

export const pauseProgram: Program = {
  name: "pause",
  use: { memoryBytes: 450_560 },
  step: () => ({}),
  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGINT") return false;
    task.complain(`Shutting down, got signal: ${signal === "SIGTERM" ? "Terminated" : "Interrupt"}\n`);
    task.exit(0);
    return true;
  },
};

export const pause: Image = {
  repositories: [
    "registry.k8s.io/pause",
    "k8s.gcr.io/pause",
    "gcr.io/google_containers/pause",
    "gcr.io/google-containers/pause",
    "gcr.io/google_containers/pause-amd64",
  ],
  sizeBytes: () => 320_368,
  hasTag: (tag) => /^(latest|go|test.*|0\.8\.0|[123]\.\d+(\.\d+)?)$/.test(tag),
  content: () => ({
    config: { entrypoint: ["/pause"], user: 65_535 },
    flavor: "none",
    files: {},
    programs: { "/pause": pauseProgram },
  }),
};
