/**
 * Images on a node: which are there, and pulling the ones that are not, with back-off.
 *
 * Models pkg/kubelet/images/image_manager.go and containerd's parallel pulls.
 * Leaves out the garbage collection of images: no disk fills.
 */
import { formatDuration } from "#kernel/apimachinery/duration";
import type { ContainerCell } from "#kernel/kubelet/pod-cell";
import { later, type Member, type PodWork, say } from "#kernel/kubelet/pod-work";
import { credentialsFor } from "#kernel/kubelet/pull-secrets";
import { done, type Outcome, routineAt, wakeAt } from "#kernel/registry/controller";
import { secrets } from "#kernel/resources/core/secret";
import { faultsOf } from "#kernel/runtime/fault";
import { descriptionOf } from "#kernel/runtime/images/described";
import { authorizationFailure } from "#kernel/runtime/private-registry";
import { parseReference } from "#kernel/runtime/reference";
import { imageSizeBytes, outage, pullDurationMs, pullFailure, resolveImage } from "#kernel/runtime/registry";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** The room of the images each node has; the id is the node's name. */
export const NODE_IMAGES = "node-images";

/** When each image was (or will be) whole on the node, by its normalised reference. */
export type NodeImages = Readonly<Record<string, Instant>>;

/** The images of a node, those still being pulled included. */
export const imagesOn = (cells: Cells, node: string): NodeImages => cells.get<NodeImages>(NODE_IMAGES, node) ?? {};

/** `nginx` and `docker.io/library/nginx:latest` are one image. */
export function normalized(image: string): string {
  const found = resolveImage(image);
  return "image" in found ? found.reference.normalized : image;
}

/** A pull of an image that is there asks the registry for its digest, no more. */
const CHECK_MS = 700;
const BACKOFF_SECONDS = { first: 10, longest: 300 };
/** How soon after a failed pull the next look finds it in back-off. */
const SHOW_BACKOFF_MS = 1_000;

/** Whether the image is there, or what to wait for. */
export type ImageAnswer = { readonly isReady: true } | { readonly isReady: false; readonly outcome: Outcome };

const ready: ImageAnswer = { isReady: true };
const waiting = (outcome: Outcome): ImageAnswer => ({ isReady: false, outcome });

/** Whether bringing the image needs the registry. */
export function needsPull({ context, machine }: PodWork, { container }: Member): boolean {
  const { image = "", imagePullPolicy } = container;
  if (imagePullPolicy === "Never") return false;
  return imagePullPolicy === "Always" || !isOn(context, machine.name, image);
}

function isOn({ cells, now }: PodWork["context"], node: string, image: string): boolean {
  const wholeAt = imagesOn(cells, node)[normalized(image)];
  return wholeAt !== undefined && wholeAt <= now;
}

/** Brings the image of a container to the node. */
export function ensureImage(work: PodWork, member: Member, own: ContainerCell): ImageAnswer {
  if (own.hasImage === true) return ready;
  if (own.pull !== undefined) return finishPull(work, member, own, own.pull);
  const image = member.container.image ?? "";
  const found = resolveImage(image);
  if ("problem" in found && found.problem === "InvalidImageName") {
    return refuse(work, member, own, { reason: "InvalidImageName", event: "InspectFailed", message: found.message });
  }
  const { context, machine } = work;
  const isPresent = isOn(context, machine.name, image);
  const policy = member.container.imagePullPolicy ?? "IfNotPresent";
  if (isPresent && policy !== "Always") {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
    say(work, { reason: "Pulled", message }, member);
    return settle(own);
  }
  if (policy === "Never") {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return refuse(work, member, own, { reason: "ErrImageNeverPull", event: "ErrImageNeverPull", message });
  }
  return own.imageBackoff !== undefined && own.imageBackoff.until > context.now
    ? backOff(work, member, own, own.imageBackoff)
    : beginPull(work, member, own, isPresent);
}

function settle(own: ContainerCell): ImageAnswer {
  own.hasImage = true;
  delete own.trouble;
  delete own.pull;
  delete own.imageBackoff;
  return ready;
}

/** What cannot get better by itself: said once, and looked at again when something changes. */
function refuse(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  why: { readonly reason: string; readonly event: string; readonly message: string },
): ImageAnswer {
  const { reason, event, message } = why;
  if (own.trouble?.reason !== reason || own.trouble.message !== message) {
    say(work, { type: "Warning", reason: event, message }, member);
    say(work, { type: "Warning", reason: "Failed", message: `Error: ${reason}` }, member);
  }
  own.trouble = { reason, message };
  return waiting(done);
}

function beginPull(work: PodWork, member: Member, own: ContainerCell, isPresent: boolean): ImageAnswer {
  const { context, machine } = work;
  const image = member.container.image ?? "";
  complainOfSecrets(work);
  say(work, { reason: "Pulling", message: `Pulling image "${image}"` }, member);
  const here = imagesOn(context.cells, machine.name);
  const name = normalized(image);
  const tookMs = isPresent ? CHECK_MS : pullDurationMs(image, Object.keys(here));
  // Somebody else on this node is pulling it already: both end together.
  const shared = here[name] ?? 0;
  const until = shared > context.now ? shared : later(work, tookMs);
  const failure = outageOf(work, image) ?? strangerTo(work, image);
  own.pull = { startedAt: context.now, until, ...(failure !== undefined && { failure }) };
  if (failure === undefined && isThere(work, image) && !isPresent && shared <= context.now) {
    context.cells.put(NODE_IMAGES, machine.name, { ...here, [name]: until });
  }
  return finishPull(work, member, own, own.pull);
}

/** Whether the registry has an image, or a ConfigMap describes it. */
function isThere({ context, key }: PodWork, image: string): boolean {
  return "image" in resolveImage(image) || descriptionOf(context.client, image, key.namespace) !== undefined;
}

/** What the registry of an image says if a fault has broken it. */
function outageOf({ context, machine }: PodWork, image: string): string | undefined {
  const faults = faultsOf(context.cells, "image-pull-failure");
  if (faults.length === 0) return undefined;
  const wanted = parseReference(image);
  if ("problem" in wanted) return undefined;
  const hit = faults.find(({ target }) => {
    if (target.node !== undefined && target.node !== machine.name) return false;
    if (target.registry !== undefined) return target.registry === wanted.domain;
    const broken = parseReference(target.image ?? "");
    if ("problem" in broken || broken.repository !== wanted.repository) return false;
    return !hasTag(target.image ?? "") || broken.normalized === wanted.normalized;
  });
  return hit === undefined ? undefined : outage(image, hit.target.registry !== undefined);
}

/** What a private registry says to a pod that does not show who it is. */
function strangerTo(work: PodWork, image: string): string | undefined {
  const reference = parseReference(image);
  if ("problem" in reference) return undefined;
  const why = authorizationFailure(reference, credentialsFor(work, reference));
  return why === undefined ? undefined : pullFailure(reference, why);
}

/** Whether a reference as it is written says which tag or digest it means. */
const hasTag = (image: string): boolean => /[:@]/.test(image.slice(image.lastIndexOf("/") + 1));

function complainOfSecrets(work: PodWork): void {
  const { context, key, pod } = work;
  const names = (pod.spec.imagePullSecrets ?? []).map(({ name = "" }) => name);
  const missing = names.filter((name) => context.client.get(secrets, { namespace: key.namespace, name }) === undefined);
  if (missing.length === 0) return;
  const message =
    `Unable to retrieve some image pull secrets (${missing.join(", ")}); ` +
    "attempting to pull the image may not succeed.";
  say(work, { type: "Warning", reason: "FailedToRetrieveImagePullSecret", message });
}

function finishPull(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { startedAt, until, failure }: NonNullable<ContainerCell["pull"]>,
): ImageAnswer {
  const { now } = work.context;
  if (now < until) return waiting(wakeAt(until));
  const image = member.container.image ?? "";
  const found = resolveImage(image);
  delete own.pull;
  if (failure === undefined && isThere(work, image)) {
    const took = formatDuration(until - startedAt);
    const message =
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). ` +
      `Image size: ${imageSizeBytes(image)} bytes.`;
    say(work, { reason: "Pulled", message }, member);
    return settle(own);
  }
  const cause = failure ?? ("message" in found ? found.message : "");
  say(work, { type: "Warning", reason: "Failed", message: `Failed to pull image "${image}": ${cause}` }, member);
  say(work, { type: "Warning", reason: "Failed", message: "Error: ErrImagePull" }, member);
  const last = own.imageBackoff?.seconds;
  const seconds = last === undefined ? BACKOFF_SECONDS.first : Math.min(2 * last, BACKOFF_SECONDS.longest);
  own.trouble = { reason: "ErrImagePull", message: cause };
  own.imageBackoff = { seconds, until: now + seconds * 1000, showAt: now + SHOW_BACKOFF_MS };
  return waiting(wakeAt(own.imageBackoff.showAt));
}

/** Between two pulls: first the error shows, then that the kubelet waits. */
function backOff(
  work: PodWork,
  member: Member,
  own: ContainerCell,
  { until, showAt }: NonNullable<ContainerCell["imageBackoff"]>,
): ImageAnswer {
  if (work.context.now < showAt) return waiting(wakeAt(showAt));
  if (own.trouble?.reason === "ErrImagePull") {
    const image = member.container.image ?? "";
    const cause = own.trouble.message;
    say(work, { reason: "BackOff", message: `Back-off pulling image "${image}"` }, member);
    say(work, { type: "Warning", reason: "Failed", message: "Error: ImagePullBackOff" }, member);
    own.trouble = { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}": ErrImagePull: ${cause}` };
  }
  // Nothing changes by itself: an image that cannot be pulled is a settled state.
  return waiting(routineAt(until));
}
