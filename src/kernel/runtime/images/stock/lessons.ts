/**
 * Small images of books and courses, Korean ones among them: each answers with a text that shows who answered.
 *
 * Models luksa's (Kubernetes in Action), subicura's, alicek106's, gasbugs' and sysnet4admin's by what they print.
 */

import { escaped, type Visit } from "#kernel/runtime/images/server";
import { hostLine, html, type Lesson, lesson, tagOf } from "#kernel/runtime/images/stock/lesson";
import { type Answer, asJson, stocked } from "#kernel/runtime/images/stock/stock";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

const fromLine = (_task: Task, visit: Visit): string =>
  `Received request from ::ffff:${visit.remoteAddress ?? "127.0.0.1"}`;

/** luksa/kubia-unhealthy: the sixth request and all after it fail. */
const unhealthy: Answer = (task, visit) => {
  const path = "/tmp/requests";
  const text = task.files.read(path);
  const count = (typeof text === "string" ? Number(text) : 0) + 1;
  task.files.write(path, String(count));
  if (count > 5) return { status: 500, headers: {}, body: "I'm not well. Please restart me!" };
  return { status: 200, headers: {}, body: visit.method === "HEAD" ? "" : `You've hit ${task.record.hostname}\n` };
};

/** luksa/kubia:v3 answers four requests well. */
const kubia: Answer = (task, visit) => {
  const tag = tagOf(task);
  const version = /^v[1-4]$/.test(tag) ? `This is ${tag} running in pod ` : "You've hit ";
  if (tag === "v3") {
    const path = "/tmp/requests";
    const text = task.files.read(path);
    const count = (typeof text === "string" ? Number(text) : 0) + 1;
    task.files.write(path, String(count));
    if (count >= 5)
      return {
        status: 500,
        headers: {},
        body: `Some internal error has occurred! This is pod ${task.record.hostname}\n`,
      };
  }
  return { status: 200, headers: {}, body: visit.method === "HEAD" ? "" : `${version}${task.record.hostname}\n` };
};

/** luksa/kubia-pet: one text, kept in /var/data. */
const pet: Answer = (task, visit) => {
  const path = "/var/data/kubia.txt";
  if (visit.method === "POST") {
    task.files.write(path, visit.body);
    return { status: 200, headers: {}, body: `Data stored on pod ${task.record.hostname}\n` };
  }
  const kept = task.files.read(path);
  const data = typeof kept === "string" ? kept : "No data posted yet";
  return {
    status: 200,
    headers: {},
    body: visit.method === "HEAD" ? "" : `You've hit ${task.record.hostname}\nData stored on this pod: ${data}\n`,
  };
};

const whoami: Answer = hostLine("");

const COLORS: Readonly<Record<string, string>> = {
  red: "#e74c3c",
  green: "#16a085",
  blue: "#2980b9",
  blue2: "#30336b",
  pink: "#be2edd",
  darkblue: "#130f40",
};

const LESSONS: readonly Lesson[] = [
  {
    repositories: ["docker.io/luksa/kubia"],
    command: ["node", "app.js"],
    ports: [8080],
    says: "Kubia server starting...\n",
    answer: kubia,
    logs: fromLine,
    megabytes: 250,
  },
  {
    repositories: ["docker.io/luksa/kubia-unhealthy"],
    command: ["node", "app.js"],
    ports: [8080],
    says: "Kubia server starting...\n",
    answer: unhealthy,
    logs: fromLine,
    megabytes: 250,
  },
  {
    repositories: ["docker.io/luksa/kubia-pet", "docker.io/luksa/kubia-pet-peers"],
    command: ["node", "app.js"],
    ports: [8080],
    answer: pet,
    megabytes: 250,
  },
  {
    repositories: [
      "docker.io/subicura/whoami",
      "ghcr.io/subicura/whoami",
      "docker.io/jwilder/whoami",
      "docker.io/emilevauge/whoami",
    ],
    command: ["ruby", "/app/whoami.rb"],
    ports: [4567, 8000],
    answer: whoami,
  },
  {
    repositories: ["ghcr.io/subicura/echo", "docker.io/subicura/echo"],
    command: ["node", "index.js"],
    ports: [{ port: 3000, variable: "PORT" }],
    answer: html(
      (task, visit) =>
        `<p>[${tagOf(task) === "v2" ? "v2" : "v1"}] ${escaped(task.record.hostname)}</p><p>${escaped(visit.path)}</p>\n`,
    ),
  },
  {
    repositories: ["ghcr.io/subicura/counter", "docker.io/subicura/counter"],
    command: ["node", "app.js"],
    ports: [{ port: 3000, variable: "PORT" }],
    answer: (task, visit) => {
      const host = task.env("REDIS_HOST") ?? "redis";
      const told = task.exchange({ host, port: Number(task.env("REDIS_PORT") ?? "6379") }, "INCR count\r\n");
      const [, count] = typeof told === "string" ? [] : (/^:(\d+)/.exec(told.text) ?? []);
      if (count === undefined) return { status: 500, headers: {}, body: "redis is not reachable\n" };
      return { status: 200, headers: { "content-type": "text/html" }, body: visit.method === "HEAD" ? "" : count };
    },
  },
  {
    repositories: ["docker.io/alicek106/rr-test", "docker.io/alicek106/ingress-annotation-test"],
    tags: /^[\w.-]+$/,
    command: ["python", "app.py"],
    ports: [5000, 80],
    answer: html((task) => `You accessed to path "/". Hostname: <p>${escaped(task.record.hostname)}</p>\n`),
    megabytes: 40,
  },
  {
    repositories: ["docker.io/alicek106/composetest"],
    tags: /^[\w.-]+$/,
    command: ["apachectl", "-DFOREGROUND"],
    ports: [80],
    answer: html(
      (task) =>
        `<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><p>Hello, ${escaped(task.record.hostname)}</p>\n`,
    ),
    megabytes: 120,
  },
  {
    repositories: ["docker.io/gasbugs/http-go"],
    command: ["/usr/src/app/main"],
    ports: [8080],
    answer: hostLine("Welcome! ", "\n"),
    megabytes: 300,
  },
  {
    repositories: ["docker.io/gasbugs/flask-example", "docker.io/gasbugs/flask"],
    command: ["python", "app.py"],
    ports: [5000],
    isDeclared: true,
    answer: "Hello World!",
  },
  {
    repositories: ["docker.io/sysnet4admin/echo-hname", "docker.io/sysnet4admin/echo-hnm"],
    tags: /^[\w.-]+$/,
    command: ["nginx", "-g", "daemon off;"],
    ports: [80],
    answer: hostLine(""),
    megabytes: 50,
  },
  {
    repositories: ["docker.io/sysnet4admin/echo-ip"],
    tags: /^[\w.-]+$/,
    command: ["nginx", "-g", "daemon off;"],
    ports: [80],
    answer: (task, visit) => ({
      status: 200,
      headers: { "content-type": "text/plain" },
      body: visit.method === "HEAD" ? "" : `request_method : ${visit.method} | ip_dest: ${task.record.podIP}\n`,
    }),
    megabytes: 50,
  },
  {
    repositories: ["docker.io/sysnet4admin/chk-info", "docker.io/sysnet4admin/chk-hn"],
    tags: /^[\w.-]+$/,
    command: ["nginx", "-g", "daemon off;"],
    ports: [80],
    answer: hostLine("", "\n"),
    megabytes: 50,
  },
  {
    repositories: ["docker.io/paulbouwer/hello-kubernetes"],
    command: ["node", "server.js"],
    ports: [{ port: 8080, variable: "CONTAINER_PORT" }],
    megabytes: 90,
    says: "Listening on: http://localhost:8080\n",
    answer: html(
      (task) =>
        `<!DOCTYPE html>\n<html>\n<head><title>Hello Kubernetes!</title></head>\n<body>\n<div id="message">${escaped(task.env("MESSAGE") ?? "Hello world!")}</div>\n<table>\n<tr><th>namespace:</th><td>${escaped(task.env("KUBERNETES_NAMESPACE") ?? "-")}</td></tr>\n<tr><th>pod:</th><td>${escaped(task.env("KUBERNETES_POD_NAME") ?? task.record.hostname)}</td></tr>\n<tr><th>node:</th><td>${escaped(task.env("KUBERNETES_NODE_NAME") ?? "-")}</td></tr>\n</table>\n</body>\n</html>\n`,
    ),
    answers: { "/health": asJson({ status: "ok" }) },
  },
  {
    repositories: ["docker.io/mendhak/http-https-echo"],
    tags: /^[\w.-]+$/,
    command: ["node", "./index.js"],
    ports: [
      { port: 8080, variable: "HTTP_PORT" },
      { port: 8443, variable: "HTTPS_PORT" },
    ],
    answer: (task, visit) => {
      const told = {
        path: visit.route,
        headers: visit.headers,
        method: visit.method,
        body: visit.body,
        fresh: false,
        hostname: (visit.headers["host"] ?? "").replace(/:\d+$/, ""),
        ip: visit.remoteAddress ?? "",
        ips: [],
        protocol: visit.port === Number(task.env("HTTPS_PORT") ?? "8443") ? "https" : "http",
        query: visit.query,
        subdomains: [],
        xhr: false,
        os: { hostname: task.record.hostname },
        connection: {},
      };
      const body = JSON.stringify(told, null, 2);
      return {
        status: 200,
        headers: { "content-type": "application/json; charset=utf-8" },
        body: visit.method === "HEAD" ? "" : body,
      };
    },
    logs: (task, visit, status) =>
      `::ffff:${visit.remoteAddress ?? ""} - - [${new Date(task.now).toUTCString()}] "${visit.method} ${visit.path} HTTP/1.1" ${status} - "-" "-"`,
  },
  {
    repositories: [
      "docker.io/kodekloud/webapp-color",
      "docker.io/mmumshad/simple-webapp-color",
      "docker.io/kodekloud/simple-webapp",
      "docker.io/mmumshad/simple-webapp",
    ],
    tags: /^[\w.-]+$/,
    command: ["python", "./app.py"],
    ports: [8080],
    says: ' * Serving Flask app "app" (lazy loading)\n * Running on http://0.0.0.0:8080/ (Press CTRL+C to quit)\n',
    answer: html((task) => {
      const color = task.env("APP_COLOR") ?? /^(?:v\d-?)?(\w+)$/.exec(tagOf(task))?.[1] ?? "blue";
      return `<!doctype html>\n<title>Hello from Flask</title>\n<body style="background: ${COLORS[color] ?? "#2980b9"};"></body>\n<div style="color: #e4e4e4;">\n  <h1>Hello from ${escaped(task.record.hostname)}!</h1>\n</div>\n`;
    }),
  },
  {
    repositories: [
      "docker.io/kodekloud/webapp-conntest",
      "docker.io/kodekloud/simple-webapp-mysql",
      "docker.io/mmumshad/simple-webapp-mysql",
    ],
    tags: /^[\w.-]+$/,
    command: ["python", "./app.py"],
    ports: [8080],
    answer: html((task) => {
      const host = task.env("DB_Host") ?? task.env("DB_HOST") ?? "mysql";
      const isUp = task.connect({ host, port: 3306 }) === "open";
      return `<!doctype html>\n<title>Hello from Flask</title>\n<body style="background: ${isUp ? "#39b54b" : "#ff3f3f"};"></body>\n<h1>${isUp ? "Successfully connected to the MySQL database" : "Failed connecting to the MySQL database."}</h1>\n<p>Environment Variables: DB_Host=${escaped(host)}</p>\n<p>From ${escaped(task.record.hostname)}!</p>\n`;
    }),
  },
  {
    repositories: ["gcr.io/google-samples/whereami", "us-docker.pkg.dev/google-samples/containers/gke/whereami"],
    command: ["python", "app.py"],
    ports: [{ port: 8080, variable: "PORT" }],
    answer: (task, visit) => {
      const told = {
        cluster_name: "drydock",
        host_header: visit.headers["host"] ?? "",
        node_name: task.env("NODE_NAME") ?? task.record.node,
        pod_ip: task.record.podIP,
        pod_name: task.record.hostname,
        pod_name_emoji: "🚢",
        pod_namespace: task.record.namespace,
        timestamp: new Date(task.now).toISOString().slice(0, 19),
        zone: "",
      };
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: visit.method === "HEAD" ? "" : `${JSON.stringify(told)}\n`,
      };
    },
    answers: { "/healthz": "I am healthy.", "/metadata": asJson({}) },
  },
  {
    repositories: [
      "docker.io/yeasy/simple-web",
      "docker.io/karthequian/helloworld",
      "docker.io/dockerbogo/docker-nginx-hello-world",
      "docker.io/tutum/hello-world",
      "docker.io/crccheck/hello-world",
      "docker.io/strm/helloworld-http",
      "docker.io/training/webapp",
    ],
    tags: /^[\w.-]+$/,
    command: ["/run.sh"],
    ports: [80, 8000, 5000],
    answer: html(
      (task) =>
        `<!DOCTYPE html>\n<html>\n<head><title>Hello world!</title></head>\n<body><h1>Hello world!</h1><h3>My hostname is ${escaped(task.record.hostname)}</h3></body>\n</html>\n`,
    ),
  },
  {
    repositories: ["docker.io/brndnmtthws/nginx-echo-headers"],
    command: ["/usr/local/openresty/bin/openresty"],
    ports: [8080],
    answer: (_task, visit) => ({
      status: 200,
      headers: { "content-type": "text/plain" },
      body: `${visit.method} ${visit.path} HTTP/1.1\n${Object.entries(visit.headers)
        .map(([name, value]) => `${name}: ${value}\n`)
        .join("")}`,
    }),
  },
];

const PAGES = ["logged in", "logged out", "is viewing page1", "is viewing page2", "is viewing page3"];

/** kodekloud/event-simulator: what users do, a line each second. */
const eventSimulator: Program<{ readonly count: number }> = {
  name: "event-simulator",
  use: { memoryBytes: 12 * 2 ** 20, cpuMillis: 1 },
  step(task) {
    const { count } = task.state ?? { count: 0 };
    const due = task.record.startedAt + count * 1_000;
    if (due > task.now) return { until: due };
    const at = new Date(due).toISOString().slice(0, 23).replace("T", " ").replace(".", ",");
    const user = `USER${1 + Math.floor(task.world.entropy.fraction() * 4)}`;
    const page = PAGES[Math.floor(task.world.entropy.fraction() * PAGES.length)];
    task.print(`[${at}] INFO in event-simulator: ${user} ${page}\n`);
    if (count % 5 === 4)
      task.print(
        `[${at}] WARNING in event-simulator: USER5 Failed to Login as the account is locked due to MANY FAILED ATTEMPTS.\n`,
      );
    task.state = { count: count + 1 };
    return { until: due + 1_000 };
  },
};

const table = stocked([
  ...LESSONS.map(lesson),
  {
    repositories: ["docker.io/alicek106/ubuntu"],
    megabytes: 60,
    flavor: "gnu",
    config: { cmd: ["/bin/bash"] },
    tools: ["+curl"],
    tags: /^[\w.-]+$/,
    programs: [],
  },
  {
    repositories: ["docker.io/kodekloud/event-simulator"],
    megabytes: 80,
    flavor: "gnu",
    config: { entrypoint: ["python", "./app.py"] },
    programs: [],
    more: { "/usr/local/bin/python": eventSimulator },
  },
]);

export const lessons: typeof table = { ...table, programs: [...table.programs, eventSimulator as Program] };
