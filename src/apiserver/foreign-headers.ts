/**
 * Answers of containers on their way to a browser: what of their headers may be passed on under an address of ours.
 */
/** What speaks for a whole origin, or of the connection: the origin and the connection are ours. */
const OF_ORIGIN =
  /^(clear-site-data|strict-transport-security|public-key-pins.*|expect-ct|nel|report-to|reporting-endpoints|alt-svc|service-worker-allowed|origin-agent-cluster|origin-trial|accept-ch|critical-ch|set-login|speculation-rules|activate-storage-access|sec-.*|cross-origin-.*|content-security-policy.*|x-drydock-.*|cf-.*)$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What a Response can carry. */
const STATUS_MIN = 200;
const STATUS_MAX = 599;

/** Headers by lower-cased name and value, without those that are not a container's to send. */
export function foreignHeaders(headers: Readonly<Record<string, string>>): [name: string, value: string][] {
  return Object.entries(headers).flatMap(([given, value]): [string, string][] => {
    const name = given.toLowerCase();
    if (!NAME.test(name) || OF_ORIGIN.test(name)) return [];
    // Several cookies come in one value, a line each; nothing else has lines.
    const lines = name === "set-cookie" ? value.split("\n") : [value];
    return lines.map((line): [string, string] => [name, wireText(line)]);
  });
}

/** A text as a header can hold it: without what would end the line. What is no ASCII goes out in UTF-8. */
const wireText = (text: string): string => text.replace(/[\r\n\0]+/g, " ").trim();

/** Why an answer cannot be passed on; undefined if it can. */
export function statusProblem(status: number): string | undefined {
  const isFine = Number.isInteger(status) && status >= STATUS_MIN && status <= STATUS_MAX;
  return isFine ? undefined : `the server answered with status ${status}, which cannot be passed on`;
}
