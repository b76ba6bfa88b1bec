/**
 * Goal: the services of the sample applications answer as theirs do, and say what is missing.
 * Method: start them in a world of plain functions whose names are containers, ask over HTTP, read answers and logs.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, signalContainer, startContainer } from "#kernel/runtime/containers";
import type { HttpResponse } from "#kernel/runtime/world";
import { log, pass, record, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

/** A world in which a name is the container of that id. */
function joined(ids: readonly string[]): TestWorld {
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) => (ids.includes(host) ? containerHttp(world, host, port, request) : "nxdomain"),
    resolve: (_, name) => (ids.includes(name) ? ["10.96.0.9"] : []),
  });
  return world;
}

function ask(world: TestWorld, id: string, port: number, path: string, rest: object = {}): HttpResponse {
  const answer = containerHttp(world, id, port, { method: "GET", path, headers: {}, body: "", ...rest });
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const bookinfo = (name: string): string => `docker.io/istio/examples-bookinfo-${name}:1.20.3`;

test("bookinfo: reviews ask for ratings only from v2 on, and say when there are none", () => {
  const world = joined(["ratings"]);
  startContainer(world, spec(bookinfo("reviews-v1"), { id: "one" }));
  startContainer(world, spec(bookinfo("reviews-v3"), { id: "three" }));
  const rating = (id: string): unknown =>
    (JSON.parse(ask(world, id, 9080, "/reviews/0").body) as { reviews: { rating?: unknown }[] }).reviews[0]?.rating;
  expect(rating("one")).toBeUndefined();
  startContainer(world, spec(bookinfo("ratings-v1"), { id: "ratings" }));
  expect(rating("three")).toEqual({ stars: 5, color: "red" });
  const posted = { method: "POST", body: '{"Reviewer1": 2}' };
  expect(ask(world, "ratings", 9080, "/ratings/0", posted).status).toBe(200);
  expect(rating("three")).toEqual({ stars: 2, color: "red" });
  expect(ask(world, "ratings", 9080, "/ratings/x").status).toBe(400);
  expect(ask(world, "ratings", 9080, "/ratings/0", { method: "POST", body: "{" }).status).toBe(400);
});

test("bookinfo: the page greets who is logged in, and asks the reviews twice before it gives up", () => {
  const world = joined([]);
  startContainer(world, spec(bookinfo("productpage-v1"), { id: "page" }));
  const page = ask(world, "page", 9080, "/productpage", { headers: { cookie: "user=<jason>" } }).body;
  expect(page).toContain("&lt;jason&gt;");
  expect(page).toContain("Error fetching product reviews!");
  const login = ask(world, "page", 9080, "/login", { method: "POST", body: "username=jason" });
  expect(login).toMatchObject({ status: 302, headers: { "set-cookie": "user=jason; Path=/" } });
});

const shop = (name: string): string => `gcr.io/google-samples/microservices-demo/${name}:v0.10.6`;

test("boutique: a service without what it needs ends with 2; one that is asked wrongly says so", () => {
  const world = joined([]);
  startContainer(world, spec(shop("frontend"), { id: "front" }));
  expect(record(world, "front")).toMatchObject({ state: "exited", exitCode: 2 });
  expect(log(world, "front")).toContain('panic: environment variable "PRODUCT_CATALOG_SERVICE_ADDR" not set');
  startContainer(world, spec(shop("paymentservice"), { id: "pay" }));
  const call = (path: string, message: object): HttpResponse =>
    ask(world, "pay", 50_051, path, {
      method: "POST",
      headers: { "content-type": "application/grpc" },
      body: JSON.stringify(message),
    });
  const charge = "/hipstershop.PaymentService/Charge";
  const card = (creditCardNumber: string, creditCardExpirationYear = 2039) => ({
    creditCard: { creditCardNumber, creditCardExpirationMonth: 1, creditCardExpirationYear },
  });
  expect(call(charge, card("4432-8015-6152-0454")).headers["grpc-status"]).toBe("0");
  expect(call(charge, card("3782-822463-10005")).headers["grpc-message"]).toContain("Only VISA or MasterCard");
  expect(call(charge, card("4432-8015-6152-0454", 2001)).headers["grpc-message"]).toContain("expired on 1/2001");
  expect(call(charge, {}).headers["grpc-message"]).toBe("Credit card info is invalid");
  expect(call("/hipstershop.PaymentService/Nope", {}).headers["grpc-status"]).toBe("12");
});

test.each([
  ["GET", "/version", 200, '"version": "6.9.2"'],
  ["GET", "/healthz", 200, '"status": "OK"'],
  ["GET", "/env", 200, "PODINFO_UI_COLOR=#abcdef"],
  ["GET", "/headers", 200, '"X-One": ['],
  ["GET", "/status/503", 503, '"status": 503'],
  ["POST", "/echo", 202, "ping"],
  ["GET", "/api/info", 200, '"color": "#abcdef"'],
  ["DELETE", "/version", 405, ""],
  ["GET", "/nope", 404, "404 page not found"],
  ["GET", "/cache/a", 400, "cache server is offline"],
])("podinfo: %s %s", (method, path, status, part) => {
  const world = testWorld();
  startContainer(world, spec("stefanprodan/podinfo:6.9.2", { env: { PODINFO_UI_COLOR: "#abcdef" } }));
  const answer = ask(world, "c1", 9898, path, { method, body: "ping", headers: { "x-one": "1" } });
  expect(answer.status).toBe(status);
  expect(answer.body).toContain(part);
});

test("podinfo: delays, its probe, its end, and a flag it does not know", () => {
  const world = testWorld();
  startContainer(world, spec("stefanprodan/podinfo:6.9.2"));
  expect(ask(world, "c1", 9898, "/delay/3")).toMatchObject({ status: 200, delayMs: 3_000 });
  expect(execInContainer(world, "c1", ["podcli", "check", "http", "localhost:9898/readyz"]).exitCode).toBe(0);
  expect(ask(world, "c1", 9898, "/readyz/disable", { method: "POST" }).status).toBe(202);
  expect(execInContainer(world, "c1", ["podcli", "check", "http", "localhost:9898/readyz"]).exitCode).toBe(1);
  signalContainer(world, "c1", "SIGTERM");
  expect(ask(world, "c1", 9898, "/healthz").status).toBe(503);
  pass(world, 3_000);
  expect(record(world)).toMatchObject({ state: "exited", exitCode: 0 });
  const wrong = testWorld();
  startContainer(wrong, spec("stefanprodan/podinfo:6.9.2", { command: ["./podinfo", "--colour=red"] }));
  expect(log(wrong)).toBe("Error: unknown flag: --colour\n");
});
