/**
 * hpa-example: the page of the autoscaling walkthrough that computes a million square roots for every visitor.
 *
 * Models registry.k8s.io/hpa-example, PHP behind Apache.
 */
import { httpDate, logDate, parseTarget, respond } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import type { Program } from "#kernel/runtime/process/program";

/** What one page costs: a client that asks without a break keeps seven tenths of a core busy. */
const PAGE_CPU_MS = 7;

const phpApache: Program<{ readonly isReady: true }> = {
  name: "php-apache",
  use: { memoryBytes: 9 * 2 ** 20, cpuMillis: 1, requestCpuMs: 0.2 },

  step(task) {
    if (task.state !== undefined) return {};
    task.state = { isReady: true };
    const { podIP } = task.record;
    const text =
      `AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using ${podIP}. ` +
      "Set the 'ServerName' directive globally to suppress this message\n";
    task.complain(text + text);
    return task.listen(80) ? {} : 1;
  },

  http(task, _port, request) {
    const { path } = parseTarget(request.path);
    const isPage = path === "/" || path === "/index.php";
    if (isPage) task.work(PAGE_CPU_MS);
    const [status, body] = isPage ? [200, "OK!"] : [404, "<h1>Not Found</h1>\n"];
    const agent = request.headers["user-agent"] ?? "-";
    task.print(
      `${request.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${request.method} ${request.path} HTTP/1.1" ` +
        `${status} ${body.length} "-" "${agent}"\n`,
    );
    return respond(request.method, status, body, {
      date: httpDate(task.now),
      server: "Apache/2.4.10 (Debian)",
      "x-powered-by": "PHP/5.6.14",
      "content-type": "text/html; charset=UTF-8",
    });
  },

  signal(task, signal) {
    if (signal !== "SIGTERM" && signal !== "SIGWINCH") return false;
    task.exit(0);
    return true;
  },
};

export const hpaExampleImage: Image = {
  repositories: ["registry.k8s.io/hpa-example", "k8s.gcr.io/hpa-example", "gcr.io/google_containers/hpa-example"],
  sizeBytes: () => 203_000_000,
  hasTag: (tag) => tag === "latest",
  content: () => ({
    config: { cmd: ["apache2-foreground"], workingDir: "/var/www/html", ports: [80] },
    flavor: "gnu",
    files: {
      "/var/www/html/index.php":
        '<?php\n  $x = 0.0001;\n  for ($i = 0; $i <= 1000000; $i++) {\n    $x += sqrt($x);\n  }\n  echo "OK!";\n?>\n',
    },
    programs: { "/usr/local/bin/apache2-foreground": phpApache as Program },
  }),
};

export const hpaExamplePrograms: readonly Program[] = [phpApache as Program];
