/**
 * httpbin: answers that are made to measure: statuses, headers, delays, what was sent.
 *
 * Models kennethreitz/httpbin and mccutchen/go-httpbin.
 */
import { goDate } from "#kernel/runtime/images/go";
import { formOf, imageOf, json, page, type Reply, server, text, type Visit } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

const named = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase()),
      value,
    ]),
  );

const DELAY_SECONDS_MAX = 10;

function told(visit: Visit): Record<string, unknown> {
  const url = `http://${visit.headers["host"] ?? ""}${visit.path}`;
  return { args: visit.query, headers: named(visit.headers), origin: visit.remoteAddress ?? "127.0.0.1", url };
}

function withBody(visit: Visit): Record<string, unknown> {
  const isForm = visit.headers["content-type"]?.includes("urlencoded") === true;
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(visit.body) as unknown;
  } catch {
    // Any text may be sent; what is no JSON is shown as data only.
  }
  return { ...told(visit), data: isForm ? "" : visit.body, files: {}, form: isForm ? formOf(visit) : {}, json: parsed };
}

function answer(task: Task, visit: Visit): Reply {
  const { route, method } = visit;
  const show = (value: unknown, status = 200): Reply => json(visit, value, status, 2);
  const [, first = "", second = ""] = route.split("/");
  switch (first) {
    case "":
      return page(
        visit,
        "<!DOCTYPE html>\n<html>\n<head><title>httpbin.org</title></head>\n<body><h1>httpbin.org</h1></body>\n</html>\n",
      );
    case "get":
      return method === "GET" || method === "HEAD" ? show(told(visit)) : text(visit, "Method Not Allowed", 405);
    case "post":
    case "put":
    case "patch":
    case "delete":
      return method === first.toUpperCase() ? show(withBody(visit)) : text(visit, "Method Not Allowed", 405);
    case "anything":
      return show({ ...withBody(visit), method });
    case "headers":
      return show({ headers: named(visit.headers) });
    case "ip":
      return show({ origin: visit.remoteAddress ?? "127.0.0.1" });
    case "user-agent":
      return show({ "user-agent": visit.headers["user-agent"] ?? "" });
    case "uuid":
      return show({ uuid: task.world.entropy.uid() });
    case "hostname":
      return show({ hostname: task.record.hostname });
    case "status": {
      const code = Number(task.world.entropy.pick(second.split(",")));
      return code >= 200 && code <= 599 ? text(visit, "", code) : text(visit, "Invalid status code", 400);
    }
    case "delay": {
      const seconds = Math.min(DELAY_SECONDS_MAX, Math.max(0, Number(second) || 0));
      return { ...json(visit, withBody(visit), 200, 2), delayMs: seconds * 1_000 };
    }
    case "redirect-to":
      return {
        status: Number(visit.query["status_code"] ?? "302"),
        headers: { location: visit.query["url"] ?? "/" },
        body: "",
      };
    case "redirect":
      return {
        status: 302,
        headers: { location: Number(second) > 1 ? `/redirect/${Number(second) - 1}` : "/get" },
        body: "",
      };
    case "basic-auth": {
      const isSent = visit.headers["authorization"] !== undefined;
      if (!isSent) return { status: 401, headers: { "www-authenticate": 'Basic realm="Fake Realm"' }, body: "" };
      return show({ authenticated: true, user: second });
    }
    case "response-headers":
      return { ...json(visit, visit.query, 200, 2), headers: { "content-type": "application/json", ...visit.query } };
    case "json":
      return show({ slideshow: { title: "Sample Slide Show", slides: [] } });
    default:
      return text(visit, "Not Found", 404);
  }
}

const httpbin: Program<object> = server<object>({
  name: "httpbin",
  begin(task) {
    const port = Number(task.env("PORT") ?? (task.argv[0]?.includes("go-httpbin") === true ? "8080" : "80"));
    task.complain(`${goDate(task.now)} go-httpbin listening on http://0.0.0.0:${port}\n`);
    return { state: {}, ports: [port] };
  },
  answer,
});

export const httpbinPrograms = [httpbin] as readonly Program[];

export const httpbinImages = [
  imageOf({
    repositories: ["docker.io/kennethreitz/httpbin", "docker.io/kong/httpbin", "docker.io/citizenstig/httpbin"],
    megabytes: 180,
    flavor: "gnu",
    config: { cmd: ["gunicorn", "-b", "0.0.0.0:80", "httpbin:app", "-k", "gevent"], ports: [80] },
    programs: { "/usr/local/bin/gunicorn": httpbin },
    tools: ["+curl"],
  }),
  imageOf({
    repositories: ["docker.io/mccutchen/go-httpbin", "ghcr.io/mccutchen/go-httpbin"],
    megabytes: 8,
    flavor: "none",
    config: { cmd: ["/bin/go-httpbin"], ports: [8080] },
    programs: { "/bin/go-httpbin": httpbin },
  }),
];
