/**
 * Questions to the processes of a container that answer at once.
 */
import type { DnsCall } from "#kernel/runtime/process/program";
import { programNamed } from "#kernel/runtime/process/programs";
import type { Sandbox } from "#kernel/runtime/process/sandbox";
import { useOf } from "#kernel/runtime/use";
import type { DnsAnswer, HttpRequest, HttpResponse } from "#kernel/runtime/world";

/** Asks the process that listens on a TCP port for a page. */
export function askHttp(
  sandbox: Sandbox,
  port: number,
  request: HttpRequest,
): HttpResponse | "refused" | "timeout" | "reset" {
  return sandbox.ask<HttpResponse | "timeout" | "reset">(port, "TCP", "reset", (process, task) => {
    const program = programNamed(process.program);
    if (program.http === undefined) return "reset";
    sandbox.workMs += useOf(sandbox.record, process).requestCpuMs;
    return program.http(task, port, request) ?? "timeout";
  });
}

/** Asks the name server that listens on a port. */
export function askDns(sandbox: Sandbox, call: DnsCall): DnsAnswer | "refused" | "timeout" {
  return sandbox.ask<DnsAnswer | "timeout">(
    call.port,
    call.protocol,
    "timeout",
    (process, task) => programNamed(process.program).dns?.(task, call) ?? "timeout",
  );
}
