/**
 * Goal: a line is read as a shell and cobra would read it, apply merges three sides, and what is beyond us is refused.
 * Method: tables of lines; whole commands against a server that remembers what it was sent.
 */
import { describe, expect, test } from "vitest";
import { parseFlags } from "#kernel/kubectl/flags";
import { commandIn } from "#kernel/kubectl/kubectl";
import { merged } from "#kernel/kubectl/merge";
import { runKubectl } from "#kubectl/kubectl";
import { splitLine } from "#kubectl/words";

test.each([
  { line: "scale deploy web --replicas=3", words: ["scale", "deploy", "web", "--replicas=3"] },
  { line: `label pod a note="two words" k='it is'`, words: ["label", "pod", "a", "note=two words", "k=it is"] },
  { line: "create ns a\\ b", words: ["create", "ns", "a b"] },
  { line: "create deploy web \\\n  --image=nginx", words: ["create", "deploy", "web", "--image=nginx"] },
  { line: "  ", words: [] },
])("$line is split into words", ({ line, words }) => {
  expect(splitLine(line)).toEqual({ words });
});

test("a here-document is standard input", () => {
  const line = "apply -f - <<'EOF'\nkind: A\n---\nkind: B\nEOF\n";
  expect(splitLine(line)).toEqual({ words: ["apply", "-f", "-"], stdin: "kind: A\n---\nkind: B" });
});

test.each(["get pods | wc", "a; b", "a && b", "delete pod $(x)", "apply -f a > b", 'say "a'])(
  "%s is refused",
  (line) => {
    expect(() => splitLine(line)).toThrow(/^error: /);
  },
);

test("flags come in every way cobra takes them", () => {
  const flags = { flags: { replicas: "value", filename: "list", all: "switch" }, short: { f: "filename" } } as const;
  const parsed = parseFlags("a --replicas 3 -f x -fy --all -n web b -- --rest".split(" "), flags);
  expect(parsed.args).toEqual(["a", "b"]);
  expect(parsed.rest).toEqual(["--rest"]);
  expect([parsed.value("replicas"), parsed.value("namespace"), parsed.has("all")]).toEqual(["3", "web", true]);
  expect(parsed.list("filename")).toEqual(["x", "y"]);
  expect(() => parseFlags(["--nope"], flags)).toThrow("error: unknown flag: --nope");
  expect(() => parseFlags(["--replicas"], flags)).toThrow("error: flag needs an argument: --replicas");
});

test("a command is found behind `kubectl` and a namespace", () => {
  expect(commandIn("-n web scale deploy/a --replicas=1".split(" "))).toMatchObject({
    command: { name: "scale" },
    args: ["-n", "web", "deploy/a", "--replicas=1"],
  });
  expect(() => commandIn(["top", "pods"])).toThrow('error: "top" is not supported here');
});

describe("apply merges what was applied, what is and what is to be", () => {
  test.each([
    { name: "a changed field", last: { a: 1 }, live: { a: 1, b: 2 }, wanted: { a: 3 }, result: { a: 3, b: 2 } },
    {
      name: "a dropped field",
      last: { a: 1, c: 1 },
      live: { a: 1, b: 2, c: 1 },
      wanted: { a: 1 },
      result: { a: 1, b: 2 },
    },
    { name: "a new field", last: {}, live: { b: 2 }, wanted: { a: { x: 1 } }, result: { b: 2, a: { x: 1 } } },
    { name: "a plain list", last: { l: [1] }, live: { l: [1, 2] }, wanted: { l: [3] }, result: { l: [3] } },
    {
      name: "a list of named members",
      last: { l: [{ name: "a" }, { name: "gone" }] },
      live: { l: [{ name: "a", set: 1 }, { name: "gone" }, { name: "injected" }] },
      wanted: { l: [{ name: "a", image: "x" }, { name: "new" }] },
      result: { l: [{ name: "a", set: 1, image: "x" }, { name: "new" }, { name: "injected" }] },
    },
  ])("$name", ({ last, live, wanted, result }) => {
    expect(merged(last, live, wanted)).toEqual(result);
  });
});

const DISCOVERY: Readonly<Record<string, unknown>> = {
  "/apis": { groups: [{ name: "apps", preferredVersion: { version: "v1" } }] },
  "/api/v1": { resources: [{ name: "pods", singularName: "pod", shortNames: ["po"], kind: "Pod", namespaced: true }] },
  "/apis/apps/v1": {
    resources: [
      { name: "deployments", singularName: "deployment", shortNames: ["deploy"], kind: "Deployment", namespaced: true },
      { name: "deployments/scale", kind: "Scale", namespaced: true },
    ],
  },
};

/** A server that knows one Deployment and remembers what was written. */
function recorder() {
  const writes: { method: string; path: string; type: string; body: unknown }[] = [];
  const web = {
    metadata: { name: "web" },
    spec: { selector: { matchLabels: { a: "b" } }, template: { spec: { containers: [{ name: "a" }, { name: "b" }] } } },
  };
  const fetch = async (path: string, { method = "GET", headers, body }: RequestInit): Promise<Response> => {
    const known = DISCOVERY[path];
    if (known !== undefined) return Response.json(known);
    if (method === "GET" && path.endsWith("/deployments/web")) return Response.json(web);
    if (method === "GET") return Response.json({ reason: "NotFound", message: "it is not there" }, { status: 404 });
    const type = new Headers(headers as HeadersInit).get("content-type") ?? "";
    writes.push({ method, path: path.split("?")[0] ?? "", type, body: JSON.parse(String(body)) });
    return Response.json(web);
  };
  return { writes, run: (line: string) => runKubectl(line, { fetch, now: "2026-01-01T00:00:00Z" }) };
}

const WEB = "/apis/apps/v1/namespaces/default/deployments/web";

test.each([
  {
    line: "kubectl scale deploy web --replicas=5",
    says: "deployment.apps/web scaled",
    write: { method: "PATCH", path: `${WEB}/scale`, body: { spec: { replicas: 5 } } },
  },
  {
    line: "kubectl set image deployment/web b=nginx:2",
    says: "deployment.apps/web image updated",
    write: {
      method: "PATCH",
      path: WEB,
      body: { spec: { template: { spec: { containers: [{ name: "b", image: "nginx:2" }] } } } },
    },
  },
  {
    line: "kubectl label deployment web tier=front old-",
    says: "deployment.apps/web labeled",
    write: { method: "PATCH", path: WEB, body: { metadata: { labels: { tier: "front", old: null } } } },
  },
  {
    line: "kubectl rollout restart deploy/web",
    says: "deployment.apps/web restarted",
    write: { method: "PATCH", path: WEB },
  },
  {
    line: "kubectl delete deployment web --cascade=orphan",
    says: 'deployment.apps "web" deleted from default namespace',
    write: {
      method: "DELETE",
      path: WEB,
      body: { apiVersion: "v1", kind: "DeleteOptions", propagationPolicy: "Orphan" },
    },
  },
])("$line", async ({ line, says, write }) => {
  const { writes, run } = recorder();
  expect(await run(line)).toBe(says);
  expect(writes).toMatchObject([write]);
});

test("create deployment writes what kubectl writes", async () => {
  const { writes, run } = recorder();
  await run(
    "kubectl create deployment hello --image=gcr.io/google-samples/hello-app:1.0 --replicas=2 --port=8080 -n shop",
  );
  expect(writes).toMatchObject([
    {
      method: "POST",
      path: "/apis/apps/v1/namespaces/shop/deployments",
      body: {
        metadata: { name: "hello", labels: { app: "hello" } },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "hello" } },
          template: {
            metadata: { labels: { app: "hello" } },
            spec: {
              containers: [
                { name: "hello-app", image: "gcr.io/google-samples/hello-app:1.0", ports: [{ containerPort: 8080 }] },
              ],
            },
          },
        },
      },
    },
  ]);
});

test.each([
  { line: "scale deploy web", says: "The --replicas=COUNT flag is required" },
  { line: "scale deploy/x/y --replicas=1", says: "resource/name form" },
  { line: "set image deploy/web zzz=nginx", says: 'unable to find container named "zzz"' },
  { line: "delete gadget a", says: `the server doesn't have a resource type "gadget"` },
  { line: "create ingress a", says: "create ingress is not supported here" },
  { line: "rollout history deploy/web", says: "rollout history is not supported here" },
  { line: "expose deploy/web", says: "couldn't find port" },
  { line: "rollout undo deploy/other", says: "Error from server (NotFound): it is not there" },
])("$line says $says", async ({ line, says }) => {
  await expect(recorder().run(line)).rejects.toThrow(says);
});
