/**
 * `kubectl rollout undo|restart|pause|resume|status`.
 *
 * Models kubectl/pkg/cmd/rollout and kubectl/pkg/polymorphichelpers.
 */
import {
  type Call,
  type Command,
  chosen,
  durationOf,
  type Named,
  numberOf,
  printed,
  type Said,
  SELECTION,
} from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import type { Asking, KubeObject } from "#kernel/kubectl/server";

const REVISION = "deployment.kubernetes.io/revision";

/** One verb below rollout. */
type Verb = (call: Call, named: Named, object: KubeObject) => Asking<string>;

interface DeploymentSpec {
  readonly paused?: boolean;
  readonly replicas?: number;
  readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

const specOf = ({ spec }: KubeObject): DeploymentSpec => spec as DeploymentSpec;

function* patched(call: Call, { kind, name }: Named, spec: unknown): Asking<void> {
  yield* call.server.patch({ kind, namespace: call.namespace, name }, "strategic", { spec });
}

const restartable = new Set(["deployments", "daemonsets", "statefulsets"]);

const VERBS: Readonly<Record<string, Verb>> = {
  *restart(call, named, object) {
    if (!restartable.has(named.kind.plural)) throw unsupported("restart", named);
    if (specOf(object).paused === true) {
      throw usageError(
        `deployments.apps ${JSON.stringify(named.name)} can't restart paused deployment (run rollout resume first)`,
      );
    }
    const annotations = { "kubectl.kubernetes.io/restartedAt": call.now };
    yield* patched(call, named, { template: { metadata: { annotations } } });
    return `${printed(named.kind, named.name)} restarted`;
  },
  *pause(call, named, object) {
    if (named.kind.plural !== "deployments") throw unsupported("pause", named);
    if (specOf(object).paused === true) throw usageError(`deployments.apps "${named.name}" is already paused`);
    yield* patched(call, named, { paused: true });
    return `${printed(named.kind, named.name)} paused`;
  },
  *resume(call, named, object) {
    if (named.kind.plural !== "deployments") throw unsupported("resume", named);
    if (specOf(object).paused !== true) throw usageError(`deployments.apps "${named.name}" is not paused`);
    yield* patched(call, named, { paused: null });
    return `${printed(named.kind, named.name)} resumed`;
  },
  *undo(call, named, object) {
    if (named.kind.plural !== "deployments") throw unsupported("undo", named);
    return yield* undo(call, named, object);
  },
};

const unsupported = (word: string, { kind }: Named): Error =>
  new UnsupportedError(`error: rollout ${word} of ${kind.plural} is not supported here`);

const LOOK_AGAIN_MS = 1_000;

export const rollout: Command = {
  name: "rollout",
  flags: { ...SELECTION.flags, "to-revision": "value", timeout: "value", watch: "switch", revision: "value" },
  short: { ...SELECTION.short, w: "watch" },
  *run(call) {
    const [word = "", ...args] = call.args;
    const named = yield* chosen(call, args);
    if (word === "status") return yield* status(call, named);
    const verb = VERBS[word];
    if (verb === undefined) throw new UnsupportedError(`error: rollout ${word} is not supported here`);
    const lines: string[] = [];
    for (const one of named) {
      const object = yield* call.server.get({ kind: one.kind, namespace: call.namespace, name: one.name });
      lines.push(yield* verb(call, one, object));
    }
    return lines.join("\n");
  },
};

/** Tells how far rollouts have come, until they are done or their time has run out. */
function* status(call: Call, named: readonly Named[]): Asking<Said> {
  const told = (call.memory ?? []) as readonly string[];
  const fresh: string[] = [];
  let isOver = true;
  for (const one of named) {
    const object = yield* call.server.get({ kind: one.kind, namespace: call.namespace, name: one.name });
    const { text, isDone } = progressOf(one, object);
    if (!told.includes(text)) fresh.push(text);
    if (isDone) continue;
    isOver = false;
    break;
  }
  const out = fresh.map((text) => `${text}\n`).join("");
  if (isOver || call.value("watch") === "false") return { out };
  const limit = durationOf("timeout", call.value("timeout") ?? "0");
  const isLate = limit > 0 && Date.parse(call.now) - (call.since ?? 0) >= limit;
  if (isLate) return { out, err: "error: timed out waiting for the condition\n", exitCode: 1 };
  return { out, againMs: LOOK_AGAIN_MS, memory: [...told, ...fresh] };
}

type Numbers = Readonly<Record<string, number | undefined>>;

/** @throws KubectlError for what has failed, and for kinds that are not rolled out */
function progressOf({ kind, name }: Named, object: KubeObject): { text: string; isDone: boolean } {
  const seen = (object.status ?? {}) as Numbers & { conditions?: readonly { type: string; reason?: string }[] };
  const generation = object.metadata.generation ?? 0;
  const waits = (text: string) => ({ text, isDone: false });
  const done = (text: string) => ({ text, isDone: true });
  if (kind.plural === "deployments") {
    if ((seen.observedGeneration ?? 0) < generation)
      return waits("Waiting for deployment spec update to be observed...");
    const failed = seen.conditions?.some(
      ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
    );
    if (failed === true) throw usageError(`deployment ${JSON.stringify(name)} exceeded its progress deadline`);
    const { replicas: wanted = 1 } = specOf(object);
    const { updatedReplicas = 0, replicas = 0, availableReplicas = 0 } = seen;
    const waiting = `Waiting for deployment "${name}" rollout to finish:`;
    if (updatedReplicas < wanted)
      return waits(`${waiting} ${updatedReplicas} out of ${wanted} new replicas have been updated...`);
    if (replicas > updatedReplicas)
      return waits(`${waiting} ${replicas - updatedReplicas} old replicas are pending termination...`);
    if (availableReplicas < updatedReplicas) {
      return waits(`${waiting} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`);
    }
    return done(`deployment "${name}" successfully rolled out`);
  }
  if (kind.plural === "daemonsets") {
    if ((seen.observedGeneration ?? 0) < generation)
      return waits("Waiting for daemon set spec update to be observed...");
    const { updatedNumberScheduled = 0, desiredNumberScheduled = 0, numberAvailable = 0 } = seen;
    const waiting = `Waiting for daemon set "${name}" rollout to finish:`;
    if (updatedNumberScheduled < desiredNumberScheduled) {
      return waits(
        `${waiting} ${updatedNumberScheduled} out of ${desiredNumberScheduled} new pods have been updated...`,
      );
    }
    return numberAvailable < desiredNumberScheduled
      ? waits(`${waiting} ${numberAvailable} of ${desiredNumberScheduled} updated pods are available...`)
      : done(`daemon set "${name}" successfully rolled out`);
  }
  if (kind.plural !== "statefulsets") throw usageError(`no status viewer has been implemented for ${kind.kind}`);
  const { replicas: wanted = 1 } = specOf(object);
  const { readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = seen;
  if ((seen.observedGeneration ?? 0) < generation)
    return waits("Waiting for statefulset spec update to be observed...");
  if (readyReplicas < wanted) return waits(`Waiting for ${wanted - readyReplicas} pods to be ready...`);
  return updateRevision === currentRevision
    ? done(`statefulset rolling update complete ${seen.currentReplicas ?? 0} pods at revision ${currentRevision}...`)
    : waits(
        `waiting for statefulset rolling update to complete ${updatedReplicas} pods at revision ${updateRevision}...`,
      );
}

function* undo(call: Call, named: Named, deployment: KubeObject): Asking<string> {
  if (specOf(deployment).paused === true) {
    throw usageError(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
    );
  }
  const kind = yield* call.server.kindNamed("replicasets.apps");
  const all = yield* call.server.list({ kind, namespace: call.namespace });
  const revisions = all
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === deployment.metadata.uid) === true)
    .map((rs) => ({ rs, revision: Number(rs.metadata.annotations?.[REVISION] ?? 0) }))
    .sort((a, b) => b.revision - a.revision);
  const asked = numberOf("to-revision", call.value("to-revision") ?? "0");
  const found = asked === 0 ? revisions[1] : revisions.find(({ revision }) => revision === asked);
  if (found === undefined) {
    throw usageError(
      asked === 0
        ? `no rollout history found for deployment "${named.name}"`
        : `unable to find specified revision ${asked} in history`,
    );
  }
  const { template } = specOf(found.rs);
  const { "pod-template-hash": _, ...labels } = template.metadata?.labels ?? {};
  const value = { ...template, metadata: { ...template.metadata, labels } };
  const place = { kind: named.kind, namespace: call.namespace, name: named.name };
  yield* call.server.patch(place, "json", [{ op: "replace", path: "/spec/template", value }]);
  return `${printed(named.kind, named.name)} rolled back`;
}
