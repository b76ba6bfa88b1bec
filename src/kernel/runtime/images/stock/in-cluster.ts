/**
 * The API server as a program in a container asks it: by the address every container is told, with the token of its
 * service account.
 *
 * Models client-go's rest.InClusterConfig.
 */
import type { Task } from "#kernel/runtime/process/task";

const HOME = "/var/run/secrets/kubernetes.io/serviceaccount";

/** An object as it comes over the wire. */
export interface Told {
  readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** Asks: the status and what was said; status 0 = nobody answers. */
export function askApi(task: Task, method: string, path: string, body?: object): { status: number; told: Told } {
  const token = task.readFile(`${HOME}/token`);
  const host = task.env("KUBERNETES_SERVICE_HOST") ?? "kubernetes.default.svc";
  const port = Number(task.env("KUBERNETES_SERVICE_PORT") ?? "443");
  const isPatch = method === "PATCH";
  const answer = task.request(
    { host, port },
    {
      method,
      path,
      headers: {
        host,
        accept: "application/json",
        "content-type": isPatch ? "application/json-patch+json" : "application/json",
        ...(typeof token === "string" ? { authorization: `Bearer ${token.trim()}` } : {}),
      },
      body: body === undefined ? "" : JSON.stringify(body),
    },
  );
  if (typeof answer === "string") return { status: 0, told: { message: answer } };
  try {
    return { status: answer.status, told: JSON.parse(answer.body) as Told };
  } catch {
    return { status: answer.status, told: { message: answer.body } };
  }
}
