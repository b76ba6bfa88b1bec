/**
 * Goal: containers are entered, attached to and copied from and to as in a real cluster, by whoever may.
 * Method: the real kubectl with pipes on its standard streams, and the JavaScript client over WebSocket.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { Attach, Exec, KubeConfig, type V1Status } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newCluster, type TestCluster } from "#test/support/cluster";
import { kubectl, startKubectl } from "#test/support/kubectl";

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await newCluster({ nodes: 1, latency: "none" });
  await cluster.kubectlOk(["run", "box", "--image=busybox", "--", "sleep", "infinity"]);
  await cluster.kubectlOk(["run", "done", "--image=busybox", "--restart=Never", "--", "true"]);
  await cluster.kubectlOk(["run", "stuck", "--image=nosuch.example/x"]);
  await cluster.kubectlOk(["wait", "--for=condition=Ready", "pod/box", "--timeout=30s"]);
});
afterAll(() => cluster?.delete());

const exec = (...command: string[]) => cluster.kubectl(["exec", "box", "--", ...command]);

/** Collects what is written to it. */
class Sink extends Writable {
  text = "";
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function config(): KubeConfig {
  const loaded = new KubeConfig();
  loaded.loadFromString(cluster.kubeconfig);
  // It speaks plain http to nobody else.
  loaded.clusters = loaded.clusters.map((one) => ({ ...one, skipTLSVerify: true }));
  return loaded;
}

/** Runs a command by the JavaScript client; its Status and output. */
async function clientExec(command: string[], stdin: PassThrough | null, tty = false) {
  const out = new Sink();
  const err = new Sink();
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config()).exec("default", "box", "box", command, out, err, stdin, tty, resolve).catch(reject);
  });
  return { status, out: out.text, err: err.text };
}

test("a command's output, errors and exit code come back", async () => {
  expect((await exec("cat", "/etc/hosts")).stdout).toContain("\tbox\n");
  expect(await exec("sh", "-c", "echo out; echo err >&2; exit 42")).toEqual({
    stdout: "out\n",
    stderr: "err\ncommand terminated with exit code 42\n",
    code: 42,
  });
  expect(await exec("true")).toEqual({ stdout: "", stderr: "", code: 0 });
  expect(await exec("sh", "-c", "nope")).toMatchObject({
    stderr: expect.stringContaining("sh: nope: not found"),
    code: 127,
  });
  expect(await exec("sh", "-c", "/etc/passwd")).toMatchObject({ code: 126 });
});

test("standard input ends when the client's does", async () => {
  const { stdout } = await cluster.kubectl(["exec", "-i", "box", "--", "sh", "-c", "wc -c; echo 한글"], {
    stdin: "x".repeat(70_000),
  });
  expect(stdout).toBe("70000\n한글\n");
});

test("what cannot be entered is refused in upstream's words", async () => {
  expect((await exec("nope")).stderr).toMatch(
    /^error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "nope": executable file not found in \$PATH: unknown\n$/,
  );
  const refusals: readonly (readonly [string[], string])[] = [
    [["exec", "none", "--", "ls"], 'Error from server (NotFound): pods "none" not found\n'],
    [["exec", "box", "-c", "x", "--", "ls"], "Error from server (BadRequest): container x is not valid for pod box\n"],
    [
      ["exec", "done", "--", "ls"],
      "error: cannot exec into a container in a completed pod; current phase is Succeeded\n",
    ],
    [
      ["exec", "stuck", "--", "ls"],
      'error: Internal error occurred: unable to upgrade connection: container not found ("stuck")\n',
    ],
  ];
  for (const [args, stderr] of refusals) expect(await cluster.kubectl(args)).toMatchObject({ stderr, code: 1 });
  const plain = await cluster.api("/api/v1/namespaces/default/pods/box/exec?command=ls&stdout=true", {
    method: "POST",
  });
  expect(plain.status).toBe(400);
  expect(await plain.json()).toMatchObject({
    kind: "Status",
    reason: "BadRequest",
    message: "Upgrade request required",
  });
});

test("a command that sleeps goes on, several at once", async () => {
  const all = await Promise.all(
    ["a", "b", "c"].map((name) => exec("sh", "-c", `sleep 1; echo ${name}; sleep 1; echo ${name}`)),
  );
  expect(all.map(({ stdout }) => stdout)).toEqual(["a\na\n", "b\nb\n", "c\nc\n"]);
});

test("a client that stops waiting leaves, and others go on", async () => {
  const left = startKubectl(cluster, ["exec", "box", "--", "sh", "-c", "while true; do date; sleep 1; done"]);
  await new Promise<void>((resolve) => left.stdout?.once("data", () => resolve()));
  left.kill("SIGKILL");
  expect((await exec("echo", "here")).stdout).toBe("here\n");
});

test("files are copied both ways, bytes and names as they were", async () => {
  const dir = mkdtempSync(join(tmpdir(), "drydock-cp-"));
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 7 + (n >> 8)) & 0xff));
  writeFileSync(join(dir, "bytes"), bytes);
  writeFileSync(join(dir, `${"long".repeat(30)}`), "한글\n");
  await cluster.kubectlOk(["cp", dir, "box:/tmp/in"]);
  expect((await exec("sh", "-c", `wc -c < /tmp/in/bytes; cat /tmp/in/long*`)).stdout).toBe("100000\n한글\n");
  await cluster.kubectlOk(["cp", "box:/tmp/in/bytes", join(dir, "back")]);
  expect(readFileSync(join(dir, "back")).equals(bytes)).toBe(true);
});

test("run --rm -i gives the command its input and its end", async () => {
  const run = (name: string, script: string, stdin: string) =>
    cluster.kubectl(["run", "-i", "--rm", name, "--image=busybox", "--restart=Never", "--", "sh", "-c", script], {
      stdin,
    });
  expect((await run("r1", "echo hi", "")).stdout).toMatch(/^hi\n/);
  expect((await run("r2", "read line; sleep 1; echo got $line", "data\n")).stdout).toMatch(/^got data\n/);
  expect((await run("r3", "sleep 1; exit 3", "")).code).toBe(3);
});

test("attach shows what a container says from now on", async () => {
  await cluster.kubectlOk([
    "run",
    "clock",
    "--image=busybox",
    "--",
    "sh",
    "-c",
    "while true; do echo tick; sleep 1; done",
  ]);
  await cluster.kubectlOk(["wait", "--for=condition=Ready", "pod/clock", "--timeout=30s"]);
  const attached = startKubectl(cluster, ["attach", "clock"]);
  const said = await new Promise<string>((resolve) =>
    attached.stdout?.once("data", (data: Buffer) => resolve(String(data))),
  );
  attached.kill("SIGKILL");
  expect(said).toMatch(/^(tick\n)+$/);
});

test("an ephemeral container is entered to debug a pod", async () => {
  const { stdout } = await cluster.kubectl(
    ["debug", "-i", "box", "--image=busybox", "--", "sh", "-c", "read x; echo debug $x"],
    {
      stdin: "me\n",
    },
  );
  expect(stdout).toContain("debug me\n");
});

test("the JavaScript client: output, exit code, a terminal that echoes and knows its size", async () => {
  expect(await clientExec(["sh", "-c", "echo out; echo err >&2; exit 3"], null)).toMatchObject({
    out: "out\n",
    err: "err\n",
    status: {
      status: "Failure",
      reason: "NonZeroExitCode",
      details: { causes: [{ reason: "ExitCode", message: "3" }] },
    },
  });
  const keys = new PassThrough();
  const shell = clientExec(["sh"], keys, true);
  keys.write("tty; echo $((6*7))\r");
  keys.write("exit 5\r");
  const { out, status } = await shell;
  expect(out).toContain("/ # tty; echo $((6*7))\r\n/dev/pts/0\r\n42\r\n/ # exit 5\r\n");
  expect(status.details?.causes?.[0]?.message).toBe("5");
});

test("the JavaScript client attaches", async () => {
  const out = new Sink();
  const socket = await new Attach(config()).attach("default", "clock", "clock", out, null, null, false);
  while (out.text === "") await new Promise((resolve) => setTimeout(resolve, 50));
  socket.close();
  expect(out.text).toMatch(/^tick\n/);
});

test("whoever may not create pods/exec, or holds another cluster's key, stays outside", async () => {
  const other = await newCluster({ nodes: 0 });
  const stolen = { kubeconfig: cluster.kubeconfig.replaceAll(cluster.key, other.key) };
  expect((await kubectl(stolen, ["exec", "box", "--", "id"])).code).toBe(1);
  await other.delete();
  await cluster.kubectlOk(["create", "sa", "guest"]);
  await cluster.kubectlOk(["create", "role", "look", "--verb=get,list", "--resource=pods,pods/exec"]);
  await cluster.kubectlOk(["create", "rolebinding", "look", "--role=look", "--serviceaccount=default:guest"]);
  const token = (await cluster.kubectlOk(["create", "token", "guest"])).trim();
  const guest = { kubeconfig: cluster.kubeconfig.replaceAll(cluster.key, token) };
  const refused = await kubectl(guest, ["exec", "box", "--", "id"]);
  expect(refused.stderr).toContain(
    'pods "box" is forbidden: User "system:serviceaccount:default:guest" cannot create resource "pods/exec" in API group "" in the namespace "default"',
  );
});

/** What a WebSocket says until it closes, or until it has said so many messages. */
async function heard(path: string, protocols: string[], most = 100): Promise<string[]> {
  const { server = "" } = config().getCurrentCluster() ?? {};
  const socket = new WebSocket(server.replace(/^http/, "ws") + path, protocols);
  socket.binaryType = "arraybuffer";
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${path}`)));
    socket.addEventListener("close", () => resolve());
    socket.addEventListener("message", ({ data }) => {
      said.push(typeof data === "string" ? data : Buffer.from(data as ArrayBuffer).toString());
      if (said.length >= most) socket.close();
    });
  });
  return said;
}

test("logs and watches come over a WebSocket to who asks so", async () => {
  const pods = "/api/v1/namespaces/default/pods";
  await cluster.kubectlOk(["run", "talk", "--image=busybox", "--restart=Never", "--", "echo", "container is alive"]);
  await cluster.kubectlOk(["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/talk", "--timeout=30s"]);
  const log = `${pods}/talk/log?container=talk`;
  expect((await heard(log, ["binary.k8s.io"])).join("")).toBe("container is alive\n");
  const encoded = await heard(`${log}&follow=true`, ["base64.binary.k8s.io"]);
  expect(encoded.map((text) => atob(text)).join("")).toBe("container is alive\n");
  const [event = ""] = await heard(`${pods}?watch=true&fieldSelector=metadata.name%3Dbox`, [], 1);
  expect(JSON.parse(event)).toMatchObject({ type: "ADDED", object: { metadata: { name: "box" } } });
});

test("10 MB of any bytes are copied both ways, whole", async () => {
  const dir = mkdtempSync(join(tmpdir(), "drydock-cp-"));
  const bytes = Buffer.alloc(10_000_000);
  for (let n = 0, x = 1; n < bytes.length; n += 1) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    bytes[n] = x >>> 16;
  }
  writeFileSync(join(dir, "large"), bytes);
  await cluster.kubectlOk(["cp", join(dir, "large"), "box:/tmp/large"]);
  expect((await exec("wc", "-c", "/tmp/large")).stdout).toBe("10000000 /tmp/large\n");
  await cluster.kubectlOk(["cp", "box:/tmp/large", join(dir, "back")]);
  expect(readFileSync(join(dir, "back")).equals(bytes)).toBe(true);
});
