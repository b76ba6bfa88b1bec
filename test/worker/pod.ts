/**
 * A cluster with one pod inside workerd, and scripts run in it through the socket of exec.
 */
import { expect } from "vitest";
import { testEnv } from "#test/worker/database";

const ROOT = "http://kubernetes.default.svc";
export const PODS = `${ROOT}/api/v1/namespaces/default/pods`;

export type Stub = ReturnType<typeof testEnv.CLUSTER.getByName>;

/** A cluster with a running pod `box`. */
export async function clusterWithPod(id: string): Promise<Stub> {
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
export async function enter(stub: Stub, ...command: string[]) {
  const said: Record<number, string> = {};
  const query = new URLSearchParams([...command.map((word) => ["command", word]), ["stdin", "1"], ["stdout", "1"]]);
  query.set("stderr", "1");
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

/** What a script prints, errors after output, once it has ended; virtual time passes as it needs. */
export async function run(stub: Stub, script: string): Promise<string> {
  const { said } = await enter(stub, "sh", "-c", script);
  for (let rounds = 0; said[3] === undefined && rounds < 2_000; rounds += 1) {
    await stub.advance(1_000, false);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return (said[1] ?? "") + (said[2] ?? "");
}
