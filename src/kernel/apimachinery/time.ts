/**
 * Instants as text: how Time and MicroTime stand in objects.
 *
 * Models apimachinery/pkg/apis/meta/v1/time.go and micro_time.go.
 */

// The objects of a turn carry the same few times; when ever new ones come the memory starts afresh.
const textsMax = 4096;
const texts = new Map<number, string>();

/** Gives an instant as RFC 3339 with whole seconds, cut off: `2026-01-02T03:04:05Z`. */
export function timeText(instant: number): string {
  let text = texts.get(instant);
  if (text === undefined) {
    text = `${new Date(instant).toISOString().slice(0, 19)}Z`;
    if (texts.size >= textsMax) texts.clear();
    texts.set(instant, text);
  }
  return text;
}

/** Gives an instant as RFC 3339 with microseconds: `2026-01-02T03:04:05.006000Z`. */
export function microTimeText(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 23)}000Z`;
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Gives the instant of an RFC 3339 text, cut to milliseconds; NaN if it is none. */
export function parseTime(text: string): number {
  return rfc3339.test(text) ? Date.parse(text) : Number.NaN;
}
