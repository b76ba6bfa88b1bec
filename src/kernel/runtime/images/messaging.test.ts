/**
 * Goal: queues and ensembles serve their lessons: work in a queue is done once, a znode is seen by its siblings.
 * Method: join servers and tools in worlds of plain functions whose names are containers; read what the tools print.
 */
import { expect, test } from "vitest";
import { containerHttp, execInContainer, listens, startContainer } from "#kernel/runtime/containers";
import { log, pass, record, spec, type TestWorld, testWorld } from "#kernel/runtime/world.fixture";

/** A world in which names are containers. */
function joined(ids: Readonly<Record<string, string>>): TestWorld {
  const idOf = (host: string): string => ids[host] ?? "";
  const world: TestWorld = testWorld({
    http: (_, { host, port }, request) =>
      ids[host] === undefined ? "nxdomain" : containerHttp(world, idOf(host), port, request),
    connect: (_, { host, port }) => {
      const id = host.startsWith("127.") || host === "10.244.1.5" ? "c1" : idOf(host);
      return id !== "" && listens(world, id, port) ? "open" : "refused";
    },
    resolve: (_, host) => (ids[host] === undefined ? [] : [`10.244.2.${Object.keys(ids).indexOf(host)}`]),
  });
  return world;
}

const run = (world: TestWorld, words: string[], id = "c1"): string => {
  const { stdout, stderr } = execInContainer(world, id, words);
  return stdout + stderr;
};

test("RabbitMQ: messages are put in a queue and worked off by a Job's command", () => {
  const world = joined({ "rabbitmq-service": "c1" });
  startContainer(world, spec("rabbitmq:4"));
  startContainer(world, spec("rabbitmq:4", { id: "worker", command: ["sleep", "infinity"] }));
  const at = "--url=amqp://guest:guest@rabbitmq-service:5672";
  expect(run(world, ["rabbitmq-diagnostics", "-q", "ping"])).toBe("");
  expect(run(world, ["amqp-declare-queue", at, "-q", "foo", "-d"], "worker")).toBe("foo\n");
  run(world, ["amqp-publish", at, "-r", "foo", "-p", "-b", "Hello"], "worker");
  run(world, ["amqp-publish", at, "-r", "foo", "-b", "World"], "worker");
  expect(run(world, ["rabbitmqctl", "list_queues"])).toContain("foo\t2\n");
  expect(run(world, ["amqp-consume", at, "-q", "foo", "-c", "1", "cat"], "worker")).toBe("Hello");
  startContainer(
    world,
    spec("rabbitmq:4", {
      id: "job",
      command: ["amqp-consume", at, "-q", "foo", "-c", "1", "sh", "-c", "echo got $(cat)"],
    }),
  );
  pass(world, 3_000, "job");
  expect(log(world, "job")).toBe("got World\n");
  expect(record(world, "job")).toMatchObject({ state: "exited", exitCode: 0 });
  expect(run(world, ["amqp-consume", at, "-q", "none", "-c", "1", "cat"], "worker")).toContain(
    "NOT_FOUND - no queue 'none'",
  );
});

test("ZooKeeper: it is ready, leads, and keeps a znode", () => {
  const world = joined({});
  startContainer(
    world,
    spec("registry.k8s.io/kubernetes-zookeeper:1.0-3.4.10", {
      hostname: "zk-0",
      command: ["sh", "-c", "start-zookeeper --servers=3 --data_dir=/var/lib/zookeeper/data"],
    }),
  );
  expect(run(world, ["sh", "-c", "zookeeper-ready 2181 && echo ok"])).toBe("ok\n");
  expect(run(world, ["zkServer.sh", "status"])).toContain("Mode: leader");
  expect(run(world, ["zkCli.sh", "create", "/hello", "world"])).toContain("Created /hello\n");
  expect(run(world, ["zkCli.sh", "get", "/hello"])).toContain("world\n");
  expect(run(world, ["cat", "/var/lib/zookeeper/data/myid"])).toBe("1\n");
});

test("Cassandra and etcd tell about themselves", () => {
  const world = joined({});
  startContainer(world, spec("gcr.io/google-samples/cassandra:v13"));
  expect(run(world, ["nodetool", "status"])).toContain("UN  10.244.1.5");
  expect(run(world, ["/bin/bash", "-c", "/ready-probe.sh && echo ready"])).toBe("ready\n");
  const store = joined({});
  startContainer(store, spec("quay.io/coreos/etcd:v3.6.5"));
  expect(run(store, ["etcdctl", "put", "/a/b", "1"])).toBe("OK\n");
  expect(run(store, ["etcdctl", "get", "/a", "--prefix"])).toBe("/a/b\n1\n");
  expect(run(store, ["etcdctl", "endpoint", "health"])).toContain("is healthy");
});
