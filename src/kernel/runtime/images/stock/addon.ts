/**
 * Add-ons: programs that speak to the API server, as they start and say they are well.
 *
 * Leaves out their work: none reconciles anything, and a webhook of theirs lets everything pass.
 */

import { klogDate } from "#kernel/runtime/images/klog";
import { type Answer, goMetrics, isoDate, type Stock, type StockProgram } from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** Says yes to a review of admission, and gives back unchanged what it is asked to convert. */
export const allows: Answer = (_task, visit) => {
  const asked = reviewIn(visit.body);
  if (asked === undefined)
    return { status: 400, headers: { "content-type": "text/plain" }, body: "could not decode review\n" };
  const { apiVersion, kind, request } = asked;
  const response =
    kind === "ConversionReview"
      ? {
          uid: request.uid,
          result: { status: "Success" },
          convertedObjects: (request.objects ?? []).map((one) => ({ ...one, apiVersion: request.desiredAPIVersion })),
        }
      : { uid: request.uid, allowed: true };
  return {
    status: 200,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion, kind, response }),
  };
};

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly desiredAPIVersion?: string; readonly objects?: readonly object[] };
}

function reviewIn(body: string): Review | undefined {
  try {
    const found = JSON.parse(body) as Partial<Review>;
    return found.request?.uid === undefined ? undefined : (found as Review);
  } catch {
    return undefined;
  }
}

/** A line of klog. */
export const klogLine = (task: Task, where: string, text: string): string =>
  `I${klogDate(task.now)}       1 ${where}] ${text}\n`;
const zapLine = (task: Task, logger: string, msg: string): string => `${isoDate(task)}\tINFO\t${logger}\t${msg}\n`;

const WELL: Readonly<Record<string, Answer>> = {
  "/healthz": "ok",
  "/livez": "ok",
  "/readyz": "ok",
  "/health": "ok",
  "/ready": "ok",
  "/healthz/ready": "",
  "/metrics": goMetrics("controller"),
};

/** How the log of a program starts. */
type Style = "klog" | "zap" | ((task: Task) => string);

/** An add-on: an image with one program or some. */
export interface Addon {
  readonly repositories: readonly string[];
  /** Its programs by path: the ports each listens on. */
  readonly programs: Readonly<Record<string, StockProgram["ports"]>>;
  readonly style?: Style;
  readonly user?: number;
  readonly flavor?: Stock["flavor"];
  readonly megabytes?: number;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly takes?: StockProgram["takes"];
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Its programs end once their work is done. */
  readonly isTask?: true;
  readonly files?: Stock["files"];
  readonly tools?: readonly string[];
  readonly hasWebhook?: true;
  readonly acts?: NonNullable<StockProgram["acts"]>;
}

function saysIn(style: Style, path: string): (task: Task, ports: readonly number[]) => string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (typeof style === "function") return style;
  return style === "klog"
    ? (task, ports) =>
        klogLine(task, "main.go:100", `"Starting ${name}"`) +
        (ports.length > 0 ? klogLine(task, "server.go:50", `"Serving" address=":${ports[0]}"`) : "")
    : (task, ports) =>
        zapLine(task, "setup", `starting ${name}`) +
        (ports.length > 0
          ? zapLine(task, "controller-runtime.metrics", `Serving metrics server\t{"bindAddress": ":${ports[0]}"}`)
          : "");
}

/** An add-on as a stock image. */
export function addon({
  repositories,
  programs,
  style = "klog",
  user,
  flavor = "none",
  megabytes = 25,
  entrypoint,
  cmd,
  takes = [28, 2, 1],
  answers = {},
  isTask,
  files,
  tools,
  hasWebhook,
  acts,
}: Addon): Stock {
  const [first = ""] = Object.keys(programs);
  return {
    repositories,
    tags: /^[\w][\w.-]*$/,
    megabytes,
    flavor,
    config: {
      entrypoint: entrypoint ?? [first],
      ...(cmd === undefined ? {} : { cmd }),
      ...(user === undefined ? {} : { user }),
      ports: [
        ...new Set(
          Object.values(programs).flatMap((ports) => ports.map((one) => (typeof one === "number" ? one : one.port))),
        ),
      ],
    },
    ...(files === undefined ? {} : { files }),
    ...(tools === undefined ? {} : { tools }),
    isOpen: true,
    programs: Object.entries(programs).map(([path, ports]) => ({
      path,
      ports,
      isDeclared: true as const,
      takes,
      says: saysIn(style, path),
      answers: { ...WELL, ...answers },
      ...(acts === undefined ? {} : { acts }),
      ...(isTask === undefined ? {} : { isTask }),
      ...(hasWebhook === undefined ? {} : { otherwise: allows }),
    })),
  };
}
