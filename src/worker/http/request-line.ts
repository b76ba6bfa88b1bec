/**
 * What an operator is told of a request: one line of JSON, never a body, never a key.
 */

/** The line about an answered request; `ms` is how long the answer took to begin. */
export function requestLine(request: Request, status: number, ms: number): string {
  const path = new URL(request.url).pathname.replace(/^\/([kx])\/([^/.]+)\.[^/]+/, "/$1/$2");
  const cluster = /^\/(?:[ckx]|api\/v1\/clusters)\/([^/]+)/.exec(path)?.[1];
  return JSON.stringify({ method: request.method, path, cluster, status, ms });
}
