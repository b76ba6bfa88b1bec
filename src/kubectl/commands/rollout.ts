/**
 * `kubectl rollout undo|restart|pause|resume|status` of Deployments.
 *
 * Models kubectl/pkg/cmd/rollout and kubectl/pkg/polymorphichelpers.
 */
import { type Call, type Command, chosen, type Named, numberOf, printed, SELECTION } from "#kubectl/command";
import { UnsupportedError, usageError } from "#kubectl/error";
import type { KubeObject } from "#kubectl/server";

const REVISION = "deployment.kubernetes.io/revision";

/** One verb below rollout. */
type Verb = (call: Call, named: Named, object: KubeObject) => Promise<string>;

interface DeploymentSpec {
  readonly paused?: boolean;
  readonly replicas?: number;
  readonly template: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
}

const specOf = ({ spec }: KubeObject): DeploymentSpec => spec as DeploymentSpec;

const patched = async (call: Call, { kind, name }: Named, spec: unknown): Promise<void> => {
  await call.server.patch({ kind, namespace: call.namespace, name }, "strategic", { spec });
};

const VERBS: Readonly<Record<string, Verb>> = {
  async restart(call, named, object) {
    if (specOf(object).paused === true) {
      throw usageError(
        `deployments.apps ${JSON.stringify(named.name)} can't restart paused deployment (run rollout resume first)`,
      );
    }
    const annotations = { "kubectl.kubernetes.io/restartedAt": call.now };
    await patched(call, named, { template: { metadata: { annotations } } });
    return `${printed(named.kind, named.name)} restarted`;
  },
  async pause(call, named, object) {
    if (specOf(object).paused === true) throw usageError(`deployments.apps "${named.name}" is already paused`);
    await patched(call, named, { paused: true });
    return `${printed(named.kind, named.name)} paused`;
  },
  async resume(call, named, object) {
    if (specOf(object).paused !== true) throw usageError(`deployments.apps "${named.name}" is not paused`);
    await patched(call, named, { paused: null });
    return `${printed(named.kind, named.name)} resumed`;
  },
  undo,
  async status(_call, { name }, object) {
    const { updatedReplicas = 0, availableReplicas = 0 } = (object.status ?? {}) as Record<string, number>;
    const { replicas = 1 } = specOf(object);
    const waiting = `Waiting for deployment "${name}" rollout to finish:`;
    if (updatedReplicas < replicas) {
      return `${waiting} ${updatedReplicas} out of ${replicas} new replicas have been updated...`;
    }
    return availableReplicas < replicas
      ? `${waiting} ${availableReplicas} of ${replicas} updated replicas are available...`
      : `deployment "${name}" successfully rolled out`;
  },
};

export const rollout: Command = {
  name: "rollout",
  flags: { ...SELECTION.flags, "to-revision": "value" },
  ...(SELECTION.short && { short: SELECTION.short }),
  async run(call) {
    const [word = "", ...args] = call.args;
    const verb = VERBS[word];
    if (verb === undefined) throw new UnsupportedError(`error: rollout ${word} is not supported here`);
    const lines: string[] = [];
    for (const named of await chosen(call, args)) {
      if (named.kind.plural !== "deployments") {
        throw new UnsupportedError(`error: rollout ${word} of ${named.kind.plural} is not supported here`);
      }
      const object = await call.server.get({ kind: named.kind, namespace: call.namespace, name: named.name });
      lines.push(await verb(call, named, object));
    }
    return lines.join("\n");
  },
};

async function undo(call: Call, named: Named, deployment: KubeObject): Promise<string> {
  if (specOf(deployment).paused === true) {
    throw usageError(
      `you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`,
    );
  }
  const kind = await call.server.kindNamed("replicasets.apps");
  const all = await call.server.list({ kind, namespace: call.namespace });
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
  await call.server.patch(place, "json", [{ op: "replace", path: "/spec/template", value }]);
  return `${printed(named.kind, named.name)} rolled back`;
}
