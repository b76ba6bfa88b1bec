/**
 * Rehearsals: a throw-away cluster in the Worker's memory, driven by kubectl lines, graded, and gone.
 *
 * Time is virtual and never waited for: after each line everything under way comes to its end.
 */
import { createApiServer } from "#apiserver/app";
import { describe } from "#apiserver/describe/describe";
import { type Grade, gradeCluster, settle } from "#classroom/grade";
import { type Lab, labOptions } from "#classroom/lab";
import { withEarlier } from "#classroom/progress";
import { Cluster } from "#kernel/cluster/cluster";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { RESOURCES } from "#kernel/resources/index";
import { type Fetch, KubectlError, runKubectl } from "#kubectl/kubectl";

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

/**
 * Runs a student's work from the lab's beginning and grades it; `see` is shown the cluster before it is gone.
 * @throws LineRefused
 */
export async function rehearse(
  lab: Lab,
  { commands, manifests }: Work,
  see?: (cluster: Cluster) => void,
): Promise<Grade> {
  const cluster = Cluster.create(labOptions(lab, lab.slug), START);
  const fetch = apiOf(cluster);
  const { manifests: given } = lab.setup ?? {};
  settle(cluster, START);
  if (given !== undefined) await run(cluster, fetch, { line: "apply -f -", stdin: given, index: -1 });
  const lines = isRead(commands) || manifests === undefined ? commands : ["apply -f -", ...commands];
  const offset = lines.length - commands.length;
  let grade = gradeCluster(lab, cluster);
  for (const [index, line] of lines.entries()) {
    await run(cluster, fetch, { line, stdin: manifests, index: index - offset });
    grade = withEarlier(lab, gradeCluster(lab, cluster), grade.tasks);
  }
  see?.(cluster);
  return grade;
}

/** Whether a line reads the manifests itself, so that they are not applied before all others. */
const isRead = (commands: readonly string[]): boolean =>
  commands.some((line) => !line.includes("<<") && /\s(-f|--filename)[ =]?-(\s|$)/.test(line));

interface Step {
  readonly line: string;
  readonly stdin: string | undefined;
  readonly index: number;
}

async function run(cluster: Cluster, fetch: Fetch, { line, stdin, index }: Step): Promise<void> {
  try {
    await runKubectl(line, { fetch, stdin, now: new Date(cluster.now).toISOString() });
  } catch (error) {
    if (error instanceof KubectlError) throw new LineRefused(index, error.message);
    throw error;
  }
  settle(cluster, START);
}

/** The Kubernetes API of a cluster in memory. */
function apiOf(cluster: Cluster): Fetch {
  const app = createApiServer(
    {
      async run(work) {
        // What came before the turn is settled and done: a refusal must not undo it.
        cluster.take();
        const turn = cluster.turn(work);
        if ("refused" in turn) throw turn.refused;
        return turn.value;
      },
    },
    () => CLUSTER_ADMIN,
  );
  return described((request) => app.fetch(request));
}

/** A way to a cluster's API, with what a server says of itself answered here. */
export function described(send: (request: Request) => Response | Promise<Response>): Fetch {
  return async (path, init) => {
    const request = new Request(`${BASE}${path}`, init);
    return describe(request, RESOURCES, "kubernetes.default.svc") ?? send(request);
  };
}
