/**
 * Goal: a platform can offer a lab, let students try it, and grade them, in their language, changing nothing.
 * Method: the whole story over HTTP, with kubectl as the student.
 */
import { expect, inject, test } from "vitest";
import { okJson, TestCluster } from "#test/support/cluster";

const at = (path: string): string => `${inject("origin")}/api/v1${path}`;

interface Grade {
  readonly score: number;
  readonly max: number;
  readonly tasks: readonly { id: string; passed: boolean; points: number; message: string }[];
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(at(path), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const gradeOf = async (path: string, body: unknown = {}, headers = {}): Promise<Grade> =>
  okJson<Grade>(await post(path, body, headers));

const HELLO = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello-world, labels: { app: hello } }
spec:
  replicas: 3
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "gcr.io/google-samples/hello-app:1.0" }] }
`;

test("the catalogue is in Korean and in English", async () => {
  const { items } = await okJson<{ items: { slug: string; title: { ko: string; en: string } }[] }>(
    await fetch(at("/labs")),
  );
  expect(items[0]).toMatchObject({ slug: "hello-world", points: 100 });
  const lab = await okJson<{ text: { ko: string; en: string }; tasks: unknown[] }>(
    await fetch(at("/labs/hello-world")),
  );
  expect(lab.text.ko).toMatch(/쿠버네티스/);
  expect(lab.tasks).toHaveLength(4);
  expect((await fetch(at("/labs/nothing"))).status).toBe(404);
});

test("an attempt is graded as it goes along, and grading changes nothing", async () => {
  const made = await okJson<{ id: string; cluster: ConstructorParameters<typeof TestCluster>[1] }>(
    await post("/attempts", { lab: "hello-world" }),
  );
  const cluster = new TestCluster(inject("origin"), made.cluster);
  const path = `/attempts/${made.id}/grade`;
  expect(await gradeOf(path)).toMatchObject({ score: 0, max: 100 });
  await cluster.kubectlOk(["apply", "-f", "-"], { stdin: HELLO });
  const before = await cluster.kubectlOk(["get", "deploy", "-o", "jsonpath={.items[0].metadata.resourceVersion}"]);
  // The rollout has hardly begun; the fork that is graded has seen its end.
  expect(await gradeOf(path)).toMatchObject({ score: 25 });
  expect(await cluster.kubectlOk(["get", "deploy", "-o", "jsonpath={.items[0].metadata.resourceVersion}"])).toBe(
    before,
  );
  await cluster.settle();
  await cluster.kubectlOk(["delete", "pod", "-l", "app=hello", "--wait=false"]);
  await cluster.kubectlOk(["scale", "deploy/hello-world", "--replicas=5"]);
  await cluster.settle();
  expect(await gradeOf(path)).toMatchObject({ score: 75 });
  await cluster.kubectlOk(["set", "image", "deploy/hello-world", "hello=gcr.io/google-samples/hello-app:2.0"]);
  await cluster.settle();
  await cluster.kubectlOk(["rollout", "undo", "deploy/hello-world"]);
  expect(await gradeOf(path)).toMatchObject({ score: 100, max: 100 });
});

test("one shot: manifests and kubectl lines, and the message in the language asked for", async () => {
  const body = { lab: "hello-world", manifests: HELLO, commands: ["kubectl scale deploy hello-world --replicas=4"] };
  const [english, korean] = await Promise.all([gradeOf("/grade", body), gradeOf("/grade?lang=ko", body)]);
  expect(english.tasks.map(({ passed }) => passed)).toEqual([true, false, false, false]);
  expect(english.tasks[2]?.message).toBe("Deployment default/hello-world: .spec.replicas is 4, expected 5.");
  expect(korean.tasks[2]?.message).toMatch(/현재 값: 4, 기대하는 값: 5/);
  const accepted = await gradeOf("/grade", body, { "accept-language": "ko-KR,ko;q=0.9,en;q=0.5" });
  expect(accepted.tasks).toEqual(korean.tasks);
});

test.each([
  { command: "kubectl top pods", says: '"top" is not supported' },
  { command: "helm install x y", says: '"helm" is not supported' },
  { command: "kubectl get pods | wc -l", says: "is not supported" },
  { command: "kubectl apply -f web.yaml", says: "web.yaml" },
])("$command is refused by name", async ({ command, says }) => {
  const response = await post("/grade", { lab: "hello-world", commands: [command] });
  expect(response.status).toBe(422);
  const { errors } = (await response.json()) as { errors: { pointer: string; detail: string }[] };
  expect(errors[0]?.pointer).toBe("#/commands/0");
  expect(errors[0]?.detail).toContain(says);
});

const teachers = (slug: string): string => `
slug: ${slug}
title: { ko: 설정 하나, en: One setting }
text: { ko: 설정을 만드세요., en: Make a setting. }
minutes: 5
setup:
  nodes: 0
  manifests: |
    apiVersion: v1
    kind: Namespace
    metadata: { name: shop }
tasks:
  - id: sky
    title: { ko: 하늘, en: Sky }
    text: { ko: 파랗게, en: Make it blue }
    points: 10
    check:
      type: object
      resource: configmaps
      namespace: shop
      name: colours
      fields: [{ path: .data.sky, expect: { op: "==", value: blue } }]
`;

test("a teacher brings a lab as YAML; it is offered, tried and graded like ours", async () => {
  const slug = `sky-${Date.now()}`;
  const yaml = { "content-type": "application/yaml" };
  expect((await post("/labs", teachers(slug), yaml)).status).toBe(201);
  expect((await post("/labs", teachers(slug), yaml)).status).toBe(409);
  expect((await gradeOf("/grade", { lab: slug })).score).toBe(0);
  const commands = ["kubectl create configmap colours -n shop --from-literal=sky=blue"];
  expect(await gradeOf("/grade", { lab: slug, commands })).toMatchObject({ score: 10, max: 10 });
  const { id, cluster } = await okJson<{ id: string; cluster: ConstructorParameters<typeof TestCluster>[1] }>(
    await post("/attempts", { lab: slug }),
  );
  const student = new TestCluster(inject("origin"), cluster);
  await student.kubectlOk(["create", "configmap", "colours", "-n", "shop", "--from-literal=sky=grey"]);
  expect((await gradeOf(`/attempts/${id}/grade`)).tasks[0]?.message).toContain(".data.sky is grey, expected blue");
});

test("a lab that is wrong is refused field by field", async () => {
  const response = await post("/labs", { slug: "Bad Slug", tasks: [] });
  expect(response.status).toBe(422);
  const { errors } = (await response.json()) as { errors: { pointer: string }[] };
  expect(errors.map(({ pointer }) => pointer)).toEqual(
    expect.arrayContaining(["#/slug", "#/title", "#/text", "#/minutes", "#/tasks"]),
  );
});
