/**
 * Signals: their numbers, names and default actions on Linux.
 */
const NAMES = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS"
).split(" ");

/** Every signal's short name, in the order of their numbers from 1. */
export const SIGNAL_NAMES: readonly string[] = NAMES;

/** `SIGTERM`, `TERM`, `term` or `15` as `SIGTERM`; undefined if there is no such signal. */
export function signalNamed(text: string): string | undefined {
  if (/^\d+$/.test(text)) {
    const name = NAMES[Number(text) - 1];
    return name === undefined ? undefined : `SIG${name}`;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  return NAMES.includes(name) ? `SIG${name}` : undefined;
}

/** The number of a signal: 15 of `SIGTERM`. */
export function signalNumber(signal: string): number {
  return NAMES.indexOf(signal.replace(/^SIG/, "")) + 1;
}

/** What a shell says of a child that a signal ended; undefined if it says nothing. */
export function signalText(number: number): string | undefined {
  const texts: Readonly<Record<number, string>> = {
    1: "Hangup",
    3: "Quit",
    6: "Aborted",
    9: "Killed",
    11: "Segmentation fault",
    14: "Alarm clock",
    15: "Terminated",
  };
  return texts[number];
}

/** Whether a signal without a handler does nothing to a process. */
export function isHarmless(signal: string): boolean {
  return ["SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"].includes(signal);
}
