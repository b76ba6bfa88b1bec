/**
 * The parameters operations take, by name: where they stand and what type they have.
 *
 * Models the ListOptions, DeleteOptions, CreateOptions, PatchOptions and Pod*Options of the API as
 * apiserver/pkg/endpoints/installer.go lists them.
 */
import type { Texts } from "#apiserver/describe/openapi.served";

/** A parameter of an operation; two parameters are the same where `text` and `name` are. */
export interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly type: "string" | "boolean" | "integer";
  /** The key of its text, or the text itself after `=`. */
  readonly text: string;
}

const BOOLEANS = new Set(
  `allowWatchBookmarks watch sendInitialEvents orphanDependents ignoreStoreReadErrorWithClusterBreakingPotential force
  follow insecureSkipTLSVerifyBackend previous timestamps stderr stdin stdout tty`.split(/\s+/),
);
const INTEGERS = new Set("limit timeoutSeconds gracePeriodSeconds limitBytes sinceSeconds tailLines ports".split(" "));

const query = (name: string, text = name): Parameter => ({
  name,
  in: "query",
  type: BOOLEANS.has(name) ? "boolean" : INTEGERS.has(name) ? "integer" : "string",
  text,
});
const queries = (names: string): Parameter[] => names.split(" ").map((name) => query(name));
const queriesOf = (operation: string, names: string): Parameter[] =>
  names.split(" ").map((name) => query(name, `${operation}:${name}`));

export const PRETTY = query("pretty");
export const NAMESPACE: Parameter = { name: "namespace", in: "path", type: "string", text: "namespace" };
export const PATH: Parameter = { name: "path", in: "path", type: "string", text: "proxy:path" };

/** The name in the path says of which kind it is. */
export const nameParameter = (kind: string): Parameter => ({
  name: "name",
  in: "path",
  type: "string",
  text: `=name of the ${kind}`,
});

const LISTED = [
  "continue fieldSelector labelSelector limit resourceVersion resourceVersionMatch",
  "sendInitialEvents shardSelector timeoutSeconds",
].join(" ");
export const LIST = queries(`allowWatchBookmarks ${LISTED} watch`);
const DELETED =
  "dryRun gracePeriodSeconds ignoreStoreReadErrorWithClusterBreakingPotential orphanDependents propagationPolicy";
export const DELETE = queries(DELETED);
export const DELETE_COLLECTION = queries(`${DELETED} ${LISTED}`);
export const WRITE = queries("dryRun fieldManager fieldValidation");
export const PATCH = [...queries("dryRun fieldValidation force"), query("fieldManager", "patch:fieldManager")];

/** Parameters of subresources that are no objects, by `plural/subresource`. */
export const CONNECTIONS: Readonly<Record<string, readonly Parameter[]>> = {
  "pods/log": queriesOf(
    "log",
    "container follow insecureSkipTLSVerifyBackend limitBytes previous sinceSeconds stream tailLines timestamps",
  ),
  "pods/exec": queriesOf("exec", "command container stderr stdin stdout tty"),
  "pods/attach": queriesOf("attach", "container stderr stdin stdout tty"),
  "pods/portforward": queriesOf("portforward", "ports"),
  "pods/proxy": queriesOf("pods/proxy", "path"),
  "services/proxy": queriesOf("services/proxy", "path"),
  "nodes/proxy": queriesOf("nodes/proxy", "path"),
};

/** The text of a parameter, if there is one. */
export function parameterText({ text, name }: Parameter, texts: Texts): string | undefined {
  if (text.startsWith("=")) return text.slice(1);
  return texts.parameters[text] ?? texts.parameters[name];
}
