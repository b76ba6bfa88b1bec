/**
 * gb-frontend: the guestbook's web page, whose entries are kept in Redis.
 *
 * Models the php-redis tier of github.com/GoogleCloudPlatform/kubernetes-engine-samples quickstarts/guestbook.
 * Leaves out the style of the page: the form and its two calls are what a lesson looks at.
 */
import { logDate, parseQuery, respond } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import { commandRequest, decodeReplies, type Reply } from "#kernel/runtime/images/redis/resp";
import { hasTag } from "#kernel/runtime/images/tags";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

const PAGE = `<!DOCTYPE html>
<html>
  <head><title>Guestbook</title></head>
  <body>
    <h2>Guestbook</h2>
    <form action="guestbook.php"><input type="hidden" name="cmd" value="set"><input name="value" placeholder="Messages">
    <button type="submit">Submit</button></form>
    <p><a href="guestbook.php?cmd=get&amp;key=guestbook">guestbook.php?cmd=get</a></p>
  </body>
</html>
`;

/** What the hosts of Redis are called in the releases of the sample, the newest first. */
const HOSTS = {
  leader: ["redis-leader", "redis-master"],
  follower: ["redis-follower", "redis-replica", "redis-slave"],
};

/** The host of Redis: as the environment says, or by the first name that the cluster knows. */
function hostOf(task: Task, role: "leader" | "follower"): string {
  const names = HOSTS[role];
  const variables = names.map((name) => task.env(`${name.toUpperCase().replace("-", "_")}_SERVICE_HOST`));
  const given = task.env("GET_HOSTS_FROM") === "env" ? variables.find((host) => host !== undefined) : undefined;
  return given ?? names.find((name) => task.resolve(name).length > 0) ?? names[0] ?? "";
}

function ask(task: Task, host: string, argv: readonly string[]): Reply | undefined {
  const answer = task.request({ host, port: 6_379 }, commandRequest([argv]));
  return typeof answer === "string" ? undefined : decodeReplies(answer.body)[0];
}

function answer(task: Task, request: HttpRequest): HttpResponse {
  const [path = "/", query = ""] = request.path.split("?");
  const html = { "content-type": "text/html; charset=UTF-8" };
  if (path === "/" || path === "/index.html") return respond(request.method, 200, PAGE, html);
  if (path !== "/guestbook.php") return respond(request.method, 404, "Not Found\n", html);
  const { cmd, key = "guestbook", value = "" } = parseQuery(query);
  const isSetting = cmd === "set";
  const host = hostOf(task, isSetting ? "leader" : "follower");
  const reply = ask(task, host, isSetting ? ["SET", key, value] : ["GET", key]);
  if (reply === undefined || reply.k === "error") {
    const why = reply === undefined ? `Connection refused [tcp://${host}:6379]` : reply.text;
    task.complain(`PHP Fatal error:  Uncaught exception 'Predis\\Connection\\ConnectionException': ${why}\n`);
    return respond(request.method, 500, "", html);
  }
  const shown = isSetting ? '{"message": "Updated"}' : `{"data": "${"text" in reply ? reply.text : ""}"}`;
  return respond(request.method, 200, shown, { "content-type": "application/json" });
}

const frontend: Program<{ readonly isReady: true }> = {
  name: "gb-frontend",

  step(task) {
    if (task.state !== undefined) return {};
    task.state = { isReady: true };
    if (!task.listen(80)) return 1;
    const ip = task.record.podIP;
    const unnamed = "Could not reliably determine the server's fully qualified domain name, using";
    task.complain(
      `AH00558: apache2: ${unnamed} ${ip}. Set the 'ServerName' directive globally to suppress this message\n`,
    );
    return {};
  },

  http(task, _port, request) {
    const response = answer(task, request);
    const agent = request.headers["user-agent"] ?? "-";
    const from = request.remoteAddress ?? "127.0.0.1";
    const line = `"${request.method} ${request.path} HTTP/1.1" ${response.status} ${response.body.length}`;
    task.print(`${from} - - [${logDate(task.now)}] ${line} "-" "${agent}"\n`);
    return response;
  },

  signal(task, signal) {
    if (!["SIGTERM", "SIGINT", "SIGWINCH"].includes(signal)) return false;
    task.exit(0);
    return true;
  },
};

export const frontendPrograms: readonly Program[] = [frontend as Program];

export const frontendImage: Image = {
  repositories: [
    "gcr.io/google-samples/gb-frontend",
    "gcr.io/google_samples/gb-frontend",
    "us-docker.pkg.dev/google-samples/containers/gke/gb-frontend",
  ],
  sizeBytes: () => 149_000_000,
  hasTag: (tag) => hasTag({}, tag) || /^v[3-6]$/.test(tag),
  content: () => ({
    config: {
      cmd: ["apache2-foreground"],
      workingDir: "/var/www/html",
      ports: [80],
      stopSignal: "SIGWINCH",
    },
    flavor: "gnu",
    files: { "/var/www/html/index.html": PAGE },
    programs: { "/usr/local/bin/apache2-foreground": frontend as Program },
    use: { memoryBytes: 14 * 2 ** 20, cpuMillis: 1, requestCpuMs: 3 },
    tools: ["+curl"],
  }),
};
