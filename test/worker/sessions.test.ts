/**
 * Goal: who has entered a container stays inside while the cluster's Durable Object sleeps, and hears what wakes.
 * Method: inside workerd: open an exec over a WebSocket, evict the object, type on, look at its alarm.
 */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test } from "vitest";
import { migratedDatabase, testEnv } from "#test/worker/database";

beforeAll(async () => {
  await migratedDatabase();
});

const ROOT = "http://kubernetes.default.svc";
const PODS = `${ROOT}/api/v1/namespaces/default/pods`;

type Stub = ReturnType<typeof testEnv.CLUSTER.getByName>;

/** A cluster with a running pod `box`. */
async function clusterWithPod(id: string): Promise<Stub> {
  const stub = testEnv.CLUSTER.getByName(id);
  await stub.create({
    seed: id,
    machines: [{ name: "node-1" }],
    components: { scheduler: true, controllerManager: true, kubelet: true },
    authorization: "RBAC",
    latency: "none",
  });
  const spec = { containers: [{ name: "box", image: "busybox", command: ["sleep", "infinity"] }] };
  const body = JSON.stringify({ metadata: { name: "box" }, spec });
  const made = await stub.fetch(PODS, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(made.status).toBe(201);
  await made.text();
  await stub.advance(10_000, false);
  return stub;
}

/** A session: what it has said so far by channel, and how to type. */
async function enter(stub: Stub, ...command: string[]) {
  const said: Record<number, string> = {};
  const query = new URLSearchParams([...command.map((word) => ["command", word]), ["stdin", "1"], ["stdout", "1"]]);
  const headers = { upgrade: "websocket", "sec-websocket-protocol": "v5.channel.k8s.io" };
  const { webSocket, status } = await stub.fetch(`${PODS}/box/exec?${query}`, { headers });
  expect(status).toBe(101);
  if (webSocket === null) throw new Error("no WebSocket");
  webSocket.binaryType = "arraybuffer";
  webSocket.accept();
  webSocket.addEventListener("message", ({ data }) => {
    const bytes = new Uint8Array(data as ArrayBuffer);
    const channel = bytes[0] ?? -1;
    said[channel] = (said[channel] ?? "") + new TextDecoder().decode(bytes.subarray(1));
  });
  const type = (text: string): void => webSocket.send(new Uint8Array([0, ...new TextEncoder().encode(text)]));
  return { said, type, close: () => webSocket.close(1000, "done") };
}

test("a shell remembers its variables through an eviction", async () => {
  const stub = await clusterWithPod("shell");
  const { said, type } = await enter(stub, "sh");
  type("x=remembered\n");
  await expect.poll(() => stub.clock().then(() => true)).toBe(true);
  await evictDurableObject(stub, { webSockets: "hibernate" });
  type("echo $x; exit 4\n");
  await expect.poll(() => said[3]).toContain('"message":"4"');
  expect(said[1]).toBe("remembered\n");
});

test("a sleeping command has an alarm while somebody listens, and speaks when it wakes", async () => {
  const stub = await clusterWithPod("sleeper");
  const { said, close } = await enter(stub, "sh", "-c", "echo first; sleep 1; echo second");
  await expect.poll(() => said[1]).toBe("first\n");
  await evictDurableObject(stub, { webSockets: "hibernate" });
  const alarm = await runInDurableObject(stub, (_: unknown, state: DurableObjectState) => state.storage.getAlarm());
  expect(alarm).not.toBeNull();
  await stub.advance(2_000, false);
  await runDurableObjectAlarm(stub);
  await expect.poll(() => said[1]).toBe("first\nsecond\n");
  await expect.poll(() => said[3]).toContain("Success");
  close();
});
