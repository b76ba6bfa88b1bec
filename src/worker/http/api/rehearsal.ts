/**
 * Rehearsals: a throw-away cluster in the Worker's memory, driven by kubectl lines, graded, and gone.
 *
 * Time is virtual and never waited for: after each line everything under way comes to its end.
 */
import { createApiServer } from "#apiserver/app";
import { type CustomKinds, customKinds } from "#apiserver/describe/custom";
import { describe } from "#apiserver/describe/describe";
import { type Grade, gradeCluster, settle } from "#classroom/grade";
import { type Lab, labOptions } from "#classroom/lab";
import { withEarlier } from "#classroom/progress";
import { Cluster } from "#kernel/cluster/cluster";
import { Answers } from "#kernel/registry/outside";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { RESOURCES } from "#kernel/resources/index";
import { type Fetch, KubectlError, runKubectl, UnsupportedError } from "#kubectl/kubectl";

/** Every rehearsal begins at the same instant, so that equal lines give equal clusters. */
const START = Date.UTC(2026, 0, 1);

const BASE = "http://kubernetes.default.svc";

/** A line that was refused: which, and in which words. */
export class LineRefused extends Error {
  override name = "LineRefused";
  constructor(
    readonly index: number,
    message: string,
  ) {
    super(message);
  }
}

/** What a student hands in. */
export interface Work {
  readonly commands: readonly string[];
  readonly manifests?: string | undefined;
}

/** What a line printed; the next one runs even if it failed, as in a shell. */
export interface Printed {
  readonly line: string;
  readonly text: string;
  readonly failed: boolean;
}

/** How a rehearsal went, and the cluster it left. */
export interface Rehearsal extends Grade {
  readonly output: readonly Printed[];
  readonly cluster: Cluster;
}

const APPLY = "kubectl apply -f -";

/** Runs a student's work from the lab's beginning and grades it. @throws LineRefused where we lack the command */
export async function rehearse(lab: Lab, { commands, manifests }: Work): Promise<Rehearsal> {
  const cluster = Cluster.create(labOptions(lab, lab.slug), START);
  const fetch = apiOf(cluster);
  const { manifests: given } = lab.setup ?? {};
  settle(cluster, START);
  if (given !== undefined) mustApply(await run(cluster, fetch, { line: APPLY, stdin: given, index: -1 }));
  let grade = gradeCluster(lab, cluster);
  if (manifests !== undefined && !isRead(commands)) {
    mustApply(await run(cluster, fetch, { line: APPLY, stdin: manifests, index: -1 }));
    grade = withEarlier(lab, gradeCluster(lab, cluster), grade.tasks);
  }
  const output: Printed[] = [];
  for (const [index, line] of commands.entries()) {
    output.push(await run(cluster, fetch, { line, stdin: manifests, index }));
    grade = withEarlier(lab, gradeCluster(lab, cluster), grade.tasks);
  }
  return { ...grade, output, cluster };
}

/** Manifests that do not apply are not half a solution but a mistake to be told. */
function mustApply({ text, failed }: Printed): void {
  if (failed) throw new LineRefused(-1, text);
}

/** Whether a line reads the manifests itself, so that they are not applied before all others. */
const isRead = (commands: readonly string[]): boolean =>
  commands.some((line) => !line.includes("<<") && /\s(-f|--filename)[ =]?-(\s|$)/.test(line));

interface Step {
  readonly line: string;
  readonly stdin: string | undefined;
  readonly index: number;
}

async function run(cluster: Cluster, fetch: Fetch, { line, stdin, index }: Step): Promise<Printed> {
  try {
    const text = await runKubectl(line, { fetch, stdin, now: new Date(cluster.now).toISOString() });
    return { line, text, failed: false };
  } catch (error) {
    if (error instanceof UnsupportedError) throw new LineRefused(index, error.message);
    if (!(error instanceof KubectlError)) throw error;
    return { line, text: error.message, failed: true };
  } finally {
    settle(cluster, START);
  }
}

/** The Kubernetes API of a cluster in memory. */
function apiOf(cluster: Cluster): Fetch {
  const app = createApiServer(
    {
      async run(work) {
        // What came before the turn is settled and done: a refusal must not undo it.
        cluster.take();
        const answers = new Answers();
        for (;;) {
          const turn = cluster.turn(work, answers);
          if ("refused" in turn) throw turn.refused;
          if ("value" in turn) return turn.value;
          answers.add(turn.needs, { failure: "dial tcp: a rehearsal has no way to servers outside" });
        }
      },
    },
    () => CLUSTER_ADMIN,
  );
  return described(
    (request) => app.fetch(request),
    () => customKinds(cluster),
  );
}

/** A way to a cluster's API, with what a server says of itself answered here. `custom` are kinds of its own. */
export function described(
  send: (request: Request) => Response | Promise<Response>,
  custom: () => CustomKinds | Promise<CustomKinds>,
): Fetch {
  return async (path, init) => {
    const request = new Request(`${BASE}${path}`, init);
    const { kinds, remote } = await custom();
    const served = { kinds: [...RESOURCES, ...kinds], remote };
    return describe(request, served, "kubernetes.default.svc") ?? send(request);
  };
}
