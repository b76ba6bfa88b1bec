/**
 * Goal: the images answer, log and end as the real ones do.
 * Method: start each in a world of plain functions, ask it over HTTP, signal it, and read record and log.
 */
import { expect, test } from "vitest";
import { containerHttp, listens, signalContainer, startContainer, stopSignal } from "#kernel/runtime/containers";
import { putText } from "#kernel/runtime/files/volume";
import type { HttpResponse, World } from "#kernel/runtime/world";
import { log, pass, record, START, spec, testWorld } from "#kernel/runtime/world.fixture";

function get(world: World, port: number, path = "/", headers: Record<string, string> = {}): HttpResponse {
  const request = { method: "GET", path, headers: { host: "web", ...headers }, body: "", remoteAddress: "10.244.0.9" };
  const answer = containerHttp(world, "c1", port, request);
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const conf = (text: string) => ({
  mounts: [{ path: "/etc/nginx/conf.d", isReadOnly: true, volume: "conf" }],
  text: text.replaceAll("PORT", "8080"),
});

function nginxWith(text: string, net: Parameters<typeof testWorld>[0] = {}) {
  const world = testWorld(net);
  putText(world.cells, "conf", "site.conf", { text, mode: 0o644, uid: 0, at: START });
  startContainer(world, spec("nginx", { mounts: conf(text).mounts }));
  return world;
}

test("nginx serves its welcome page, a 404 page and logs both", () => {
  const world = testWorld();
  startContainer(world, spec("nginx:1.27"));
  expect(record(world).listening).toEqual([80]);
  expect(log(world)).toContain("/docker-entrypoint.sh: Configuration complete; ready for start up\n");
  expect(log(world)).toContain("2026/11/23 20:00:00 [notice] 1#1: nginx/1.27.5\n");
  const page = get(world, 80, "/", { "user-agent": "curl/8.5.0" });
  expect(page.status).toBe(200);
  expect(page.body).toContain("<h1>Welcome to nginx!</h1>");
  expect(page.headers["content-length"]).toBe("615");
  const missing = get(world, 80, "/nope");
  expect(missing.status).toBe(404);
  expect(missing.body).toContain("<center>nginx/1.27.5</center>");
  expect(log(world)).toContain(
    '10.244.0.9 - - [23/Nov/2026:20:00:00 +0000] "GET / HTTP/1.1" 200 615 "-" "curl/8.5.0" "-"\n',
  );
  expect(log(world)).toContain('open() "/usr/share/nginx/html/nope" failed (2: No such file or directory)');
  expect(stopSignal(record(world))).toBe("SIGQUIT");
  expect(signalContainer(world, "c1", "SIGQUIT")).toMatchObject({ state: "exited", exitCode: 0, reason: "Completed" });
  expect(log(world)).toContain("[notice] 1#1: signal 3 (SIGQUIT) received, shutting down\n");
});

test("an old nginx says nothing at its start", () => {
  const world = testWorld();
  startContainer(world, spec("nginx:1.14.2"));
  expect(log(world)).toBe("");
  expect(get(world, 80).headers["server"]).toBe("nginx/1.14.2");
});

test("nginx takes its configuration from mounted files, and a reload takes up a change", () => {
  const world = nginxWith(
    'server { listen 8080; location / { return 200 "one\\n"; } location = /x { return 301 /y; }\n location /f { root /srv; } }',
  );
  expect(listens(world, "c1", 8080)).toBe(true);
  expect(listens(world, "c1", 80)).toBe(false);
  expect(get(world, 8080).body).toBe("one\n");
  expect(get(world, 8080, "/x")).toMatchObject({ status: 301, headers: { location: "http://web:8080/y" } });
  const file = { text: "server { listen 9090; location / { return 200 two; } }", mode: 0o644, uid: 0, at: START };
  putText(world.cells, "conf", "site.conf", file);
  expect(get(world, 8080).body).toBe("one\n");
  signalContainer(world, "c1", "SIGHUP");
  expect(record(world).listening).toEqual([9090]);
  expect(get(world, 9090).body).toBe("two");
});

test("a wrong configuration keeps nginx from starting", () => {
  const cases: [string, string][] = [
    ["server { listne 80; }", 'unknown directive "listne" in /etc/nginx/conf.d/site.conf:1'],
    ["server { listen 80 }", 'unexpected "}" in /etc/nginx/conf.d/site.conf:1'],
    ["server { listen 80; ", 'unexpected end of file, expecting "}" in /etc/nginx/conf.d/site.conf:1'],
    [
      "server { location / { proxy_pass http://backend; } }",
      'host not found in upstream "backend" in /etc/nginx/conf.d/site.conf:1',
    ],
  ];
  for (const [text, complaint] of cases) {
    const world = nginxWith(text);
    expect(record(world)).toMatchObject({ state: "exited", exitCode: 1, reason: "Error" });
    expect(log(world)).toContain(`nginx: [emerg] ${complaint}\n`);
  }
});

test("nginx passes requests on, and says so when nobody is there", () => {
  const seen: unknown[] = [];
  const text =
    "server { location /api/ { proxy_pass http://backend:9000/; proxy_set_header X-Real-IP $remote_addr; } }";
  const world = nginxWith(text, {
    resolve: () => ["10.96.0.7"],
    http: (_, target, request) => {
      seen.push([target, request.path, request.headers["x-real-ip"]]);
      return request.path === "/down"
        ? "refused"
        : { status: 200, headers: { "content-type": "text/plain" }, body: "hi" };
    },
  });
  expect(get(world, 80, "/api/a?b=1")).toMatchObject({ status: 200, body: "hi" });
  expect(seen).toEqual([[{ host: "backend", port: 9000 }, "/a?b=1", "10.244.0.9"]]);
  expect(get(world, 80, "/api/down").status).toBe(502);
  expect(log(world)).toContain("connect() failed (111: Connection refused) while connecting to upstream");
});

test("nginx without rights to its cache does not start", () => {
  const world = testWorld();
  startContainer(world, spec("nginx", { isReadOnlyRoot: true }));
  expect(record(world).exitCode).toBe(1);
  expect(log(world)).toContain('mkdir() "/var/cache/nginx/client_temp" failed (30: Read-only file system)');
});

test("hello-app greets with version and host name on $PORT", () => {
  const world = testWorld();
  startContainer(world, spec("gcr.io/google-samples/hello-app:2.0", { env: { PORT: "9000" } }));
  expect(get(world, 9000).body).toBe("Hello, world!\nVersion: 2.0.0\nHostname: web\n");
  expect(log(world)).toBe(
    "2026/11/23 20:00:00 Server listening on port 9000\n2026/11/23 20:00:00 Serving request: /\n",
  );
  expect(signalContainer(world, "c1", "SIGTERM").exitCode).toBe(2);
});

test("httpd works", () => {
  const world = testWorld();
  startContainer(world, spec("httpd:2.4"));
  expect(get(world, 80).body).toBe("<html><body><h1>It works!</h1></body></html>\n");
  expect(get(world, 80, "/nope").status).toBe(404);
  expect(log(world)).toContain("-- resuming normal operations");
  expect(signalContainer(world, "c1", "SIGTERM").exitCode).toBe(0);
});

test("agnhost netexec tells about itself and does as it is told", () => {
  const world = testWorld();
  startContainer(
    world,
    spec("registry.k8s.io/e2e-test-images/agnhost:2.53", { args: ["netexec", "--http-port=8083"] }),
  );
  expect(get(world, 8083, "/hostname").body).toBe("web");
  expect(get(world, 8083, "/echo?msg=a+b").body).toBe("a b");
  expect(get(world, 8083, "/clientip").body).toMatch(/^10\.244\.0\.9:\d+$/);
  expect(get(world, 8083, "/header?key=X-A", { "x-a": "1" }).body).toBe("1");
  expect(JSON.parse(get(world, 8083, "/shell?cmd=echo%20hi").body)).toEqual({ output: "hi\n" });
  expect(JSON.parse(get(world, 8083, "/shell?cmd=exit%203").body)).toEqual({ error: "exit status 3" });
  expect(get(world, 8083, "/exit?code=4&timeout=2s").status).toBe(200);
  pass(world, 1_000);
  expect(record(world).state).toBe("running");
  pass(world, 2_000);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 4 });
});

test("agnhost: pause, serve-hostname, liveness, logs-generator, porter", () => {
  const start = (args: string[], env: Record<string, string> = {}) => {
    const world = testWorld();
    startContainer(world, spec("registry.k8s.io/e2e-test-images/agnhost:2.53", { args, env }));
    return world;
  };
  expect(log(start(["pause"]))).toBe("Paused\n");
  expect(get(start(["serve-hostname"]), 9376).body).toBe("web");
  const liveness = start(["liveness"]);
  expect(get(liveness, 8080, "/healthz").status).toBe(200);
  liveness.now += 11_000;
  expect(get(liveness, 8080, "/healthz").status).toBe(500);
  const logs = start(["logs-generator", "--log-lines-total", "10", "--run-duration", "5s"]);
  pass(logs, 2_000);
  expect(log(logs).split("\n")).toHaveLength(6);
  pass(logs, 10_000);
  expect(record(logs)).toMatchObject({ state: "exited", exitCode: 0 });
  expect(get(start(["porter"], { SERVE_PORT_81: "foo" }), 81).body).toBe("foo");
});

test("http-echo answers its text; pause ends well", () => {
  const echo = testWorld();
  startContainer(echo, spec("hashicorp/http-echo", { args: ["-text=apple"] }));
  expect(get(echo, 5678).body).toBe("apple\n");
  const pause = testWorld();
  startContainer(pause, spec("registry.k8s.io/pause:3.10"));
  expect(signalContainer(pause, "c1", "SIGTERM")).toMatchObject({ state: "exited", exitCode: 0 });
});

test("an unknown image runs, says what it is, and answers on the declared ports", () => {
  const world = testWorld();
  const ports = [{ containerPort: 3000, protocol: "TCP" }];
  startContainer(world, spec("ghcr.io/team/app:7", { ports, command: ["/app/server", "--fast"] }));
  expect(record(world).state).toBe("running");
  expect(log(world)).toContain('Drydock does not know what is inside the image "ghcr.io/team/app:7"');
  expect(get(world, 3000).body).toContain("Simulated answer of ghcr.io/team/app:7");
  expect(signalContainer(world, "c1", "SIGTERM").exitCode).toBe(0);
});
