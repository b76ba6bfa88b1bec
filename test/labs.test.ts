/**
 * Goal: every lab of ours can be solved and does not solve itself; whoever has not solved it is told what to do.
 * Method: rehearse each lab in memory: untouched, with its model solution, and with one line of it missing.
 */
import { expect, test } from "vitest";
import { catalogue, labOf } from "#classroom/catalogue";
import { type Grade, gradeCluster, gradeValue, settle } from "#classroom/grade";
import { type Lab, labOptions, labSchema } from "#classroom/lab";
import { Cluster } from "#kernel/cluster/cluster";
import { exportCluster } from "#kernel/cluster/snapshot";
import { LineRefused, rehearse } from "#worker/http/api/rehearsal";

const IMAGE = "gcr.io/google-samples/hello-app";

const HELLO = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello-world, labels: { app: hello } }
spec:
  replicas: 3
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: hello, image: "${IMAGE}:1.0", ports: [{ containerPort: 8080 }] }] }
`;

/** What a good student hands in, by the lab's slug. */
const SOLUTIONS: Readonly<Record<string, { readonly commands: readonly string[]; readonly manifests: string }>> = {
  "hello-world": {
    manifests: HELLO,
    commands: [
      "kubectl delete pod -l app=hello",
      "kubectl scale deployment hello-world --replicas=5",
      `kubectl set image deployment/hello-world hello=${IMAGE}:2.0`,
      "kubectl rollout undo deployment/hello-world",
    ],
  },
};

const passed = ({ tasks }: Grade): string[] => tasks.filter((task) => task.passed).map(({ id }) => id);
const solutionOf = ({ slug }: Lab) => SOLUTIONS[slug] ?? { commands: [], manifests: "" };

test.each(catalogue())("$slug is a lab as a teacher could bring it", (lab) => {
  expect(labSchema.parse(JSON.parse(JSON.stringify(lab)))).toEqual(lab);
});

test.each(catalogue())("$slug untouched passes nothing, and every task says why in both languages", async (lab) => {
  const grade = await rehearse(lab, { commands: [] });
  expect(passed(grade)).toEqual([]);
  expect(grade.score).toBe(0);
  for (const { message } of grade.tasks) expect([message.ko, message.en].every((text) => text.length > 10)).toBe(true);
});

test.each(catalogue())("$slug is passed by its model solution", async (lab) => {
  const grade = await rehearse(lab, solutionOf(lab));
  expect(grade.tasks.filter((task) => !task.passed).map(({ id, message }) => [id, message.en])).toEqual([]);
  expect(grade.score).toBe(grade.max);
});

test.each(catalogue())(
  "$slug is passed at the end as well, looked at once, and grading changes nothing",
  async (lab) => {
    const cluster = await solved(lab);
    const before = exportCluster(cluster);
    expect(passed(gradeValue(lab, before, 0))).toEqual(lab.tasks.map(({ id }) => id));
    expect(exportCluster(cluster)).toEqual(before);
  },
);

/** The cluster a model solution leaves. */
const solved = async (lab: Lab): Promise<Cluster> => (await rehearse(lab, solutionOf(lab))).cluster;

const hello = labOf("hello-world") as Lab;

test.each([
  { left: 0, lacks: ["heal"] },
  { left: 1, lacks: ["scale"] },
  { left: 2, lacks: ["rollout"] },
  { left: 3, lacks: ["rollout"] },
])("hello-world without line $left lacks $lacks", async ({ left, lacks }) => {
  const { commands, manifests } = solutionOf(hello);
  const work = { manifests, commands: commands.filter((_, index) => index !== left) };
  if (left === 2) work.commands = work.commands.filter((line) => !line.includes("undo"));
  const grade = await rehearse(hello, work);
  expect(grade.tasks.filter((task) => !task.passed).map(({ id }) => id)).toEqual(lacks);
});

test("scaling and rolling out alone do not count as healing", async () => {
  const { commands, manifests } = solutionOf(hello);
  const grade = await rehearse(hello, {
    manifests,
    commands: [
      ...commands.slice(1),
      "kubectl scale deploy/hello-world --replicas=2",
      "rollout restart deploy/hello-world",
    ],
  });
  expect(passed(grade)).not.toContain("heal");
});

test("what was healed stays healed when a later task takes its traces away", async () => {
  const grade = await rehearse(hello, {
    commands: [`apply -f - <<E\n${HELLO}\nE`, "delete pod -l app=hello", "delete deploy hello-world"],
  });
  expect(passed(grade)).toEqual(["heal"]);
});

test("equal work gets equal clusters", async () => {
  const values = await Promise.all([solved(hello), solved(hello)]);
  expect(exportCluster(values[0] as Cluster)).toEqual(exportCluster(values[1] as Cluster));
});

test("a line that fails says so in kubectl's words, and the next one runs", async () => {
  const { output } = await rehearse(hello, { commands: ["kubectl delete pod nobody", "create ns a"] });
  expect(output).toEqual([
    { line: "kubectl delete pod nobody", text: 'Error from server (NotFound): pods "nobody" not found', failed: true },
    { line: "create ns a", text: "namespace/a created", failed: false },
  ]);
});

test("a line we lack the command for is refused, and so are manifests that do not apply", async () => {
  const refused = rehearse(hello, { commands: ["create ns a", "kubectl top pods"] });
  await expect(refused).rejects.toBeInstanceOf(LineRefused);
  await expect(refused).rejects.toMatchObject({ index: 1 });
  await expect(rehearse(hello, { commands: [], manifests: "kind: Nothing" })).rejects.toMatchObject({ index: -1 });
});

test("a fresh cluster grades without anything under way", () => {
  const cluster = Cluster.create(labOptions(hello, "a"), 0);
  settle(cluster, 0);
  expect(gradeCluster(hello, cluster).max).toBe(100);
});
