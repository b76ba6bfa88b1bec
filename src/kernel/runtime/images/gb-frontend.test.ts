/**
 * Goal: what a visitor writes into the guestbook goes to the leader and is read from a follower.
 * Method: join a page and two Redis servers by a network of plain functions, and ask the page over HTTP.
 */
import { expect, test } from "vitest";
import { containerHttp, startContainer } from "#kernel/runtime/containers";
import { log, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

const IDS: Readonly<Record<string, string>> = { "redis-leader": "leader", "redis-follower": "follower" };

function get(world: TestWorld, path: string) {
  const answer = containerHttp(world, "c1", 80, { method: "GET", path, headers: {}, body: "" });
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

test("the guestbook keeps an entry, and says when Redis is away", () => {
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) => {
      const id = IDS[host];
      return id === undefined ? "nxdomain" : containerHttp(world, id, port, request);
    },
  });
  startContainer(world, spec("gcr.io/google-samples/gb-frontend:v5"));
  startContainer(world, spec("redis:6.0.5", { id: "leader" }));
  const follower = "us-docker.pkg.dev/google-samples/containers/gke/gb-redis-follower:v2";
  startContainer(world, spec(follower, { id: "follower" }));
  expect(get(world, "/").body).toContain("<title>Guestbook</title>");
  expect(get(world, "/guestbook.php?cmd=set&key=guestbook&value=hi").body).toBe('{"message": "Updated"}');
  expect(get(world, "/guestbook.php?cmd=get&key=guestbook").body).toBe('{"data": "hi"}');

  const alone = testWorld();
  startContainer(alone, spec("gcr.io/google-samples/gb-frontend:v5"));
  expect(get(alone, "/guestbook.php?cmd=get").status).toBe(500);
  expect(log(alone)).toContain("Connection refused [tcp://redis-follower:6379]");
});
