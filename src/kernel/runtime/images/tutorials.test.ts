/**
 * Goal: the small images of tutorials, the toolboxes and the interpreters do what lessons show of them.
 * Method: a table of images, command lines and requests; start each in a world of plain functions, read what it says.
 */
import { expect, test } from "vitest";
import { programNamed } from "#kernel/runtime/process/programs";
import { got, log, pass, record, running, START, type spec } from "#kernel/runtime/world.fixture";

type Rest = Parameters<typeof spec>[1];

const SERVERS: readonly [image: string, port: number, path: string, part: string, rest?: Rest][] = [
  [
    "gcr.io/google-samples/kubernetes-bootcamp:v1",
    8080,
    "/",
    "200 Hello Kubernetes bootcamp! | Running on: web | v=1\n",
  ],
  ["jocatalin/kubernetes-bootcamp:v2", 8080, "/", "| v=2\n"],
  ["gcr.io/google-samples/node-hello:1.0", 8080, "/", "200 Hello Kubernetes!"],
  ["gcr.io/google-samples/hello-go-gke:1.0", 80, "/", '200 {"message":"Hello"}'],
  [
    "traefik/whoami",
    80,
    "/x",
    "Hostname: web\nIP: 127.0.0.1\nIP: 10.244.1.5\nRemoteAddr: 10.244.0.9:40000\nGET /x HTTP/1.1\nHost: web\n",
  ],
  ["traefik/whoami:v1.10", 8081, "/", "Name: me\n", { args: ["--port=8081", "--name=me"] }],
  ["nginxdemos/hello:plain-text", 80, "/a", "Server address: 10.244.1.5:80\nServer name: web\n"],
  ["nginxdemos/hello", 80, "/", "<span>Server name:</span> <span>web</span>"],
  ["ealen/echo-server:0.9.2", 80, "/?echo_code=404", '404 {"host":{"hostname":"web"'],
  ["registry.k8s.io/serve_hostname", 9376, "/", "200 web"],
  ["registry.k8s.io/e2e-test-images/nautilus:1.7", 80, "/data.json", '"image": "nautilus.jpg"'],
  ["registry.k8s.io/e2e-test-images/nginx:1.14-4", 80, "/", "Welcome to nginx!"],
  ["registry.k8s.io/e2e-test-images/httpd:2.4.38-4", 80, "/", "It works!"],
  ["registry.k8s.io/nginx-slim:0.8", 80, "/", "Welcome to nginx!"],
  ["gcr.io/kuar-demo/kuard-amd64:blue", 8080, "/", "version <i>v0.10.0-blue</i>"],
  ["kennethreitz/httpbin", 80, "/status/418", "418 "],
  ["mccutchen/go-httpbin", 8080, "/get?a=1", '"args": {\n    "a": "1"\n  }'],
  ["python:3.12", 8080, "/", "Directory listing for /", { command: ["python", "-m", "http.server", "8080"] }],
  [
    "node:22",
    3000,
    "/",
    "Simulated answer of node:22",
    { command: ["node", "server"], ports: [{ containerPort: 3000, protocol: "TCP" }] },
  ],
];

test.each(SERVERS)("%s :%i %s", (image, port, path, part, rest) => {
  expect(got(running(image, rest), port, path)).toContain(part);
});

const LINES: readonly [image: string, command: string[], out: string, code: number][] = [
  ["python:3.12", ["python", "-c", "print('hello')"], "hello\n", 0],
  ["python:3.12-slim", ["python3", "-c", 'import time; print("a"); time.sleep(2); print(6*7)'], "a\n42\n", 0],
  ["python:3", ["python", "-c", "import sys; sys.exit(3)"], "", 3],
  ["node:22-alpine", ["node", "-e", "console.log('hi')"], "hi\n", 0],
  ["node:22", ["node", "--version"], "v22.0.0\n", 0],
  ["ruby:3.4", ["ruby", "-e", "puts 'hi'"], "hi\n", 0],
  ["php:8.4-cli", ["php", "-r", "echo 'hi';"], "hi", 0],
  ["golang:1.25", ["go", "version"], "go version go1.25.4 linux/amd64\n", 0],
  ["python:3.12", ["python", "/app.py"], "python: can't open file '/app.py': [Errno 2] No such file or directory\n", 2],
  ["curlimages/curl:8.10.1", ["sh", "-c", "echo $0; id -u"], "sh\n100\n", 0],
  ["nicolaka/netshoot", ["bash", "-c", "command -v dig curl nc"], "/bin/dig\n/bin/curl\n/bin/nc\n", 0],
  [
    "registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7",
    ["sh", "-c", "command -v dig nslookup"],
    "/usr/bin/dig\n/usr/bin/nslookup\n",
    0,
  ],
  ["registry.k8s.io/busybox", ["sh", "-c", "echo ok"], "ok\n", 0],
];

test.each(LINES)("%s %j", (image, command, out, code) => {
  const world = running(image, { command });
  pass(world, 5_000);
  expect(log(world)).toBe(out);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: code });
});

test("a line of a language that does more is refused by name", () => {
  const world = running("python:3.12", { command: ["python", "-c", "import os; print(os.environ)"] });
  expect(log(world)).toContain("Drydock runs a little Python");
  expect(record(world).exitCode).toBe(1);
});

test("kuard's probes fail as often as they are told to; its memory ends it", () => {
  const world = running("gcr.io/kuar-demo/kuard-amd64:blue", { memoryLimitBytes: 50 * 2 ** 20 });
  expect(got(world, 8080, "/healthy")).toBe("200 ok");
  got(world, 8080, "/healthy/api", { method: "PUT", body: '{"failNext": 1}' });
  expect(got(world, 8080, "/healthy")).toBe("500 fail");
  expect(got(world, 8080, "/healthy")).toBe("200 ok");
  got(world, 8080, "/mem/api/alloc?size=100000000", { method: "POST" });
  expect(record(world)).toMatchObject({ state: "exited", reason: "OOMKilled" });
});

test("memcached keeps values for those who speak its text", () => {
  const world = running("memcached:1.6");
  expect(record(world).listening).toEqual([11_211]);
  const task = { state: { entries: {}, gets: 0, hits: 0, sets: 0 }, now: START, record: record(world) };
  const { tcp } = programNamed("memcached");
  const speak = (text: string): string | undefined =>
    tcp?.(task as never, { port: 11_211, protocol: "TCP", remoteAddress: "", text, isOver: false, state: undefined })
      .text;
  expect(speak("set a 0 60 5\r\nhello\r\nget a b\r\n")).toBe("STORED\r\nVALUE a 0 5\r\nhello\r\nEND\r\n");
  expect(speak("set n 0 0 1\r\n9\r\nincr n 3\r\nincr a 1\r\nadd a 0 0 1\r\nx\r\n")).toBe(
    "STORED\r\n12\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\nNOT_STORED\r\n",
  );
  expect(speak("set late 0 0 10\r\nhal")).toBe("");
  task.now += 61_000;
  expect(speak("get a\r\nnope\r\n")).toBe("END\r\nERROR\r\n");
});
