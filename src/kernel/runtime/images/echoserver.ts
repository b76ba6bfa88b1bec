/**
 * echoserver: tells what it heard of a request: host, headers, body.
 *
 * Models registry.k8s.io/echoserver 1.4 to 1.10.
 */
import { logDate, parseTarget, respond } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";

export const echoserver: Program<{ readonly isUp: true }> = {
  name: "echoserver",

  step(task) {
    if (task.state === undefined) {
      task.state = { isUp: true };
      if (!task.listen(8080)) return 1;
    }
    return {};
  },

  http(task, port, request) {
    const { headers, method, path, body } = request;
    const client = request.remoteAddress ?? "127.0.0.1";
    const { query } = parseTarget(path);
    const host = headers["host"] ?? "";
    const pairs = Object.keys(headers)
      .sort()
      .map((name) => `\t${name}=${headers[name]}\n`);
    const text =
      `\n\nHostname: ${task.record.hostname}\n\nPod Information:\n\t-no pod information available-\n\n` +
      `Server values:\n\tserver_version=nginx: 1.13.3 - lua: 10008\n\n` +
      `Request Information:\n\tclient_address=${client}\n\tmethod=${method}\n\treal path=${path}\n` +
      `\tquery=${Object.keys(query).length === 0 ? "" : path.slice(path.indexOf("?") + 1)}\n\trequest_version=1.1\n` +
      `\trequest_scheme=http\n\trequest_uri=http://${host.replace(/:\d+$/, "")}:${port}${path}\n\n` +
      `Request Headers:\n${pairs.join("")}\nRequest Body:\n${body === "" ? "\t-no body in request-" : body}\n\n`;
    const answer = respond(method, 200, text, {
      "content-type": "text/plain",
      server: "echoserver",
      connection: "keep-alive",
    });
    task.print(
      `${client} - - [${logDate(task.now)}] "${method} ${path} HTTP/1.1" 200 ${text.length} "-" "${headers["user-agent"] ?? "-"}"\n`,
    );
    return answer;
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGQUIT") return false;
    task.exit(0);
    return true;
  },
};

export const echoserverImage: Image = {
  repositories: [
    "registry.k8s.io/echoserver",
    "k8s.gcr.io/echoserver",
    "gcr.io/google_containers/echoserver",
    "gcr.io/google-containers/echoserver",
    "gcr.io/k8s-minikube/echoserver",
    "kicbase/echo-server",
    "docker.io/kicbase/echo-server",
  ],
  sizeBytes: () => 44_000_000,
  hasTag: (tag) => /^(latest|1\.([0-9]|10)|v1\.\d+)$/.test(tag),
  content: () => ({
    config: { cmd: ["/usr/local/bin/run.sh"], ports: [8080] },
    flavor: "gnu",
    files: {},
    programs: { "/usr/local/bin/run.sh": echoserver as Program },
    use: { memoryBytes: 4 * 2 ** 20, requestCpuMs: 0.3 },
  }),
};
