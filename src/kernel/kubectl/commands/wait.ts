/**
 * `kubectl wait`: until objects have a condition, are gone, or show a value.
 *
 * Models kubectl/pkg/cmd/wait.
 */
import {
  type Call,
  type Command,
  chosen,
  durationOf,
  type Named,
  printed,
  type Said,
  SELECTION,
} from "#kernel/kubectl/command";
import { KubectlError, usageError } from "#kernel/kubectl/error";
import { manifestsFrom } from "#kernel/kubectl/manifest";
import type { Asking, KubeObject } from "#kernel/kubectl/server";
import { fillTemplate } from "#kernel/kubectl/template";

/** What is waited for: whether an object shows it; undefined stands for an object that is not there. */
type Goal = (object: KubeObject | undefined) => boolean;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly observedGeneration?: number;
}

const LOOK_AGAIN_MS = 1_000;

export const wait: Command = {
  name: "wait",
  flags: { ...SELECTION.flags, for: "value", timeout: "value", filename: "list" },
  short: { ...SELECTION.short, f: "filename" },
  *run(call) {
    const { goal, met, isDeletion } = goalOf(call.value("for") ?? "");
    const timeoutMs = durationOf("timeout", call.value("timeout") ?? "30s");
    const named = yield* targetsOf(call, isDeletion);
    if (named.length === 0) {
      if (isDeletion) return { out: "" };
      throw usageError("no matching resources found");
    }
    const told = (call.memory ?? []) as readonly string[];
    const fresh: string[] = [];
    let isOver = true;
    let late = "";
    for (const { kind, name } of named) {
      const title = printed(kind, name);
      const object = yield* call.server.find({ kind, namespace: call.namespace, name });
      if (object === undefined && !isDeletion)
        throw new KubectlError(
          `Error from server (NotFound): ${kind.plural}${kind.group === "" ? "" : `.${kind.group}`} ${JSON.stringify(name)} not found`,
        );
      if (goal(object)) {
        if (!told.includes(title)) fresh.push(title);
      } else {
        isOver = false;
        late ||= title;
      }
    }
    const out = fresh.map((title) => `${title} ${met}\n`).join("");
    if (isOver) return { out };
    const isLate = Date.parse(call.now) - (call.since ?? 0) >= timeoutMs;
    if (isLate)
      return {
        out,
        err: `error: timed out waiting for the condition on ${late.replace(/^(\w+)(\.[^/]*)?\//, pluralOf(named))}\n`,
        exitCode: 1,
      };
    return { out, againMs: LOOK_AGAIN_MS, memory: [...told, ...fresh] } satisfies Said;
  },
};

/** `pods/a`, as wait names what is late. */
const pluralOf =
  ([first]: readonly Named[]) =>
  (): string => {
    const { plural = "", group = "" } = first?.kind ?? {};
    return `${plural}${group === "" ? "" : `.${group}`}/`;
  };

function* targetsOf(call: Call, isDeletion: boolean): Asking<readonly Named[]> {
  if (call.list("filename").length === 0) {
    try {
      return yield* chosen(call, call.args);
    } catch (error) {
      if (isDeletion && error instanceof KubectlError && error.message.includes("(NotFound)")) return [];
      throw error;
    }
  }
  const named: Named[] = [];
  for (const object of manifestsFrom(call)) {
    named.push({ kind: yield* call.server.kindOf(object), name: object.metadata.name });
  }
  return named;
}

/** @throws KubectlError */
function goalOf(text: string): { readonly goal: Goal; readonly met: string; readonly isDeletion: boolean } {
  if (text.toLowerCase() === "delete") {
    return { goal: (object) => object === undefined, met: "condition met", isDeletion: true };
  }
  if (text.toLowerCase() === "create") {
    return { goal: (object) => object !== undefined, met: "condition met", isDeletion: false };
  }
  if (text.startsWith("condition=")) {
    const [type = "", status = "true"] = text.slice("condition=".length).split("=");
    return { goal: hasCondition(type, status), met: "condition met", isDeletion: false };
  }
  if (text.startsWith("jsonpath=")) {
    const [, path = "", value] = /^jsonpath=(['"]?\{.*?\}['"]?|[^=]*)(?:=(.*))?$/s.exec(text) ?? [];
    const bare = path.replace(/^(['"])(.*)\1$/s, "$2");
    const wanted = value?.replace(/^(['"])(.*)\1$/s, "$2");
    const goal: Goal = (object) => {
      const found = fillTemplate(bare, object);
      return wanted === undefined ? found !== "" : found === wanted;
    };
    return { goal, met: "condition met", isDeletion: false };
  }
  throw usageError(`unrecognized condition: ${JSON.stringify(text)}`);
}

const hasCondition =
  (type: string, status: string): Goal =>
  (object) => {
    const { conditions = [], observedGeneration } = (object?.status ?? {}) as {
      conditions?: readonly Condition[];
      observedGeneration?: number;
    };
    const found = conditions.find((one) => one.type.toLowerCase() === type.toLowerCase());
    const generation = object?.metadata.generation ?? 0;
    const seen = found?.observedGeneration ?? observedGeneration ?? generation;
    return found !== undefined && seen >= generation && found.status.toLowerCase() === status.toLowerCase();
  };
