/**
 * A followed log as a stream of text.
 *
 * Models pkg/kubelet (GetContainerLogs with follow): it ends when the container does.
 */
import { requestInfo } from "#apiserver/request-info";
import type { Progress, StreamKind, StreamState } from "#apiserver/streams/stream";
import type { Cluster } from "#kernel/cluster/cluster";
import { type LogRequest, logRequest } from "#kernel/network/api-server/log";
import { CONTAINERS, type ContainerRecord } from "#kernel/runtime/container";
import { readLog } from "#kernel/runtime/logs";
import { must } from "#kernel/sim/assert";

export const logStream: StreamKind = {
  contentType: "text/plain",

  open(cluster, client, request, info) {
    const wanted = logRequest(client, new URL(request.url).searchParams, info);
    const state: StreamState = { kind: "log", url: request.url, accept: "", position: 0 };
    if (wanted === undefined) return { text: "", state, isOver: true };
    const { text, nextOffset } = readLog(cluster.cells, wanted.container, wanted);
    return progress(cluster, { ...state, container: wanted.container, position: nextOffset }, text);
  },

  advance(cluster, state) {
    const { container = "", position } = state;
    const wanted: LogRequest = { ...optionsOf(state), container, fromOffset: position };
    const { text, nextOffset } = readLog(cluster.cells, wanted.container, wanted);
    const next = progress(cluster, { ...state, position: nextOffset }, text);
    return text === "" && !next.isOver ? undefined : next;
  },
};

function progress(cluster: Cluster, state: StreamState, text: string): Progress {
  const record = cluster.cells.get<ContainerRecord>(CONTAINERS, state.container ?? "");
  return { text, state, isOver: record?.state !== "running" };
}

/** Of the request's options only the look of a line still matters once a log is being followed. */
function optionsOf({ url }: StreamState): Pick<LogRequest, "timestamps"> {
  const parsed = new URL(url);
  must(requestInfo("GET", parsed), "a followed log has a pod");
  return { timestamps: parsed.searchParams.get("timestamps") === "true" };
}
