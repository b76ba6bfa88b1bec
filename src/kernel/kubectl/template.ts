/**
 * JSONPath templates: text with paths in braces, and `{range}` over what one leads to.
 *
 * Models k8s.io/client-go/util/jsonpath as `-o jsonpath` and `-o custom-columns` use it.
 */
import { findJsonPath, parseJsonPath } from "#kernel/apimachinery/json-path";
import { usageError } from "#kernel/kubectl/error";

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "range"; readonly path: string; readonly body: readonly Node[] };

/** The text a template makes of an object. @throws KubectlError */
export function fillTemplate(template: string, object: unknown): string {
  const trimmed = template.trim();
  const whole = trimmed.includes("{") ? template : `{${trimmed}}`;
  return printNodes(parse(whole), object, object);
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/gs, (_, char: string) => ({ n: "\n", t: "\t", r: "\r" })[char] ?? char);

function parse(template: string): readonly Node[] {
  const stack: { path: string; body: Node[] }[] = [{ path: "", body: [] }];
  const top = (): Node[] => stack.at(-1)?.body ?? [];
  for (let at = 0; at < template.length; ) {
    if (template[at] !== "{") {
      const end = template.indexOf("{", at);
      const text = template.slice(at, end < 0 ? undefined : end);
      top().push({ kind: "text", text });
      at += text.length;
      continue;
    }
    const end = closing(template, at);
    const inside = template.slice(at + 1, end).trim();
    at = end + 1;
    const quoted = /^(["'])([\s\S]*)\1$/.exec(inside);
    if (quoted !== null) top().push({ kind: "text", text: unescaped(quoted[2] ?? "") });
    else if (inside.startsWith("range")) stack.push({ path: inside.slice(5).trim(), body: [] });
    else if (inside === "end") {
      const loop = stack.pop();
      if (loop === undefined || stack.length === 0) throw malformed(template, "not in range, nothing to end");
      top().push({ kind: "range", ...loop });
    } else for (const path of inside.split(/\s+(?=[.@$[])/)) top().push({ kind: "path", path });
  }
  if (stack.length > 1) throw malformed(template, "unclosed action");
  return stack[0]?.body ?? [];
}

const malformed = (template: string, why: string): Error => usageError(`error parsing jsonpath ${template}, ${why}`);

/** Where the brace closes that opens at a place: quotes and brackets are passed over. */
function closing(template: string, from: number): number {
  let quote = "";
  for (let at = from + 1; at < template.length; at += 1) {
    const char = template[at] ?? "";
    if (char === "\\") at += 1;
    else if (quote !== "") quote = char === quote ? "" : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === "}") return at;
  }
  throw malformed(template, "unclosed action");
}

function valuesOf(path: string, object: unknown, root: unknown): unknown[] {
  const parsed = parseJsonPath(path);
  if (parsed === undefined) throw malformed(path, "unrecognized path");
  return findJsonPath(parsed, path.startsWith("$") ? root : object);
}

function printNodes(nodes: readonly Node[], object: unknown, root: unknown): string {
  return nodes
    .map((node) => {
      if (node.kind === "text") return node.text;
      const values = valuesOf(node.path, object, root);
      if (node.kind === "path") return values.map(shown).join(" ");
      return values.map((value) => printNodes(node.body, value, root)).join("");
    })
    .join("");
}

/** A value as jsonpath prints it: what is no text as JSON. */
const shown = (value: unknown): string =>
  typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);

/** The values a path leads to, as a column of `custom-columns` shows them. */
export function columnText(path: string, object: unknown): string {
  const values = valuesOf(path.replace(/^\{(.*)\}$/s, "$1"), object, object);
  return values.length === 0 ? "<none>" : values.map(shown).join(",");
}
