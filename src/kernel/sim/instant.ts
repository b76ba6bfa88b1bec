/**
 * Instants and the virtual clock: real time times a rate, or paused, or moved by hand.
 */

/** Milliseconds since the Unix epoch. */
export type Instant = number;

/** The clock as it is stored: at real instant `real` it was virtual instant `virtual`. */
export interface ClockState {
  readonly real: Instant;
  readonly virtual: Instant;
  /** Virtual milliseconds per real millisecond; 0 or more. */
  readonly rate: number;
  readonly paused: boolean;
}

/** The virtual instant at a real instant. Never runs backwards, even if the machine's clock does. */
export function virtualAt(clock: ClockState, real: Instant): Instant {
  if (clock.paused) return clock.virtual;
  return Math.floor(clock.virtual + Math.max(0, real - clock.real) * clock.rate);
}

/** The real instant at which a virtual one comes; undefined if it never does at the present rate. */
export function realAt(clock: ClockState, virtual: Instant): Instant | undefined {
  if (virtual <= clock.virtual) return clock.real;
  if (clock.paused || clock.rate === 0) return undefined;
  return Math.ceil(clock.real + (virtual - clock.virtual) / clock.rate);
}
