/**
 * Ensembles of the StatefulSet lessons: ZooKeeper and Cassandra, with the tools the lessons ask them by.
 *
 * Models registry.k8s.io/kubernetes-zookeeper and gcr.io/google-samples/cassandra.
 * Leaves out agreement between members: the first member that is reached keeps the data of all.
 */
import { goFlag } from "#kernel/runtime/images/http-echo";
import { type Asked, ask, keeper } from "#kernel/runtime/images/keeper";
import { imageOf } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** `zk-2` of three as its number, and the names of all from the first on. */
function ordinal(task: Task): { readonly own: number; readonly base: string } {
  const [, base = task.record.hostname, own = "0"] = /^(.*)-(\d+)$/.exec(task.record.hostname) ?? [];
  return { own: Number(own), base };
}

const domainOf = (task: Task): string => {
  const hosts = task.readFile("/etc/hosts");
  const pattern = new RegExp(`${task.record.hostname}\\.(\\S+)`);
  return pattern.exec(typeof hosts === "string" ? hosts : "")?.[1] ?? "";
};

const zookeeper = keeper({
  name: "zookeeper",
  ports: (task) => [Number(goFlag(task.argv, "client_port") ?? "2181"), 2888, 3888],
  file: (task) => `${goFlag(task.argv, "data_dir") ?? "/var/lib/zookeeper/data"}/snapshot.json`,
  banner: (task) => {
    const servers = Number(goFlag(task.argv, "servers") ?? "1");
    const { base } = ordinal(task);
    const lines = Array.from(
      { length: servers },
      (_, n) => `server.${n + 1}=${base}-${n}.${domainOf(task)}:2888:3888\n`,
    );
    task.files.write(
      "/opt/zookeeper/conf/zoo.cfg",
      `clientPort=2181\ndataDir=/var/lib/zookeeper/data\ntickTime=2000\ninitLimit=10\nsyncLimit=5\nmaxClientCnxns=60\n${lines.join("")}`,
    );
    task.files.write("/var/lib/zookeeper/data/myid", `${ordinal(task).own + 1}\n`);
    return `${new Date(task.now).toISOString().replace("T", " ").replace("Z", "")} [myid:${ordinal(task).own + 1}] - INFO  [main:QuorumPeerMain] - Starting quorum peer\n`;
  },
  memoryBytes: 90 * 2 ** 20,
});

const zkHosts = (task: Task): string[] => {
  const { base } = ordinal(task);
  const domain = domainOf(task);
  return [...(domain === "" ? [] : [0, 1, 2].map((n) => `${base}-${n}.${domain}`)), "127.0.0.1"];
};

const zkTools: readonly Program[] = [
  {
    name: "zookeeper-ready",
    step(task) {
      return task.connect({ host: "127.0.0.1", port: Number(task.argv[1] ?? "2181") }) === "open" ? 0 : 1;
    },
  },
  {
    name: "zkServer.sh",
    step(task) {
      const isUp = task.connect({ host: "127.0.0.1", port: 2181 }) === "open";
      task.complain("ZooKeeper JMX enabled by default\nUsing config: /usr/bin/../etc/zookeeper/zoo.cfg\n");
      task.print(
        isUp
          ? `Mode: ${ordinal(task).own === 0 ? "leader" : "follower"}\n`
          : "Error contacting service. It is probably not running.\n",
      );
      return isUp ? 0 : 1;
    },
  },
  {
    name: "zkCli.sh",
    step(task) {
      const [verb = "", key = "", value = ""] = task.argv
        .slice(1)
        .filter((arg, n, all) => !arg.startsWith("-") && all[n - 1] !== "-server");
      task.print(
        "Connecting to localhost:2181\nWelcome to ZooKeeper!\n\nWATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null\n",
      );
      const send = (asked: Asked) => ask(task, zkHosts(task), 2181, asked);
      const found = send({ verb: "get", key });
      if (found === undefined) {
        task.complain(
          'Exception in thread "main" org.apache.zookeeper.KeeperException$ConnectionLossException: KeeperErrorCode = ConnectionLoss\n',
        );
        return 1;
      }
      const isThere = found["value"] !== null;
      if (verb === "create" && isThere) task.print(`Node already exists: ${key}\n`);
      else if (verb === "create") {
        send({ verb: "put", key, value });
        task.print(`Created ${key}\n`);
      } else if (verb === "ls") {
        const below = Object.keys(send({ verb: "list", key: "" }) ?? {}).map(
          (one) => one.replace(/^\//, "").split("/")[0] ?? "",
        );
        task.print(`[${[...new Set(["zookeeper", ...below])].join(", ")}]\n`);
      } else if (!isThere) {
        task.complain(`Node does not exist: ${key}\n`);
        return 1;
      } else if (verb === "get")
        task.print(`${found["value"]}\ncZxid = 0x100000002\ndataLength = ${found["value"]?.length}\nnumChildren = 0\n`);
      else if (verb === "set") send({ verb: "put", key, value });
      else if (verb === "delete" || verb === "rmr") send({ verb: "delete", key });
      else {
        task.complain(`Command not found: Command not found ${verb}\n`);
        return 1;
      }
      return 0;
    },
  },
];

const cassandra = keeper({
  name: "cassandra",
  ports: () => [7000, 7001, 7199, 9042],
  file: () => "/cassandra_data/data/system.json",
  banner: (task) =>
    `INFO  [main] ${new Date(task.now).toISOString().slice(0, 19).replace("T", " ")},000 CassandraDaemon.java - Node localhost/${task.record.podIP} state jump to NORMAL\n` +
    "INFO  [main] Server.java - Starting listening for CQL clients on /0.0.0.0:9042 (unencrypted)...\n",
  memoryBytes: 700 * 2 ** 20,
});

/** The members that are up: seeds and siblings by their names, itself at least. */
function ring(task: Task): string[] {
  const { base } = ordinal(task);
  const domain = domainOf(task);
  const names = domain === "" ? [] : Array.from({ length: 10 }, (_, n) => `${base}-${n}.${domain}`);
  const addresses = names.flatMap((name) =>
    task.connect({ host: name, port: 9042 }) === "open" ? task.resolve(name) : [],
  );
  return [...new Set([...addresses, task.record.podIP])];
}

const nodetool: Program = {
  name: "nodetool",
  step(task) {
    if (task.connect({ host: "127.0.0.1", port: 7199 }) !== "open") {
      task.complain(
        "nodetool: Failed to connect to '127.0.0.1:7199' - ConnectException: 'Connection refused (Connection refused)'.\n",
      );
      return 1;
    }
    const members = ring(task);
    const share = (100 / members.length).toFixed(1);
    const rows = members.map(
      (ip, n) =>
        `UN  ${ip.padEnd(12)} ${(80 + n).toFixed(2)} KiB  32      ${share}%             ${"0123456789abcdef"[n % 16]?.repeat(8)}-0000-4000-8000-000000000000  Rack1-K8Demo\n`,
    );
    task.print(
      `Datacenter: DC1-K8Demo\n======================\nStatus=Up/Down\n|/ State=Normal/Leaving/Joining/Moving\n--  Address      Load       Tokens  Owns (effective)  Host ID                               Rack\n${rows.join("")}\n`,
    );
    return 0;
  },
};

const cassandraReady: Program = {
  name: "cassandra-ready",
  step: (task) => (task.connect({ host: "127.0.0.1", port: 9042 }) === "open" ? 0 : 1),
};

export const ensemblePrograms = [zookeeper, ...zkTools, cassandra, nodetool, cassandraReady] as readonly Program[];

const [zkReady, zkServer, zkCli] = zkTools as readonly [Program, Program, Program];

export const ensembleImages = [
  imageOf({
    repositories: [
      "registry.k8s.io/kubernetes-zookeeper",
      "k8s.gcr.io/kubernetes-zookeeper",
      "gcr.io/google_samples/k8szk",
    ],
    megabytes: 150,
    flavor: "gnu",
    config: { cmd: ["start-zookeeper"], ports: [2181, 2888, 3888], user: 1000 },
    programs: {
      "/usr/bin/start-zookeeper": zookeeper,
      "/usr/bin/zookeeper-ready": zkReady,
      "/usr/bin/zkOk.sh": zkReady,
      "/usr/bin/zkServer.sh": zkServer,
      "/usr/bin/zkCli.sh": zkCli,
    },
    files: { "/opt/zookeeper/conf/": "", "/var/lib/zookeeper/data/": "" },
  }),
  imageOf({
    repositories: ["docker.io/library/zookeeper"],
    megabytes: 110,
    tags: { versions: { 3: [4, 10] }, variants: ["jre"], patches: 20 },
    flavor: "gnu",
    config: { cmd: ["zkServer-foreground"], ports: [2181, 2888, 3888, 8080] },
    programs: {
      "/usr/bin/zkServer-foreground": zookeeper,
      "/usr/bin/zkServer.sh": zkServer,
      "/usr/bin/zkCli.sh": zkCli,
    },
    files: { "/opt/zookeeper/conf/": "", "/var/lib/zookeeper/data/": "" },
  }),
  imageOf({
    repositories: ["gcr.io/google-samples/cassandra", "docker.io/library/cassandra"],
    megabytes: 140,
    tags: /^(latest|v\d+|\d+(\.\d+)*([\w.-]*))$/,
    flavor: "gnu",
    config: { cmd: ["/run.sh"], ports: [7000, 7199, 9042] },
    programs: { "/run.sh": cassandra, "/usr/local/bin/nodetool": nodetool, "/ready-probe.sh": cassandraReady },
  }),
];
