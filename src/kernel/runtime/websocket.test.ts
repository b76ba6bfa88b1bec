/**
 * Goal: WebSockets of programs follow RFC 6455: pieces, masks, lengths, pings and closes; what breaks it is cut off.
 * Method: frames as tables and with fast-check; a described image and podinfo behind a raw connection in the kernel.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { outsideUpgrade } from "#kernel/network/upgrade";
import { worldOf } from "#kernel/network/world-of";
import { configmaps } from "#kernel/resources/core/configmap";
import { services } from "#kernel/resources/core/service";
import { received, send, takeReceived } from "#kernel/runtime/connections";
import { bytesOfText, textOfBytes } from "#kernel/runtime/files/bytes";
import { acceptKey, closeCode, closePayload, frameBytes, OPCODE, takeFrame } from "#kernel/runtime/websocket";
import type { World } from "#kernel/runtime/world";
import { Bench, podOn } from "#test/support/pods";

const MASK = Uint8Array.of(1, 2, 3, 4);

test("the answer to a client's key is the RFC's own example", () => {
  expect(acceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("a frame is read as it was written, whatever its length", () => {
  const lengths = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536);
  fc.assert(
    fc.property(lengths, fc.boolean(), fc.nat(255), (length, isMasked, fill) => {
      const payload = new Uint8Array(length).fill(fill);
      const bytes = frameBytes(OPCODE.binary, payload, isMasked ? MASK : undefined);
      const frame = takeFrame(bytes, 100_000);
      expect(frame).toEqual({ isLast: true, opcode: 2, isMasked, payload, taken: bytes.length });
      expect(takeFrame(bytes.subarray(0, bytes.length - 1), 100_000)).toBe("more");
    }),
  );
  expect(takeFrame(frameBytes(OPCODE.text, new Uint8Array(200)), 100)).toBe("large");
  expect(takeFrame(Uint8Array.of(0xc1, 0), 100)).toBe("bad");
  expect(closeCode(closePayload(4001, "why"))).toBe(4001);
});

const IMAGE =
  "image: school/chat:1\nports: [80]\nroutes:\n- path: /chat\n  socket: { open: 'at {{hostname}}', reply: 'heard {{message}}' }\n";

function open(image: string, path: string, port: number): { bench: Bench; world: () => World; id: string } {
  const bench = new Bench({ latency: "none" });
  const { admin } = bench.cluster;
  const metadata = { name: "images", namespace: "default", labels: { "drydock.dev/images": "" } };
  bench.turn(() => admin.create(configmaps, { metadata, data: { "chat.yaml": IMAGE } }));
  const draft = podOn("chat", { containers: [{ name: "c", image }] });
  bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: "chat" } } });
  const spec = {
    type: "NodePort",
    selector: { app: "chat" },
    ports: [{ port: 80, targetPort: port, nodePort: 30_080 }],
  };
  bench.turn(() => admin.create(services, { metadata: { name: "chat", namespace: "default" }, spec }));
  bench.pass(1);
  return { bench, world: worldIn(bench), id: ask(bench, path) };
}

function worldIn(bench: Bench): () => World {
  return () => {
    const { admin: client, entropy, cells, now } = bench.cluster;
    return worldOf({ client, entropy, cells, now });
  };
}

/** Asks for a WebSocket at port 30080 of the first node: its connection, "" if there is none. */
function ask(bench: Bench, path: string): string {
  const headers = {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AA==",
  };
  let id = "";
  bench.turn(() => {
    const request = { method: "GET", path, headers, body: "" };
    const outcome = outsideUpgrade(worldIn(bench)(), { host: "172.18.0.2", port: 30_080 }, request, "test/1");
    if ("connection" in outcome) id = outcome.connection ?? "";
  });
  return id;
}

/** Sends bytes and reads the frames that came: opcode and text of each. */
function say({ bench, world, id }: ReturnType<typeof open>, bytes: Uint8Array): string[] {
  const heard: string[] = [];
  bench.turn(() => {
    if (bytes.length > 0) send(world(), id, "client", textOfBytes(bytes));
    const text = received(world().cells, id, "client") ?? "";
    takeReceived(world().cells, id, "client", text.length);
    for (let rest = bytesOfText(text); rest.length > 0; ) {
      const frame = takeFrame(rest, 1 << 20);
      if (typeof frame === "string") throw new Error(frame);
      const { opcode, payload } = frame;
      heard.push(opcode === OPCODE.close ? `closed ${closeCode(payload)}` : `${opcode} ${textOfBytes(payload)}`);
      rest = rest.slice(frame.taken);
    }
  });
  return heard;
}

const masked = (opcode: number, text: string): Uint8Array => frameBytes(opcode, bytesOfText(text), MASK);

test("a described image speaks: messages in pieces, pings between them, and a farewell", () => {
  const socket = open("school/chat:1", "/chat", 80);
  expect(say(socket, new Uint8Array(0))).toEqual(["1 at chat"]);
  expect(say(socket, masked(OPCODE.text, "you"))).toEqual(["1 heard you"]);
  const first = masked(OPCODE.text, "one ");
  first[0] = OPCODE.text;
  expect(say(socket, first)).toEqual([]);
  expect(say(socket, masked(OPCODE.ping, "?"))).toEqual(["10 ?"]);
  const last = masked(OPCODE.continuation, "two");
  expect(say(socket, last.subarray(0, 4))).toEqual([]);
  expect(say(socket, last.subarray(4))).toEqual(["1 heard one two"]);
  expect(say(socket, frameBytes(OPCODE.close, closePayload(1000), MASK))).toEqual(["closed 1000"]);
});

test.each([
  ["no mask", frameBytes(OPCODE.text, bytesOfText("bare"))],
  ["a piece of nothing", masked(OPCODE.continuation, "lost")],
  ["an unknown kind", Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)],
])("%s is a broken protocol", (_, bytes) => {
  expect(say(open("school/chat:1", "/chat", 80), bytes).at(-1)).toBe("closed 1002");
});

test("nginx passes a WebSocket on where its configuration says so, and its end both ways", () => {
  const bench = new Bench({ latency: "none" });
  const { admin } = bench.cluster;
  const conf =
    "server { listen 80; location / { proxy_pass http://10.96.9.9; proxy_http_version 1.1; " +
    "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } " +
    "location /plain/ { proxy_pass http://10.96.9.9; } }";
  bench.turn(() =>
    admin.create(configmaps, { metadata: { name: "conf", namespace: "default" }, data: { "a.conf": conf } }),
  );
  const volumeMounts = [{ name: "conf", mountPath: "/etc/nginx/conf.d/default.conf", subPath: "a.conf" }];
  const labelled = (name: string, spec: object) => {
    const draft = podOn(name, spec);
    bench.create({ ...draft, metadata: { ...draft.metadata, labels: { app: name } } });
  };
  labelled("front", {
    volumes: [{ name: "conf", configMap: { name: "conf" } }],
    containers: [{ name: "c", image: "nginx:1.27", volumeMounts }],
  });
  labelled("echo", { containers: [{ name: "c", image: "jmalloc/echo-server:0.3.7" }] });
  const serve = (name: string, spec: object): void =>
    bench.turn(() => void admin.create(services, { metadata: { name, namespace: "default" }, spec } as never));
  serve("front", { type: "NodePort", selector: { app: "front" }, ports: [{ port: 80, nodePort: 30_080 }] });
  serve("echo", { clusterIP: "10.96.9.9", selector: { app: "echo" }, ports: [{ port: 80, targetPort: 8080 }] });
  bench.pass(1);
  const world = worldIn(bench);
  const socket = { bench, world, id: ask(bench, "/chat") };
  expect(say(socket, new Uint8Array(0))).toEqual(["1 Request served by echo"]);
  expect(say(socket, masked(OPCODE.text, "through"))).toEqual(["1 through"]);
  bench.delete("echo", 0);
  bench.pass(1);
  expect(received(world().cells, socket.id, "client")).toBe("");
  expect(ask(bench, "/plain/")).toBe("");
});

test("podinfo echoes, and tells every five seconds who it is", () => {
  const socket = open("ghcr.io/stefanprodan/podinfo:6.9.2", "/ws/echo", 9898);
  expect(say(socket, masked(OPCODE.text, "hi"))).toEqual([expect.stringMatching(/^1 \{"ts":".*","msg":"hi"\}\n$/)]);
  socket.bench.pass(10);
  expect(say(socket, new Uint8Array(0))).toEqual([
    expect.stringContaining('"server":"chat"'),
    expect.stringContaining('"server":"chat"'),
  ]);
});
