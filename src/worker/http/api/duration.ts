/**
 * Durations in requests: text as Go writes it, `1h30m`.
 */
import { z } from "@hono/zod-openapi";
import { DurationError, parseDuration } from "#kernel/apimachinery/duration";

/** A positive duration of at most `maxMs` milliseconds; it stays text. */
export function durationSchema({ maxMs }: { readonly maxMs: number }): z.ZodString {
  return z.string().superRefine((text, context) => {
    const problem = durationProblem(text, maxMs);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}

function durationProblem(text: string, maxMs: number): string | undefined {
  try {
    const duration = parseDuration(text);
    if (duration <= 0) return "must be greater than 0";
    return duration > maxMs ? `must be at most ${maxMs / 3_600_000}h` : undefined;
  } catch (error) {
    if (error instanceof DurationError) return error.message;
    throw error;
  }
}
