/**
 * agnhost porter: serves what SERVE_PORT_N and its like say, whatever it is asked.
 *
 * Models test/images/agnhost/porter.
 */
import { respond } from "#kernel/runtime/images/http";
import { goFlag } from "#kernel/runtime/images/http-echo";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

export interface PorterState {
  readonly kind: "porter";
  /** Texts by port. */
  readonly tcp: Readonly<Record<string, string>>;
  readonly udp: Readonly<Record<string, string>>;
  readonly sctp: Readonly<Record<string, string>>;
}

/** Listens on every port the environment names. */
export function porter(task: Task<PorterState>): Step {
  const texts = {
    TCP: {} as Record<string, string>,
    UDP: {} as Record<string, string>,
    SCTP: {} as Record<string, string>,
  };
  for (const [name, text] of Object.entries(task.environ())) {
    const [, kind, port] = /^SERVE_(TCP_|TLS_|UDP_|SCTP_)?PORT_(\d+)$/.exec(name) ?? [];
    if (port === undefined) continue;
    const protocol = kind === "UDP_" ? "UDP" : kind === "SCTP_" ? "SCTP" : "TCP";
    if (task.listen(Number(port), protocol)) texts[protocol][port] = text;
  }
  task.state = { kind: "porter", tcp: texts.TCP, udp: texts.UDP, sctp: texts.SCTP };
  return {};
}

/** The text of the port, plain or as JSON with the method. */
export function answerPorter(task: Task<PorterState>, port: number, { method }: HttpRequest): HttpResponse {
  const text = task.state?.tcp[port] ?? "";
  const asks = goFlag(task.argv, "json-response");
  const isJson = (asks !== undefined && asks !== "false") || task.argv.includes("--json-response");
  const body = isJson ? JSON.stringify({ Method: method, Body: text }) : text;
  // Go looks at the first bytes of what it writes.
  const isPage = /^\s*<(a|!doctype html|html|head|body|h1|p|div|script|table|br|b|style|title)[\s>]/i.test(body);
  const type = isJson ? "application/json" : `text/${isPage ? "html" : "plain"}; charset=utf-8`;
  return respond(method, 200, body, { date: new Date(task.now).toUTCString(), "content-type": type });
}
