/**
 * /labs, /attempts and /grade: the catalogue, a student's run of a lab, and one-shot grading.
 */
import { z } from "@hono/zod-openapi";
import { catalogue, labOf } from "#classroom/catalogue";
import { gradeValue, type TaskGrade } from "#classroom/grade";
import { type Lab, labOptions, labSchema } from "#classroom/lab";
import { withEarlier } from "#classroom/progress";
import { textSchema } from "#classroom/text";
import { KubectlError, runKubectl } from "#kubectl/kubectl";
import { unpacked } from "#worker/cluster/packing";
import { addAttempt, findAttempt, saveGrade } from "#worker/db/attempts";
import { findCluster } from "#worker/db/clusters";
import { type Database, openDatabase } from "#worker/db/database";
import { addLab, findLab, listLabs } from "#worker/db/labs";
import type { Env } from "#worker/env";
import { eraseCluster, limitCreation, newId } from "#worker/http/api/access";
import { gradeSchema, gradeView, languageQuery, rehearsalSchema } from "#worker/http/api/grade-view";
import { makeCluster } from "#worker/http/api/make-cluster";
import { invalid, notFound, Problem } from "#worker/http/api/problem";
import { described, LineRefused, rehearse } from "#worker/http/api/rehearsal";
import { type Route, route } from "#worker/http/api/route";
import { madeClusterSchema } from "#worker/http/api/schemas";
import { kindsOf } from "#worker/http/kubernetes";

const TAG = "Classroom";
const LABS_MAX = 500;
const COMMANDS_MAX = 200;

/** A lab of ours or of a teacher. @throws Problem 404 */
async function needLab(db: Database, slug: string): Promise<Lab> {
  const ours = labOf(slug);
  if (ours !== undefined) return ours;
  const row = await findLab(db, slug);
  if (row === undefined) throw notFound(`There is no lab ${JSON.stringify(slug)}.`);
  return row.lab as unknown as Lab;
}

const summarySchema = z
  .object({
    slug: z.string(),
    title: textSchema,
    minutes: z.number().int(),
    points: z.number().int(),
    tasks: z.array(z.object({ id: z.string(), title: textSchema, points: z.number().int() })),
  })
  .openapi("LabSummary");

const summary = ({ slug, title, minutes, tasks }: Lab): z.infer<typeof summarySchema> => ({
  slug,
  title,
  minutes,
  points: tasks.reduce((sum, { points }) => sum + points, 0),
  tasks: tasks.map((task) => ({ id: task.id, title: task.title, points: task.points })),
});

const getLabs = route({
  method: "get",
  path: "/labs",
  tag: TAG,
  summary: "The catalogue of labs",
  success: {
    status: 200,
    description: "Ours first, then the teachers'.",
    schema: z.object({ items: z.array(summarySchema), next: z.string().optional() }),
  },
  problems: [],
  async handle({ c }) {
    const rows = await listLabs(openDatabase(c.env.DB), LABS_MAX);
    const labs = [...catalogue(), ...rows.map(({ lab }) => lab as unknown as Lab)];
    return c.json({ items: labs.map(summary) });
  },
});

const shownLabSchema = labSchema.openapi("Lab");

const getLab = route({
  method: "get",
  path: "/labs/{slug}",
  tag: TAG,
  summary: "A lab: its texts, its tasks and their checks",
  params: { slug: "The lab's slug" },
  success: { status: 200, description: "The lab, in Korean and in English.", schema: shownLabSchema },
  problems: [404],
  async handle({ c, param }) {
    return c.json(await needLab(openDatabase(c.env.DB), param("slug")));
  },
});

const createLab = route({
  method: "post",
  path: "/labs",
  tag: TAG,
  summary: "Bring a lab of your own",
  description: "As JSON, or as YAML with `content-type: application/yaml`. Checks are data: see the schema of a lab.",
  body: shownLabSchema,
  success: { status: 201, description: "The lab as it was taken.", schema: shownLabSchema },
  problems: [400, 409, 413, 422, 429],
  async handle({ c, body }) {
    await limitCreation(c);
    const db = openDatabase(c.env.DB);
    if (labOf(body.slug) !== undefined || (await findLab(db, body.slug)) !== undefined) {
      throw new Problem({
        status: 409,
        title: "Conflict",
        detail: `There is a lab ${JSON.stringify(body.slug)} already.`,
      });
    }
    await addLab(db, { slug: body.slug, createdAt: Date.now(), lab: body });
    return c.json(body, 201);
  },
});

const createAttempt = route({
  method: "post",
  path: "/attempts",
  tag: TAG,
  summary: "Begin a lab",
  description: "Makes the cluster the lab begins with. Grading needs the attempt's id only.",
  body: z.strictObject({ lab: z.string().min(1) }).openapi("AttemptRequest"),
  example: { lab: "hello-world" },
  success: {
    status: 201,
    description: "The attempt and its cluster.",
    schema: z.object({ id: z.string(), cluster: madeClusterSchema }).openapi("MadeAttempt"),
  },
  problems: [400, 404, 422, 429],
  async handle({ c, body }) {
    await limitCreation(c);
    const db = openDatabase(c.env.DB);
    const lab = await needLab(db, body.lab);
    const cluster = await makeCluster(c, { name: lab.slug, options: (seed) => labOptions(lab, seed) });
    await prepare(c.env, cluster.id, lab);
    const id = newId();
    await addAttempt(db, { id, lab: lab.slug, cluster: cluster.id, createdAt: Date.now() });
    return c.json({ id, cluster }, 201);
  },
});

/** Applies what the lab begins with. A lab whose manifests do not apply has no attempts. */
async function prepare(env: Env, id: string, { slug, setup }: Lab): Promise<void> {
  if (setup?.manifests === undefined) return;
  const stub = env.CLUSTER.getByName(id);
  const fetch = described(
    (request) => stub.fetch(request),
    () => kindsOf(stub),
  );
  try {
    await runKubectl("apply -f -", { fetch, stdin: setup.manifests, now: new Date().toISOString() });
  } catch (error) {
    await eraseCluster(env, id);
    if (!(error instanceof KubectlError)) throw error;
    throw invalid([{ pointer: "#/lab", detail: `the manifests of ${slug} do not apply: ${error.message}` }]);
  }
}

const gradeAttempt = route({
  method: "post",
  path: "/attempts/{id}/grade",
  tag: TAG,
  summary: "Grade an attempt",
  description:
    "Looks at a fork of the cluster after everything under way has come to its end; the cluster itself is not " +
    "changed. Whoever knows the attempt's id may ask, so that a platform can grade without holding keys.",
  params: { id: "The attempt's id" },
  query: languageQuery,
  success: { status: 200, description: "The grade.", schema: gradeSchema },
  problems: [404],
  async handle({ c, param, query }) {
    const db = openDatabase(c.env.DB);
    const attempt = await findAttempt(db, param("id"));
    if (attempt === undefined) throw notFound("There is no such attempt.");
    const now = Date.now();
    const cluster = await findCluster(db, attempt.cluster);
    if (cluster === undefined || (cluster.expiresAt ?? now) < now) throw notFound("The attempt's cluster is gone.");
    const lab = await needLab(db, attempt.lab);
    const stub = c.env.CLUSTER.getByName(cluster.id);
    const present = gradeValue(lab, await unpacked(await stub.export()), now);
    const grade = withEarlier(lab, present, (attempt.tasks ?? []) as unknown as readonly TaskGrade[]);
    await saveGrade(db, attempt.id, { ...grade, tasks: grade.tasks.map((task) => ({ ...task })) }, now);
    return c.json(gradeView(grade, query, c.req.header("accept-language")));
  },
});

const gradeOnce = route({
  method: "post",
  path: "/grade",
  tag: TAG,
  summary: "Grade commands and manifests at once",
  description:
    "For autograders: a throw-away cluster, the lines run in it one after the other, everything settles in virtual " +
    "time, the lab's tasks are graded, and it is gone. Without a line that reads them (`apply -f -`) the manifests " +
    "are applied first. A line that fails does not keep the next from running; one that is not supported is refused.",
  query: languageQuery,
  body: z
    .strictObject({
      lab: z.string().min(1),
      commands: z.array(z.string().max(100_000)).max(COMMANDS_MAX).optional().describe("kubectl lines"),
      manifests: z.string().optional().describe("YAML"),
    })
    .openapi("GradeRequest"),
  example: {
    lab: "hello-world",
    commands: ["kubectl create deployment hello-world --image=gcr.io/google-samples/hello-app:1.0 --replicas=3"],
  },
  success: { status: 200, description: "The grade, and what each line printed.", schema: rehearsalSchema },
  problems: [400, 404, 413, 422, 429],
  async handle({ c, body, query }) {
    await limitCreation(c);
    const lab = await needLab(openDatabase(c.env.DB), body.lab);
    try {
      const grade = await rehearse(lab, { commands: body.commands ?? [], manifests: body.manifests });
      return c.json({ ...gradeView(grade, query, c.req.header("accept-language")), output: grade.output });
    } catch (error) {
      if (!(error instanceof LineRefused)) throw error;
      throw invalid([
        { pointer: error.index < 0 ? "#/manifests" : `#/commands/${error.index}`, detail: error.message },
      ]);
    }
  },
});

export const labRoutes: readonly Route[] = [getLabs, getLab, createLab, createAttempt, gradeAttempt, gradeOnce];
