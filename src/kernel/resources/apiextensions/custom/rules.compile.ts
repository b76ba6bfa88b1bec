/**
 * The rules of a schema (x-kubernetes-validations) as programs, kept with the node they stand at.
 *
 * Models apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go.
 */
import type { ValidationRule } from "#kernel/api/types.gen";
import type { Expr } from "#kernel/cel/ast";
import { compileCel, type Program } from "#kernel/cel/compile";
import { typeOfSchema } from "#kernel/cel/declarations";
import { CompileError } from "#kernel/cel/errors";
import { BOOL, type CelType, optionalOf, STRING, typeText } from "#kernel/cel/types";
import {
  additionalOf,
  hasSchema,
  isEmbedded,
  itemsOf,
  propertiesOf,
  type Schema,
} from "#kernel/resources/apiextensions/schema";
import { findPath } from "#kernel/resources/apiextensions/schema.path";

/** A rule ready to be run, or what keeps it from that. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program?: Program;
  readonly problem?: string;
  readonly message?: Program;
  readonly messageProblem?: string;
  /** Whether it compares with what was there before. */
  readonly usesOldSelf: boolean;
  /** The path of the field it blames, below its node. */
  readonly blamed: string;
}

/** A node of a schema that has rules, or has nodes that do. */
export interface RuleNode {
  readonly schema: Schema;
  readonly type: CelType | undefined;
  readonly rules: readonly CompiledRule[];
  readonly items?: RuleNode;
  readonly additional?: RuleNode;
  readonly properties: ReadonlyMap<string, RuleNode>;
}

const hasRules = (schema: Schema): boolean =>
  hasSchema(schema, (node) => (node["x-kubernetes-validations"] ?? []).length > 0);

const roots = new WeakMap<Schema, { readonly node: RuleNode | undefined }>();

/** The rules of a whole schema, compiled once; undefined if it has none. */
export function ruleTree(schema: Schema): RuleNode | undefined {
  let known = roots.get(schema);
  if (known === undefined) {
    known = { node: nodeOf(schema, true) };
    roots.set(schema, known);
  }
  return known.node;
}

function nodeOf(schema: Schema, isResource: boolean): RuleNode | undefined {
  if (!hasRules(schema)) return undefined;
  const type = typeOfSchema(schema as Parameters<typeof typeOfSchema>[0], "selfType1", isResource);
  const rules = (schema["x-kubernetes-validations"] ?? []).map((rule) => compileRule(rule, schema, type));
  const child = (below: Schema | undefined): RuleNode | undefined => below && nodeOf(below, isEmbedded(below));
  const items = child(itemsOf(schema));
  const additional = child(additionalOf(schema));
  const properties = new Map<string, RuleNode>();
  for (const [name, property] of propertiesOf(schema)) {
    const node = child(property);
    if (node !== undefined) properties.set(name, node);
  }
  return {
    schema,
    type,
    rules,
    properties,
    ...(items !== undefined && { items }),
    ...(additional !== undefined && { additional }),
  };
}

function compileRule(rule: ValidationRule, schema: Schema, type: CelType | undefined): CompiledRule {
  const found = rule.fieldPath === undefined ? undefined : findPath(rule.fieldPath, schema);
  const blamed = found === undefined || "problem" in found ? "" : found.text;
  const none = { rule, usesOldSelf: false, blamed };
  if (rule.rule.trim() === "" || type === undefined) return none;
  const variables = { self: type, oldSelf: rule.optionalOldSelf === true ? optionalOf(type) : type };
  const main = compile(rule.rule, variables, BOOL, {
    compiling: "compilation failed: ",
    type: "cel expression must evaluate to a bool",
  });
  if ("problem" in main) return { ...none, problem: main.problem };
  const usesOldSelf = mentions(main.program.tree, "oldSelf");
  const { messageExpression = "" } = rule;
  if (messageExpression === "") return { ...none, program: main.program, usesOldSelf };
  const message = compile(messageExpression, variables, STRING, {
    compiling: "messageExpression compilation failed: ",
    type: "messageExpression must evaluate to a string",
  });
  return {
    ...none,
    program: main.program,
    usesOldSelf,
    ...("problem" in message ? { messageProblem: message.problem } : { message: message.program }),
  };
}

function compile(
  text: string,
  variables: Readonly<Record<string, CelType>>,
  wanted: CelType,
  words: { readonly compiling: string; readonly type: string },
): { readonly program: Program } | { readonly problem: string } {
  try {
    const program = compileCel(text, { variables });
    const isWanted = typeText(program.type) === typeText(wanted) || program.type.kind === "dyn";
    return isWanted ? { program } : { problem: words.type };
  } catch (error) {
    if (error instanceof CompileError) return { problem: words.compiling + error.message };
    throw error;
  }
}

/** Whether an expression names a variable. */
export function mentions(tree: Expr, name: string): boolean {
  switch (tree.op) {
    case "literal":
      return false;
    case "ident":
      return tree.name === name;
    case "select":
      return mentions(tree.operand, name);
    case "call":
      return (tree.target !== undefined && mentions(tree.target, name)) || tree.args.some((arg) => mentions(arg, name));
    case "list":
      return tree.items.some(({ value }) => mentions(value, name));
    case "map":
      return tree.entries.some(({ key, value }) => mentions(key, name) || mentions(value, name));
    case "struct":
      return tree.fields.some(({ value }) => mentions(value, name));
    case "fold":
      return [tree.range, tree.initial, tree.condition, tree.step, tree.result].some((part) => mentions(part, name));
  }
}
