/**
 * Volumes of a pod: laid out as files before its containers start, refreshed when their sources change.
 *
 * Models pkg/kubelet/volumemanager and the emptydir, configmap, secret, downwardapi, projected and hostpath plugins.
 * Leaves out network volumes: their servers do not exist here, so a pod that names one says so and waits.
 */
import type { Container, DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from "#kernel/api/types.gen";
import { commonUser, ownVolume, writeAtomically } from "#kernel/kubelet/atomic-writer";
import { decodeBase64 } from "#kernel/kubelet/base64";
import { claimOf, mountClaim } from "#kernel/kubelet/claims";
import { containerResource, podField } from "#kernel/kubelet/downward";
import { prepareHostPath } from "#kernel/kubelet/host-paths";
import { layImage, pullImageVolumes } from "#kernel/kubelet/image-volumes";
import type { PodCell } from "#kernel/kubelet/pod-cell";
import { later, type PodWork, say } from "#kernel/kubelet/pod-work";
import { tokenClaims, tokenTurn } from "#kernel/kubelet/token";
import { done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import type { Resource } from "#kernel/registry/definition";
import { configmaps } from "#kernel/resources/core/configmap";
import { secrets } from "#kernel/resources/core/secret";
import { hostTree } from "#kernel/runtime/files/host-tree";
import { removeVolume, type VolumeSeed } from "#kernel/runtime/files/volume";
import type { Cells } from "#kernel/store/cells";
import type { KubeObject } from "#kernel/store/object";

type Files = Record<string, VolumeSeed>;
type Content = Readonly<Record<string, string>>;

/** Back-off between two tries to mount (exponentialbackoff): 500 ms doubling to 2m2s. */
const RETRY_MS = { first: 500, longest: 122_000 };
/** A kubelet looks again at the sources of its volumes once a minute (syncFrequency). */
const REFRESH_MS = 60_000;
const MONTH_MS = 30 * 24 * 3_600_000;

/**
 * Where the files of a pod's volume live. What a host path names is shared by all pods of the node, what is behind a
 * claim by all pods that mount it.
 */
export function volumeId({ uid, node, claims }: Pick<PodCell, "uid" | "node" | "claims">, volume: Volume): string {
  const { name, hostPath } = volume;
  return hostPath === undefined ? (claims?.[name] ?? `pod/${uid}/${name}`) : hostTree(node, hostPath.path);
}

/** A volume's files as they should be, or why they cannot be laid out. Undefined = the containers fill it. */
type Laid = { readonly files: Files } | { readonly problem: string } | undefined;

/** What a volume is, or the text of the event that says why it is nothing yet. */
type Prepared = { readonly content: Laid } | { readonly tree: string } | { readonly complaint: string };

function prepare(work: PodWork, volume: Volume): Prepared {
  const name = claimOf(work, volume);
  if (name !== undefined) return mountClaim(work, volume, name);
  const content = layOut(work, volume);
  const isWrong = content !== undefined && "problem" in content;
  return isWrong
    ? { complaint: `MountVolume.SetUp failed for volume "${volume.name}" : ${content.problem}` }
    : { content };
}

/** Mounts what the pod needs. True once every volume is there; otherwise what to wait for. */
export function mountVolumes(work: PodWork): { readonly isMounted: boolean; readonly outcome: Outcome } {
  const { cell, pod } = work;
  const volumes = pod.spec.volumes ?? [];
  const version = volumes.map((volume) => versionOf(work, volume)).join(",");
  if (cell.mounted !== undefined) return { isMounted: true, outcome: refresh(work, volumes, version) };

  const images = pullImageVolumes(work);
  if (!images.isReady) return { isMounted: false, outcome: images.outcome };
  const prepared = volumes.map((volume) => ({ volume, result: prepare(work, volume) }));
  const failures = prepared.flatMap(({ result }) => ("complaint" in result ? [result.complaint] : []));
  if (failures.length > 0) return { isMounted: false, outcome: complain(work, failures) };
  const claims: Record<string, string> = {};
  for (const { volume, result } of prepared) {
    if ("tree" in result) claims[volume.name] = result.tree;
    const content = "content" in result ? result.content : undefined;
    const id = volumeId(cell, volume);
    if (content !== undefined && "files" in content) writeAtomically(work, { name: volume.name, id }, content.files);
    else if (volume.image !== undefined) layImage(work, id, volume.image.reference ?? "");
    else if (volume.emptyDir !== undefined) ownVolume(work, id);
  }
  if (Object.keys(claims).length > 0) cell.claims = claims;
  cell.mounted = version;
  cell.volumes = volumes.flatMap(({ name, hostPath }) =>
    hostPath === undefined && claims[name] === undefined ? [name] : [],
  );
  delete cell.mountTrouble;
  return { isMounted: true, outcome: renewal(work, volumes) };
}

/** Says what failed, each time the back-off lets the kubelet try; a source that appears is mounted at once. */
function complain({ cell, ...work }: PodWork, failures: readonly string[]): Outcome {
  const { now } = work.context;
  const { tries, nextAt } = cell.mountTrouble ?? { tries: 0, nextAt: now };
  if (nextAt > now) return routineAt(nextAt);
  for (const message of failures) say({ cell, ...work }, { type: "Warning", reason: "FailedMount", message });
  const wait = Math.min(RETRY_MS.first * 2 ** tries, RETRY_MS.longest);
  cell.mountTrouble = { tries: tries + 1, nextAt: now + wait };
  return routineAt(now + wait);
}

/**
 * Writes again what has changed since, at the kubelet's next look. A subPath that is mounted goes on showing the old.
 */
function refresh(work: PodWork, volumes: readonly Volume[], version: string): Outcome {
  const { cell, context } = work;
  if (version === cell.mounted) {
    delete cell.refreshAt;
    return renewal(work, volumes);
  }
  cell.refreshAt ??= later(work, REFRESH_MS);
  if (cell.refreshAt > context.now) return wakeAt(cell.refreshAt);
  for (const volume of volumes) {
    if (cell.claims?.[volume.name] !== undefined) continue;
    const content = layOut(work, volume);
    // A source that has gone leaves what it gave.
    if (content === undefined || "problem" in content) continue;
    writeAtomically(work, { name: volume.name, id: volumeId(cell, volume) }, content.files);
  }
  cell.mounted = version;
  delete cell.refreshAt;
  return renewal(work, volumes);
}

/** A look when the first of the pod's tokens is to be renewed; those that live for months wait for another reason. */
function renewal(work: PodWork, volumes: readonly Volume[]): Outcome {
  const tokens = volumes.flatMap(({ projected }) => projected?.sources ?? []).map((one) => one.serviceAccountToken);
  const instants = tokens.flatMap((token) => (token === undefined ? [] : [tokenTurn(work, token).nextAt]));
  const soon = instants.filter((instant) => instant - work.context.now < MONTH_MS);
  return soon.length === 0 ? done : routineAt(Math.min(...soon));
}

/** A text that changes when the volume's files ought to. */
function versionOf(work: PodWork, { configMap, secret, downwardAPI, projected }: Volume): string {
  if (configMap !== undefined) return revisionOf(work, configmaps, configMap.name);
  if (secret !== undefined) return revisionOf(work, secrets, secret.secretName);
  if (downwardAPI !== undefined) return podVersion(work);
  return (projected?.sources ?? [])
    .map((source) => {
      if (source.configMap !== undefined) return revisionOf(work, configmaps, source.configMap.name);
      if (source.secret !== undefined) return revisionOf(work, secrets, source.secret.name);
      if (source.serviceAccountToken !== undefined) return String(tokenTurn(work, source.serviceAccountToken).turn);
      return source.downwardAPI === undefined ? "" : podVersion(work);
    })
    .join("/");
}

function revisionOf<T extends KubeObject>({ context, key }: PodWork, resource: Resource<T>, name = ""): string {
  return context.client.get(resource, { namespace: key.namespace, name })?.metadata.resourceVersion ?? "-";
}

/** Of what the downward API shows, labels and annotations alone can change while the pod lives. */
const podVersion = ({ pod: { metadata } }: PodWork): string => JSON.stringify([metadata.labels, metadata.annotations]);

/** Deletes what the pod's volumes held; host paths stay with the node. */
export function unmountVolumes(cells: Cells, uid: string, volumes: readonly string[]): void {
  for (const name of volumes) removeVolume(cells, `pod/${uid}/${name}`);
}

function layOut(work: PodWork, volume: Volume): Laid {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (volume.emptyDir !== undefined || volume.image !== undefined) return undefined;
  if (volume.hostPath !== undefined) {
    const problem = prepareHostPath(work, volume.hostPath);
    return problem === undefined ? undefined : { problem };
  }
  if (configMap !== undefined) return combine([fromConfigMap(work, configMap)], configMap.defaultMode);
  if (secret !== undefined) {
    return combine([fromSecret(work, { ...secret, name: secret.secretName ?? "" })], secret.defaultMode);
  }
  if (downwardAPI !== undefined) return combine([fromPod(work, downwardAPI.items ?? [])], downwardAPI.defaultMode);
  if (projected !== undefined) {
    return combine(
      (projected.sources ?? []).map((source) => fromProjection(work, source)),
      projected.defaultMode,
    );
  }
  const [type = "unknown"] = Object.keys(volume).filter((field) => field !== "name");
  return { problem: `volumes of type ${type} are not simulated` };
}

/** One source's part of a volume. */
type Part = { readonly texts: Readonly<Record<string, PartFile>> } | { readonly problem: string };
interface PartFile {
  readonly text: string;
  readonly mode: number | undefined;
  readonly isToken?: true;
  readonly uid?: number;
}

function combine(parts: readonly Part[], defaultMode = 0o644): Laid {
  const files: Files = {};
  for (const part of parts) {
    if ("problem" in part) return part;
    for (const [path, file] of Object.entries(part.texts)) files[path] = { ...file, mode: file.mode ?? defaultMode };
  }
  return { files };
}

interface NamedSource {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
  readonly optional?: boolean;
}

function fromConfigMap(work: PodWork, { name = "", items, optional = false }: NamedSource): Part {
  const found = work.context.client.get(configmaps, { namespace: work.key.namespace, name });
  if (found === undefined && !optional) return { problem: `configmap "${name}" not found` };
  const binary = Object.entries(found?.binaryData ?? {}).map(([key, text]) => [key, decodeBase64(text)] as const);
  const content = { ...found?.data, ...Object.fromEntries(binary) };
  return pick(content, items, { source: "configmap", optional });
}

function fromSecret(work: PodWork, { name = "", items, optional = false }: NamedSource): Part {
  const found = work.context.client.get(secrets, { namespace: work.key.namespace, name });
  if (found === undefined && !optional) return { problem: `secret "${name}" not found` };
  const content = Object.fromEntries(Object.entries(found?.data ?? {}).map(([key, text]) => [key, decodeBase64(text)]));
  return pick(content, items, { source: "secret", optional });
}

const MISSING_KEY = {
  configmap: "configmap references non-existent config key",
  secret: "references non-existent secret key",
};

/** All keys, or the named ones under their paths. */
function pick(
  content: Content,
  items: readonly KeyToPath[] | undefined,
  { source, optional }: { readonly source: keyof typeof MISSING_KEY; readonly optional: boolean },
): Part {
  const texts: Record<string, PartFile> = {};
  if (items === undefined || items.length === 0) {
    for (const key in content) texts[key] = { text: content[key] ?? "", mode: undefined };
    return { texts };
  }
  for (const { key, path, mode } of items) {
    const text = content[key];
    if (text === undefined && !optional) {
      return { problem: `${MISSING_KEY[source]}: ${key}` };
    }
    if (text !== undefined) texts[path] = { text, mode };
  }
  return { texts };
}

function fromPod(work: PodWork, items: readonly DownwardAPIVolumeFile[]): Part {
  const texts: Record<string, PartFile> = {};
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const text =
      fieldRef !== undefined
        ? podField(work, fieldRef.fieldPath)
        : resourceFieldRef !== undefined
          ? containerResource(work, work.pod.spec.containers[0] as Container, resourceFieldRef)
          : "";
    texts[path] = { text, mode };
  }
  return { texts };
}

function fromProjection(work: PodWork, source: VolumeProjection): Part {
  const { configMap, secret, downwardAPI, serviceAccountToken: token } = source;
  if (configMap !== undefined) return fromConfigMap(work, configMap);
  if (secret !== undefined) return fromSecret(work, secret);
  if (downwardAPI !== undefined) return fromPod(work, downwardAPI.items ?? []);
  if (token !== undefined) {
    // Whom it is for alone may read it, where the pod says who that is.
    const uid = commonUser(work);
    const isOwned = uid !== undefined || work.pod.spec.securityContext?.fsGroup !== undefined;
    const file = { text: tokenClaims(work, token), mode: isOwned ? 0o600 : undefined, isToken: true as const };
    return { texts: { [token.path]: { ...file, ...(uid !== undefined && { uid }) } } };
  }
  const [type = "unknown"] = Object.keys(source);
  return { problem: `projected sources of type ${type} are not simulated` };
}
