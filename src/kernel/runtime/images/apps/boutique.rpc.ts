/**
 * Calls between the services of Online Boutique: gRPC as far as a lesson sees it, over the simulated network.
 *
 * Models protos/demo.proto of GoogleCloudPlatform/microservices-demo.
 * Leaves out protobuf on the wire: a message travels as JSON in a POST of content type application/grpc.
 */
import { hostPort, type Reply, server, type Visit } from "#kernel/runtime/images/server";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";

/** A message that was answered, or the error in the words of a client written in Go. */
export type Called<T> = { readonly data: T } | { readonly error: string };

/** Raised by a procedure that fails: the code and description of a gRPC status. */
export interface RpcFailure {
  readonly failure: string;
  readonly code: "InvalidArgument" | "NotFound" | "Internal" | "FailedPrecondition" | "Unavailable";
}

export type Procedure<S> = (task: Task<S>, message: never) => object;

const WHY: Readonly<Record<string, string>> = {
  refused: "connect: connection refused",
  timeout: "i/o timeout",
  unreachable: "connect: no route to host",
  reset: "read: connection reset by peer",
};

/** Calls a procedure: `address` is `host:port`, `method` is `CartService/GetCart`. */
export function call<T>(task: Task, address: string, method: string, message: object): Called<T> {
  const target = hostPort(address);
  const headers = { host: address, "content-type": "application/grpc", te: "trailers", "user-agent": "grpc-go/1.74.2" };
  const request = { method: "POST", path: `/hipstershop.${method}`, headers, body: JSON.stringify(message) };
  // A client of gRPC has one connection, and so one server behind a Service, for as long as that lives.
  const answer = task.request({ ...target, pool: "grpc" }, request);
  if (typeof answer === "string") {
    const dialed = task.resolve(target.host)[0];
    const why =
      answer === "nxdomain" || dialed === undefined
        ? `lookup ${target.host}: no such host`
        : `${dialed}:${target.port}: ${WHY[answer] ?? answer}`;
    const error = `connection error: desc = "transport: Error while dialing: dial tcp ${why}"`;
    return { error: `rpc error: code = Unavailable desc = ${error}` };
  }
  const status = answer.headers["grpc-status"];
  if (answer.status === 200 && status === "0") return { data: JSON.parse(answer.body) as T };
  const code = answer.headers["grpc-code"] ?? "Unimplemented";
  return {
    error: `rpc error: code = ${code} desc = ${answer.headers["grpc-message"] ?? `unexpected HTTP status code ${answer.status}`}`,
  };
}

/** Whether a procedure failed instead of answering. */
const isFailure = (result: object): result is RpcFailure => "failure" in result;

/** What one service is. */
export interface RpcParts<S> {
  readonly name: string;
  readonly port: number;
  /** `CartService/GetCart` and what it does. */
  readonly procedures: Readonly<Record<string, Procedure<S>>>;
  /** What it logs at its start, and of each call. */
  banner(port: number): string;
  /** Variables it cannot do without. */
  readonly needs?: readonly string[];
  state(task: Task<S>): S;
}

/** A service as a program. */
export function rpcServer<S>(parts: RpcParts<S>): Program<S> {
  return server<S>({
    name: `boutique-${parts.name}`,
    begin(task) {
      const missing = parts.needs?.find((name) => (task.env(name) ?? "") === "");
      if (missing !== undefined) {
        task.complain(`panic: environment variable "${missing}" not set\n\ngoroutine 1 [running]:\nmain.main()\n`);
        return 2;
      }
      const port = Number(task.env("PORT") ?? parts.port);
      task.print(logLine(task, parts.name, parts.banner(port)));
      return { state: parts.state(task), ports: [port] };
    },
    answer: (task, visit) => dispatch(parts, task, visit),
  });
}

function dispatch<S>(parts: RpcParts<S>, task: Task<S>, visit: Visit): Reply {
  if (visit.headers["content-type"]?.startsWith("application/grpc") !== true) return "reset";
  const grpc = (status: number, body: string, rest: Readonly<Record<string, string>> = {}): Reply => ({
    status: 200,
    headers: { "content-type": "application/grpc", "grpc-status": String(status), ...rest },
    body,
  });
  if (visit.route === "/grpc.health.v1.Health/Check") return grpc(0, JSON.stringify({ status: "SERVING" }));
  const method = /^\/hipstershop\.(\w+\/\w+)$/.exec(visit.route)?.[1] ?? "";
  const procedure = Object.hasOwn(parts.procedures, method) ? parts.procedures[method] : undefined;
  if (procedure === undefined) {
    return grpc(12, "", { "grpc-code": "Unimplemented", "grpc-message": `unknown method ${visit.route}` });
  }
  const message = parsed(visit.body);
  if (message === undefined) return grpc(13, "", { "grpc-code": "Internal", "grpc-message": "malformed message" });
  task.print(logLine(task, parts.name, `[${method.split("/")[1]}] received request`));
  const result = procedure(task, message as never);
  if (!isFailure(result)) return grpc(0, JSON.stringify(result));
  task.print(logLine(task, parts.name, result.failure, "error"));
  return grpc(2, "", { "grpc-code": result.code, "grpc-message": result.failure });
}

function parsed(body: string): object | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A line of the log, as JSON. */
export function logLine(task: Task, name: string, message: string, severity = "info"): string {
  return `${JSON.stringify({ message, name, severity, timestamp: new Date(task.now).toISOString() })}\n`;
}
