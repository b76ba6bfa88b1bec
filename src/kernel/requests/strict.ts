/**
 * Strict decoding: fields a kind does not have and fields that stand twice, in the order and words of the real server.
 *
 * Models the strict decoders of apimachinery/pkg/runtime/serializer/json, sigs.k8s.io/yaml and the patch handler.
 */
import { type Document, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { readJson, strictProblems } from "#kernel/apimachinery/json";

/** How a body came, as far as strict decoding tells one from another. */
export type Strictness = "none" | "json" | "custom-json" | "yaml" | "patch" | "json-patch";

/**
 * Everything strict decoding has against a text, one text each.
 * `unknownFields` are the paths the kind does not have, which only reading the value can tell; `yaml` is the text as it
 * has been read, if it is YAML.
 */
export function strictTexts(
  text: string,
  strictness: Strictness,
  unknownFields: readonly string[],
  yaml?: Yaml,
): string[] {
  const unknown = unknownFields.slice(0, PROBLEMS_MAX).map((path) => `unknown field ${JSON.stringify(path)}`);
  switch (strictness) {
    case "none":
      return unknown;
    case "json":
      return strictProblems(text, new Set(unknownFields));
    case "custom-json":
    case "patch":
      return [...strictProblems(text), ...unknown];
    case "json-patch":
      return [...strictProblems(text, unknownInOperations(text)).map((one) => `json patch ${one}`), ...unknown];
    case "yaml": {
      const lines = repeatedKeys(yaml ?? readYaml(text));
      return lines.length === 0 ? unknown : [`${YAML_PROBLEM}${lines.join("\n  ")}`, ...unknown];
    }
  }
}

const OPERATION_FIELDS = new Set(["op", "path", "from", "value"]);

function unknownInOperations(text: string): ReadonlySet<string> {
  const operations = readJson(text);
  const unknown = new Set<string>();
  if (!Array.isArray(operations)) return unknown;
  for (const [n, operation] of operations.entries()) {
    for (const key of Object.keys((operation ?? {}) as object)) {
      if (!OPERATION_FIELDS.has(key)) unknown.add(`[${n}].${key}`);
    }
  }
  return unknown;
}

const YAML_PROBLEM = "yaml: unmarshal errors:\n  ";

/** Problems as the texts of warnings: what YAML says in one breath is told line by line. */
export function strictWarnings(problems: readonly string[]): string[] {
  return problems.flatMap((problem) => {
    const at = problem.indexOf(YAML_PROBLEM);
    return at < 0 ? [problem] : problem.slice(at + YAML_PROBLEM.length).split("\n  ");
  });
}

/** A YAML text that has been read, and where its lines begin. */
export interface Yaml {
  readonly document: Document.Parsed;
  readonly lineCounter: LineCounter;
}

/** Reads a YAML text, which may say a key twice. */
export function readYaml(text: string): Yaml {
  const lineCounter = new LineCounter();
  const options = { version: "1.1", uniqueKeys: false, logLevel: "silent", lineCounter } as const;
  return { document: parseDocument(text, options), lineCounter };
}

/** `line 5: key "name" already set in map`, for the first keys of a YAML text that stand twice in their map. */
function repeatedKeys({ document, lineCounter }: Yaml): string[] {
  const lines: string[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line } = lineCounter.linePos(key.range?.[0] ?? 0);
          lines.push(`line ${line}: key ${JSON.stringify(key.value)} already set in map`);
        }
        seen.add(key.value);
      }
      return lines.length < PROBLEMS_MAX ? undefined : visit.BREAK;
    },
  });
  return sortedByLine(lines).slice(0, PROBLEMS_MAX);
}

/** A map is looked at before what it holds; the text is read from its beginning. */
const sortedByLine = (lines: readonly string[]): string[] =>
  [...lines].sort(
    (a, b) => Number.parseInt(a.slice("line ".length), 10) - Number.parseInt(b.slice("line ".length), 10),
  );

/** As many as Go's decoder remembers. */
const PROBLEMS_MAX = 100;

/** What is wrong with a configuration for server-side apply: keys that stand twice; undefined if none does. */
export function appliedProblem(text: string): string | undefined {
  // Reading JSON as YAML is slow: only to name what is known to be there.
  if (/^\s*\{/.test(text) && strictProblems(text).length === 0) return undefined;
  const lines = repeatedKeys(readYaml(text));
  return lines.length === 0 ? undefined : `error converting YAML to JSON: ${YAML_PROBLEM}${lines.join("\n  ")}`;
}

/** Paths as maps are written: their keys sorted, the positions of lists counted. */
export function inMapOrder(paths: readonly string[]): string[] {
  if (paths.length < 2) return [...paths];
  return paths
    .map((path) => ({ path, steps: path.split(/[.[\]]+/) }))
    .sort((a, b) => compareSteps(a.steps, b.steps))
    .map(({ path }) => path);
}

function compareSteps(a: readonly string[], b: readonly string[]): number {
  for (const [n, step] of a.entries()) {
    const other = b[n];
    if (other === undefined) return 1;
    if (step === other) continue;
    const isCounted = /^\d+$/.test(step) && /^\d+$/.test(other);
    if (isCounted) return Number(step) - Number(other);
    return step < other ? -1 : 1;
  }
  return a.length - b.length;
}
