/**
 * hello-app: greets with its version and host name on port 8080 (or $PORT).
 *
 * Models GoogleCloudPlatform/kubernetes-engine-samples quickstarts/hello-app.
 */
import { goDate, goSignal } from "#kernel/runtime/images/go";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";

function helloProgram(version: string): Program<{ readonly port: number }> {
  return {
    name: `hello-app ${version}`,
    step(task) {
      if (task.state === undefined) {
        const port = Number(task.env("PORT") ?? "8080");
        task.state = { port };
        task.complain(`${goDate(task.now)} Server listening on port ${port}\n`);
        if (!task.listen(port)) {
          task.complain(`${goDate(task.now)} listen tcp :${port}: bind: address already in use\n`);
          return 1;
        }
      }
      return {};
    },
    http(task, _port, request) {
      const path = request.path.split("?")[0] ?? "/";
      task.complain(`${goDate(task.now)} Serving request: ${path}\n`);
      const body = `Hello, world!\nVersion: ${version}\nHostname: ${task.record.hostname}\n`;
      return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body };
    },
    signal: goSignal,
  };
}

const one = helloProgram("1.0.0");
const two = helloProgram("2.0.0");

export const helloAppPrograms: readonly Program[] = [one as Program, two as Program];

export const helloApp: Image = {
  repositories: ["gcr.io/google-samples/hello-app", "us-docker.pkg.dev/google-samples/containers/gke/hello-app"],
  sizeBytes: () => 11_500_000,
  hasTag: (tag) => ["latest", "1.0", "2.0", "v1", "v2"].includes(tag),
  content: ({ tag }) => ({
    config: { cmd: ["./hello-app"], env: { PORT: "8080" }, ports: [8080] },
    flavor: "busybox",
    files: {},
    programs: { "/hello-app": (tag?.includes("2") === true ? two : one) as Program },
    use: { memoryBytes: 2 * 2 ** 20, requestCpuMs: 0.2 },
  }),
};
