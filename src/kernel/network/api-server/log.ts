/**
 * Requests for logs: which container's, and which part of it.
 *
 * Models pkg/registry/core/pod/strategy.go (LogLocation), apis/core/validation (PodLogOptions) and the kubelet.
 */
import type { Pod } from "#kernel/api/types.gen";
import { badRequest, invalid } from "#kernel/apimachinery/errors";
import { collector } from "#kernel/apimachinery/field-errors";
import { parseTime } from "#kernel/apimachinery/meta";
import type { Client } from "#kernel/registry/client";
import { isTrue, type Query } from "#kernel/requests/query";
import type { RequestInfo } from "#kernel/requests/request-info";
import { pods } from "#kernel/resources/core/pod";
import type { LogOptions } from "#kernel/runtime/logs";

/** A container's log and which part of it is wanted. */
export interface LogRequest extends LogOptions {
  readonly container: string;
}

/** Which container's log a request means; undefined while the pod has no node. @throws NotFound, BadRequest, Invalid */
export function logRequest(
  client: Client,
  query: Query,
  { namespace, name }: Pick<RequestInfo, "namespace" | "name">,
): LogRequest | undefined {
  const pod = client.need(pods, { namespace, name });
  const options = logOptions(query, client.registry.now);
  const container = chosenContainer(pod, query.get("container") ?? "");
  if ((pod.spec.nodeName ?? "") === "") return undefined;
  const id = containerId(pod, container, isTrue(query.get("previous")));
  return { ...options, container: id };
}

function logOptions(query: Query, now: number): LogOptions {
  const at = collector();
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    if (!/^-?\d{1,15}$/.test(text))
      throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  };
  const tailLines = number("tailLines");
  const limitBytes = number("limitBytes");
  const sinceSeconds = number("sinceSeconds");
  const sinceTime = query.get("sinceTime") ?? "";
  const stream = query.get("stream") ?? "";
  if (tailLines !== undefined && tailLines < 0)
    at("tailLines").invalid(tailLines, "must be greater than or equal to 0");
  if (limitBytes !== undefined && limitBytes < 1) at("limitBytes").invalid(limitBytes, "must be greater than 0");
  if (sinceSeconds !== undefined && sinceTime !== "")
    at("[]").forbidden("at most one of `sinceTime` or `sinceSeconds` may be specified");
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    at("sinceSeconds").invalid(sinceSeconds, "must be greater than 0");
  if (stream !== "" && !["All", "Stdout", "Stderr"].includes(stream))
    at("stream").notSupported(stream, ["All", "Stdout", "Stderr"]);
  if (at.errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, "", at.errors);
  const since =
    sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime === "" ? undefined : parseTime(sinceTime);
  return {
    timestamps: isTrue(query.get("timestamps")),
    tailLines,
    limitBytes,
    sinceInstant: since,
    ...((stream === "Stdout" || stream === "Stderr") && { stream: stream.toLowerCase() as "stdout" | "stderr" }),
  };
}

/** The container a request names, or the only one. @throws BadRequest as LogLocation does */
export function chosenContainer({ metadata, spec }: Pod, asked: string): string {
  const names = spec.containers.map(({ name }) => name);
  const inits = (spec.initContainers ?? []).map(({ name }) => name);
  const ephemeral = (spec.ephemeralContainers ?? []).map(({ name }) => name);
  if (asked !== "") {
    if ([...names, ...inits, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  const choice = `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(" ")}]`;
  const others = inits.length > 0 ? ` or one of the init containers: [${inits.join(" ")}]` : "";
  throw badRequest(choice + others);
}

/** The id of the container's present run, or of the one before. @throws BadRequest while there is none */
function containerId({ metadata, status }: Pod, name: string, previous: boolean): string {
  const all = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  const found = all.find((container) => container.name === name);
  const plain = (id: string | undefined): string => (id ?? "").replace(/^\w+:\/\//, "");
  const quoted = `container ${JSON.stringify(name)} in pod ${JSON.stringify(metadata.name)}`;
  const last = plain(found?.lastState?.terminated?.containerID);
  if (previous) {
    if (last === "") throw badRequest(`previous terminated ${quoted} not found`);
    return last;
  }
  const { running, terminated, waiting } = found?.state ?? {};
  if (running !== undefined || terminated !== undefined) return plain(terminated?.containerID ?? found?.containerID);
  // A container that waits for its next try still shows its last run.
  if (last !== "") return last;
  const reason = waiting?.reason ?? "ContainerCreating";
  if (reason === "ErrImagePull") throw badRequest(`${quoted} is waiting to start: image can't be pulled`);
  if (reason === "ImagePullBackOff")
    throw badRequest(`${quoted} is waiting to start: trying and failing to pull image`);
  throw badRequest(`${quoted} is waiting to start: ${reason}`);
}
