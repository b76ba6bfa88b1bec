/**
 * Descriptions of images: what a teacher writes into a ConfigMap to make an image without code.
 *
 * A ConfigMap with the label drydock.dev/images holds one description under each key, as YAML. docs/images.md tells the
 * format; a description with anything in it that is not told there is refused.
 */
import { parse } from "yaml";
import type { ConfigMap } from "#kernel/api/types.gen";

/** The label that makes a ConfigMap a shelf of images; its value does not matter. */
export const IMAGES_LABEL = "drydock.dev/images";

export interface DescribedRoute {
  readonly path: string;
  readonly method?: string;
  readonly port?: number;
  readonly status?: number;
  readonly body?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delay?: string;
  /** Asks another server first; its answer is `{{upstream}}`, and 502 if there is none. */
  readonly get?: string;
  readonly fail?: {
    readonly percent?: number;
    readonly after?: string;
    readonly until?: string;
    readonly status?: number;
    readonly body?: string;
    /** Gives no answer at all. */
    readonly silent?: boolean;
  };
  /** It takes WebSockets: what it says when one is opened, and to each message (`{{message}}`). */
  readonly socket?: { readonly open?: string; readonly reply?: string };
  /** The request ends the container with this code. */
  readonly exit?: number;
}

export interface ImageDescription {
  readonly image: string;
  readonly shell?: "busybox" | "gnu" | "none";
  readonly user?: number;
  readonly workingDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Variables without which it does not start. */
  readonly requires?: readonly string[];
  readonly start?: { readonly delay?: string; readonly log?: readonly string[] };
  readonly ports?: readonly number[];
  readonly routes?: readonly DescribedRoute[];
  readonly log?: readonly { readonly every: string; readonly line: string; readonly error?: boolean }[];
  readonly accessLog?: boolean;
  readonly memory?: { readonly start?: string; readonly growPerMinute?: string; readonly max?: string };
  readonly exit?: { readonly after: string; readonly code?: number; readonly log?: string };
  readonly stop?: {
    readonly delay?: string;
    readonly code?: number;
    readonly log?: string;
    readonly ignored?: boolean;
  };
}

/** What is wrong at which place. */
export interface DescriptionProblem {
  readonly path: string;
  readonly problem: string;
}

type Check = (value: unknown, path: string, problems: DescriptionProblem[]) => void;

const complain = (problems: DescriptionProblem[], path: string, problem: string): void => {
  if (problems.length < 20) problems.push({ path, problem });
};

const text =
  (pattern?: RegExp, hint = ""): Check =>
  (value, path, problems) => {
    if (typeof value !== "string") complain(problems, path, "must be a text (quote it)");
    else if (value.length > 65_536) complain(problems, path, "is longer than 65536 characters");
    else if (pattern !== undefined && !pattern.test(value)) complain(problems, path, `must be ${hint}`);
  };

const whole =
  (low: number, high: number): Check =>
  (value, path, problems) => {
    const isFine = typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
    if (!isFine) complain(problems, path, `must be a whole number from ${low} to ${high}`);
  };

const flag: Check = (value, path, problems) => {
  if (typeof value !== "boolean") complain(problems, path, "must be true or false");
};

const list =
  (check: Check, most: number): Check =>
  (value, path, problems) => {
    if (!Array.isArray(value)) return complain(problems, path, "must be a list");
    if (value.length > most) complain(problems, path, `may have ${most} entries at most`);
    for (const [n, one] of value.entries()) check(one, `${path}[${n}]`, problems);
  };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const map =
  (check: Check, most = 100): Check =>
  (value, path, problems) => {
    if (!isRecord(value)) return complain(problems, path, "must be a map");
    if (Object.keys(value).length > most) complain(problems, path, `may have ${most} entries at most`);
    for (const [key, one] of Object.entries(value)) check(one, `${path}[${key}]`, problems);
  };

const fields =
  (known: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check =>
  (value, path, problems) => {
    if (!isRecord(value)) return complain(problems, path, "must be a map");
    const at = (name: string): string => (path === "" ? name : `${path}.${name}`);
    for (const name of needed) if (value[name] === undefined) complain(problems, at(name), "is required");
    for (const [name, one] of Object.entries(value)) {
      const check = Object.hasOwn(known, name) ? known[name] : undefined;
      if (check !== undefined) check(one, at(name), problems);
      else complain(problems, at(name), `is not a field of a description; there are ${Object.keys(known).join(", ")}`);
    }
  };

const duration = text(/^\d+(\.\d+)?(ms|s|m|h)$/, "a duration such as 500ms, 5s or 2m");
const quantity = text(/^\d+(Ki|Mi|Gi|k|M|G)?$/, "an amount of memory such as 64Mi");
const status = whole(200, 599);
const port = whole(1, 65_535);
const code = whole(0, 255);
const absolute = text(/^\/[^\s]*$/, "an absolute path");

const ROUTE = fields(
  {
    path: text(/^\/\S*$/, "a path that begins with /, with a * at its end for all below it"),
    method: text(/^[A-Z]+$/, "a method such as GET"),
    port,
    status,
    body: text(),
    type: text(),
    headers: map(text(), 20),
    delay: duration,
    get: text(/^http:\/\/[^\s/]+(\/\S*)?$/, "an address such as http://db:8080/items"),
    fail: fields({ percent: whole(0, 100), after: duration, until: duration, status, body: text(), silent: flag }),
    socket: fields({ open: text(), reply: text() }),
    exit: code,
  },
  ["path"],
);

const DESCRIPTION = fields(
  {
    image: text(/^[a-z0-9][a-z0-9._/:-]*(@sha256:[a-f0-9]{64})?$/, "the name of an image, as pods write it"),
    shell: text(/^(busybox|gnu|none)$/, "busybox, gnu or none"),
    user: whole(0, 2_147_483_647),
    workingDir: absolute,
    env: map(text()),
    files: map(text()),
    requires: list(text(/^[A-Za-z_]\w*$/, "the name of a variable"), 50),
    start: fields({ delay: duration, log: list(text(), 50) }),
    ports: list(port, 20),
    routes: list(ROUTE, 100),
    log: list(
      fields({ every: text(/^\d+(s|m|h)$/, "a duration of a second or more"), line: text(), error: flag }, [
        "every",
        "line",
      ]),
      10,
    ),
    accessLog: flag,
    memory: fields({ start: quantity, growPerMinute: quantity, max: quantity }),
    exit: fields({ after: duration, code, log: text() }, ["after"]),
    stop: fields({ delay: duration, code, log: text(), ignored: flag }),
  },
  ["image"],
);

/** Reads one description: the value, or all that is wrong with it. */
export function readDescription(
  yaml: string,
): { readonly description: ImageDescription } | { readonly problems: readonly DescriptionProblem[] } {
  let value: unknown;
  try {
    value = parse(yaml, { maxAliasCount: 20 });
  } catch (error) {
    return { problems: [{ path: "", problem: `is no YAML: ${String((error as Error).message).split("\n")[0]}` }] };
  }
  const problems: DescriptionProblem[] = [];
  DESCRIPTION(value, "", problems);
  return problems.length === 0 ? { description: value as ImageDescription } : { problems };
}

/** Whether a ConfigMap is a shelf of images. */
export const hasImages = ({ metadata }: ConfigMap): boolean => metadata.labels?.[IMAGES_LABEL] !== undefined;

/** The name of an image without registry defaults, tag and digest, and its tag. */
export function namedImage(image: string): { readonly name: string; readonly tag?: string } {
  const plain = image.replace(/@.*$/, "");
  const colon = plain.lastIndexOf(":");
  const isTagged = colon > plain.lastIndexOf("/");
  const name = (isTagged ? plain.slice(0, colon) : plain)
    .replace(/^(index\.)?docker\.io\//, "")
    .replace(/^library\//, "");
  return isTagged ? { name, tag: plain.slice(colon + 1) } : { name };
}

/** The sound descriptions of a ConfigMap. */
export function descriptionsIn(configmap: ConfigMap): ImageDescription[] {
  if (!hasImages(configmap)) return [];
  return Object.values(configmap.data ?? {}).flatMap((yaml) => {
    const read = readDescription(yaml);
    return "description" in read ? [read.description] : [];
  });
}
