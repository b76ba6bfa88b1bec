/**
 * Starting a container: everything its spec refers to is resolved, then the runtime gets it.
 *
 * Models startContainer of pkg/kubelet/kuberuntime and GenerateRunContainerOptions of pkg/kubelet/kubelet_pods.go.
 */
import type { Container, EphemeralContainer, ResourceRequirements, Volume } from "#kernel/api/types.gen";
import { realSubPath } from "#kernel/kubelet/atomic-writer";
import { environmentOf, expand } from "#kernel/kubelet/env";
import { runHook } from "#kernel/kubelet/handlers";
import { isStartError } from "#kernel/kubelet/observe";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import { type Member, type PodWork, podText, say } from "#kernel/kubelet/pod-work";
import { askedOf, limitsOf } from "#kernel/kubelet/resize";
import { hostnameOf, sandboxFiles } from "#kernel/kubelet/sandbox-files";
import { securityOf } from "#kernel/kubelet/security";
import { stopContainer } from "#kernel/kubelet/stop";
import { volumeId } from "#kernel/kubelet/volumes";
import type { ContainerRecord, ContainerSpec, Mount } from "#kernel/runtime/container";
import { containerRecord, crashContainer, removeContainer, startContainer } from "#kernel/runtime/containers";
import { crashCode } from "#kernel/runtime/fault";
import { descriptionOf } from "#kernel/runtime/images/described";
import { quietly } from "#kernel/runtime/own-changes";
import { namespaceOf, nodeNamespace, podNamespace } from "#kernel/runtime/process/pid-namespace";
import { resolveImage } from "#kernel/runtime/registry";
import { share } from "#kernel/sim/share";

/** Creates and starts the container, unless its configuration cannot be made: then its waiting state says why. */
export function createContainer(work: PodWork, member: Member, own: ContainerCell): void {
  const { context, world } = work;
  const environment = environmentOf(work, member);
  const container = member.container as Container;
  const problem =
    "problem" in environment
      ? environment.problem
      : (mountProblem(container, environment.env) ?? userProblem(work, container) ?? targetProblem(work, member));
  if (problem !== undefined || "problem" in environment) {
    const message = problem ?? "";
    if (own.trouble?.message !== message) {
      say(work, { type: "Warning", reason: "Failed", message: `Error: ${message}` }, member);
    }
    own.trouble = { reason: "CreateContainerConfigError", message };
    return;
  }
  const id = context.entropy.hex(64);
  const { previousId } = own;
  if (previousId !== undefined) quietly(work.cell.uid, () => removeContainer(world, previousId));
  if (own.id !== undefined) own.previousId = own.id;
  own.id = id;
  own.starts += 1;
  own.allocated ??= askedOf(container);
  own.actual = own.allocated;
  for (const field of [
    "trouble",
    "hasImage",
    "probes",
    "restartAt",
    "isBackoffShown",
    "stop",
    "hookUntil",
    "lostAt",
  ] as const) {
    delete own[field];
  }
  const { uid } = work.cell;
  const record = quietly(uid, () => {
    const started = startContainer(
      world,
      specOf(work, member, { id, env: environment.env, granted: own.actual ?? {} }),
    );
    const code = started.state === "running" ? crashCode(context.cells, context.client, started) : undefined;
    return code === undefined ? started : crashContainer(world, id, code);
  });
  say(work, { reason: "Created", message: "Container created" }, member);
  if (isStartError(record)) {
    own.trouble = { reason: "RunContainerError", message: record.terminationMessage ?? "" };
    say(work, { type: "Warning", reason: "Failed", message: `Error: ${own.trouble.message}` }, member);
    return;
  }
  say(work, { reason: "Started", message: "Container started" }, member);
  if (record.state === "running") runPostStart(work, member, own, id);
}

function runPostStart(work: PodWork, member: Member, own: ContainerCell, id: string): void {
  const hook = member.container.lifecycle?.postStart;
  if (hook === undefined) return;
  const { tookMs, isFailed } = runHook({ work, member, id }, hook);
  if (isFailed) {
    say(work, { type: "Warning", reason: "FailedPostStartHook", message: "PostStartHook failed" }, member);
    const graceSeconds = work.pod.spec.terminationGracePeriodSeconds ?? 30;
    stopContainer(work, member, own, { message: "FailedPostStartHook", graceSeconds });
    return;
  }
  if (tookMs > 0) own.hookUntil = work.context.now + tookMs;
}

/** The user the container runs as: its own, the pod's, or the image's. */
export function userOf({ pod }: PodWork, container: Container): number | undefined {
  return container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
}

function userProblem(work: PodWork, container: Container): string | undefined {
  const mustNotBeRoot = container.securityContext?.runAsNonRoot ?? work.pod.spec.securityContext?.runAsNonRoot;
  if (mustNotBeRoot !== true) return undefined;
  const where = `(pod: "${podText(work)}", container: ${container.name})`;
  const user = userOf(work, container);
  if (user === 0) return `container's runAsUser breaks non-root policy ${where}`;
  const found = resolveImage(container.image ?? "");
  const described = descriptionOf(work.context.client, container.image ?? "", work.key.namespace);
  const imageUser =
    described !== undefined
      ? (described.user ?? 0)
      : "image" in found
        ? (found.image.content(found.reference).config.user ?? 0)
        : 0;
  if (user === undefined && imageUser === 0) return `container has runAsNonRoot and image will run as root ${where}`;
  return undefined;
}

type Env = Readonly<Record<string, string>>;

function specOf(
  work: PodWork,
  member: Member,
  { id, env, granted }: { readonly id: string; readonly env: Env; readonly granted: ResourceRequirements },
): ContainerSpec {
  const { pod, key, machine, cell } = work;
  const container = member.container as Container;
  const { command, args, workingDir, securityContext } = container;
  const expanded = (words: readonly string[]) => words.map((word) => expand(word, (name) => env[name]));
  const user = userOf(work, container);
  const described = descriptionOf(work.context.client, container.image ?? "", key.namespace);
  const { terminationMessagePath = "/dev/termination-log" } = container;
  return {
    id,
    podUid: pod.metadata.uid,
    namespace: key.namespace,
    pod: key.name,
    name: container.name,
    node: machine.name,
    image: container.image ?? "",
    ...(described !== undefined && { described }),
    ...(command !== undefined && command.length > 0 && { command: expanded(command) }),
    ...(args !== undefined && args.length > 0 && { args: expanded(args) }),
    env: share(env),
    ...(workingDir !== undefined && workingDir !== "" && { workingDir }),
    hostname: hostnameOf(work),
    podIP: cell.podIP ?? "",
    ports: (container.ports ?? []).map(({ containerPort, protocol = "TCP", name }) => ({
      containerPort,
      protocol,
      ...(name !== undefined && { name }),
    })),
    mounts: mountsOf(work, container, env),
    ...sharedNamespace(work, member),
    ...(isTask(work, member) && { isTask: true }),
    stdin: container.stdin === true,
    tty: container.tty === true,
    ...(user !== undefined && { user }),
    ...securityOf(work, container),
    isReadOnlyRoot: securityContext?.readOnlyRootFilesystem === true,
    files: { ...sandboxFiles(work), [terminationMessagePath]: "" },
    terminationMessagePath,
    ...limitsOf(work, granted),
  };
}

/** The process namespace the container shares: its node's, its pod's, or that of the container it is to debug. */
function sharedNamespace(work: PodWork, member: Member): { readonly pidNamespace?: string } {
  const { pod, machine } = work;
  if (pod.spec.hostPID === true) return { pidNamespace: nodeNamespace(machine.name) };
  if (pod.spec.shareProcessNamespace === true) return { pidNamespace: podNamespace(pod.metadata.uid) };
  const target = targetOf(work, member);
  return target === undefined ? {} : { pidNamespace: namespaceOf(target) };
}

/** The running container an ephemeral one is to debug. */
function targetOf({ cell, context }: PodWork, { role, container }: Member): ContainerRecord | undefined {
  const name = role === "ephemeral" ? (container as EphemeralContainer).targetContainerName : undefined;
  const id = name === undefined ? undefined : cell.containers[name]?.id;
  const found = id === undefined ? undefined : containerRecord(context.cells, id);
  return found?.state === "running" ? found : undefined;
}

function targetProblem(work: PodWork, member: Member): string | undefined {
  const name = member.role === "ephemeral" ? (member.container as EphemeralContainer).targetContainerName : undefined;
  if (name === undefined || name === "" || targetOf(work, member) !== undefined) return undefined;
  return `unable to find target container "${name}"`;
}

/** Whether a container is there to end: what comes before the others, a Job's, or what Helm waits for. */
function isTask({ pod }: PodWork, { role }: Member): boolean {
  if (role !== "regular") return role === "init";
  const { ownerReferences = [], annotations = {} } = pod.metadata;
  if ((pod.spec.restartPolicy ?? "Always") === "Always") return false;
  return ownerReferences.some(({ kind }) => kind === "Job") || annotations["helm.sh/hook"] !== undefined;
}

/** Why a volume cannot be mounted as the container asks. */
function mountProblem(container: Container, env: Readonly<Record<string, string>>): string | undefined {
  for (const { subPathExpr = "" } of container.volumeMounts ?? []) {
    let missing: string | undefined;
    const path = expand(subPathExpr, (name) => {
      if (env[name] === undefined) missing ??= name;
      return env[name];
    });
    if (missing !== undefined) return `missing value for "${missing}"`;
    if (path.startsWith("/")) return `error SubPath \`${path}\` must not be an absolute path`;
    if (path.split("/").includes("..")) return `unable to provision SubPath \`${path}\`: must not contain '..'`;
  }
  return undefined;
}

/** What the kubelet writes cannot be written by a container, whatever the mount says. */
const isKubeletWritten = ({ configMap, secret, downwardAPI, projected, image }: Volume): boolean =>
  (configMap ?? secret ?? downwardAPI ?? projected ?? image) !== undefined;

function mountsOf(
  { pod, cell, context }: PodWork,
  container: Container,
  env: Readonly<Record<string, string>>,
): Mount[] {
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));
  return (container.volumeMounts ?? []).flatMap(({ name, mountPath, readOnly, subPath, subPathExpr }) => {
    const volume = volumes.get(name);
    if (volume === undefined) return [];
    const below = subPathExpr ? expand(subPathExpr, (variable) => env[variable]) : subPath;
    const id = volumeId(cell, volume);
    const isInMemory = volume.emptyDir?.medium === "Memory" || (volume.secret ?? volume.projected) !== undefined;
    return [
      {
        path: mountPath,
        isReadOnly: readOnly === true || volume.persistentVolumeClaim?.readOnly === true || isKubeletWritten(volume),
        volume: id,
        ...(below !== undefined && below !== "" && { subPath: realSubPath(context.cells, id, below) }),
        ...(isInMemory && { type: "tmpfs" as const }),
      },
    ];
  });
}
