/**
 * Whether probes and lifecycle hooks are well formed.
 *
 * Models pkg/apis/core/validation (validateProbe, validateHandler, validateLifecycle).
 */

import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { httpHeaderName } from "#kernel/apimachinery/formats";
import {
  mustBeGiven,
  mustBeOneOf,
  mustFit,
  mustNotBeNegative,
  validatePort,
} from "#kernel/resources/core/pod.validate.fields";

/** What probes and hooks have in common. */
type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> & Pick<LifecycleHandler, "sleep">;

const HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] as const;

/** Adds an error unless there is exactly one handler and it is well formed. */
function validateHandler(handler: Handler, graceSeconds: number | undefined, at: At): void {
  const [first, ...more] = HANDLERS.filter((name) => handler[name] !== undefined);
  if (first === undefined) {
    at("").required("must specify a handler type");
    return;
  }
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  const own = at.under(first);
  if (first === "exec" && (exec?.command ?? []).length === 0) own("command").required();
  if (first === "httpGet" && httpGet !== undefined) validateHttpGet(httpGet, own);
  if (first === "tcpSocket" && tcpSocket !== undefined) validatePort(tcpSocket.port, own("port"));
  if (first === "grpc" && grpc !== undefined) validatePort(grpc.port, own("port"));
  if (first === "sleep" && sleep !== undefined) validateSleep(sleep.seconds, graceSeconds, own);
  for (const name of more) at(name).forbidden("may not specify more than 1 handler type");
}

function validateHttpGet({ path, port, scheme = "", httpHeaders = [] }: HTTPGetAction, at: At): void {
  mustBeGiven(at("path"), path);
  validatePort(port, at("port"));
  mustBeOneOf(at("scheme"), scheme, ["HTTP", "HTTPS"]);
  for (const { name } of httpHeaders) mustFit(at("httpHeaders"), name, httpHeaderName);
}

function validateSleep(seconds: number, graceSeconds: number | undefined, at: At): void {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return;
  at("").invalid(seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`);
}

function validateProbe(probe: Probe, graceSeconds: number | undefined, at: At): void {
  validateHandler(probe, graceSeconds, at);
  mustNotBeNegative(at("initialDelaySeconds"), probe.initialDelaySeconds);
  mustNotBeNegative(at("timeoutSeconds"), probe.timeoutSeconds);
  mustNotBeNegative(at("periodSeconds"), probe.periodSeconds);
  mustNotBeNegative(at("successThreshold"), probe.successThreshold);
  mustNotBeNegative(at("failureThreshold"), probe.failureThreshold);
  const { terminationGracePeriodSeconds: own } = probe;
  if (own !== undefined && own <= 0) at("terminationGracePeriodSeconds").invalid(own, "must be greater than 0");
}

interface Probes {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

/** Adds an error for each wrong part of a container's probes; `at` stands at the container. */
export function validateProbes(probes: Probes, graceSeconds: number | undefined, at: At): void {
  const { livenessProbe, readinessProbe, startupProbe } = probes;
  if (livenessProbe !== undefined) validateOneSuccess(livenessProbe, graceSeconds, at.under("livenessProbe"));
  if (readinessProbe !== undefined) {
    validateProbe(readinessProbe, graceSeconds, at.under("readinessProbe"));
    const { terminationGracePeriodSeconds: own } = readinessProbe;
    const field = at("readinessProbe.terminationGracePeriodSeconds");
    if (own !== undefined) field.invalid(own, "must not be set for readinessProbes");
  }
  if (startupProbe !== undefined) validateOneSuccess(startupProbe, graceSeconds, at.under("startupProbe"));
}

function validateOneSuccess(probe: Probe, graceSeconds: number | undefined, at: At): void {
  validateProbe(probe, graceSeconds, at);
  if (probe.successThreshold !== 1) at("successThreshold").invalid(probe.successThreshold ?? 0, "must be 1");
}

const WINDOWS_SIGNALS = ["SIGKILL", "SIGTERM"];
const NUMBERED_SIGNALS = Array.from({ length: 15 }, (_, n) => n + 1);

/** Signals a Linux container may be stopped with, sorted. */
const LINUX_SIGNALS = [
  ...["SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT", "SIGIO"],
  ...["SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT", "SIGSTOP"],
  ...["SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2", "SIGVTALRM"],
  ...["SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX"],
  ...NUMBERED_SIGNALS.map((n) => `SIGRTMIN+${n}`),
  ...NUMBERED_SIGNALS.slice(0, 14).map((n) => `SIGRTMAX-${n}`),
].sort();

/** Adds an error for each wrong part of a container's hooks; `at` stands at the lifecycle. */
export function validateLifecycle(
  { postStart, preStop, stopSignal }: Lifecycle,
  context: { readonly graceSeconds: number | undefined; readonly os: string | undefined },
  at: At,
): void {
  if (postStart !== undefined) validateHandler(postStart, context.graceSeconds, at.under("postStart"));
  if (preStop !== undefined) validateHandler(preStop, context.graceSeconds, at.under("preStop"));
  if (stopSignal === undefined) return;
  if (context.os === undefined) at("stopSignal").forbidden("may not be set for containers with empty `spec.os.name`");
  else mustBeOneOf(at("stopSignal"), stopSignal, context.os === "windows" ? WINDOWS_SIGNALS : LINUX_SIGNALS);
}
