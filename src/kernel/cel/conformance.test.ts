/**
 * Goal: expressions mean what the CEL specification says.
 * Method: the specification's own conformance data, less the suites about protobuf messages and libraries that
 * Kubernetes does not have; what must differ is named below with its reason.
 */
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";
import { expect, test } from "vitest";
import { compileCel, type Program } from "#kernel/cel/compile";
import { toPlain, typeFrom, valueFrom } from "#kernel/cel/conformance.fixture";
import { type CelType, typeText } from "#kernel/cel/types";
import { equal } from "#kernel/cel/values";

interface Original {
  readonly name?: string;
  readonly expr: string;
  readonly value?: object;
  readonly evalError?: object;
  readonly bindings?: Readonly<Record<string, { readonly value?: object }>>;
  readonly typeEnv?: readonly { readonly name: string; readonly ident?: { readonly type?: object } }[];
  readonly disableCheck?: boolean;
  readonly container?: string;
  readonly checkOnly?: boolean;
}

interface Case {
  readonly original: Original;
  /** What cel-go refuses it with. */
  readonly error?: string;
  /** The type cel-go deduces. */
  readonly type?: string;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly Case[];
}

const FOREIGN = new Set([
  // About messages of protobuf, of which Kubernetes has none.
  ...[
    "proto2",
    "proto3",
    "proto2_ext",
    "enums",
    "dynamic",
    "unknowns",
    "wrappers",
    "namespace",
    "fields",
    "type_deduction",
  ],
  // Libraries Kubernetes does not load.
  ...["encoders_ext", "math_ext", "block_ext", "network_ext", "bindings_ext", "plumbing"],
]);

function* all(suite: Suite, path: string): Generator<readonly [string, Case]> {
  for (const inner of suite.suites ?? []) yield* all(inner, path === "" ? inner.name : `${path}/${inner.name}`);
  for (const one of suite.tests ?? []) yield [`${path}/${one.original.name ?? one.original.expr}`, one];
}

/** What the data ask for and we do otherwise, with the reason. */
const DIFFERENT: readonly (readonly [RegExp, string])[] = [
  [
    /TestAllTypes|google\.protobuf\.|proto\.|deductions\/wrappers|legacy_nullable|^msg|\bmsg\./,
    "messages of protobuf, their wrappers and Any",
  ],
  [
    /fn\(|tuple|sort\(|^type\(|\.(as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)\(/,
    "functions the test itself would declare",
  ],
  [/^type$|optional_dyn_promotion/, "types of types, and how general an optional of dyn is: no rule can tell"],
  [/reverse\(/, "version 3 of the library of texts; Kubernetes has version 2"],
  [/%\.0f/, "rounds halves up, not to even"],
];

function compiled({ expr, bindings = {}, typeEnv = [] }: Original): Program {
  const variables: Record<string, CelType> = {};
  for (const { name, ident } of typeEnv) variables[name] = typeFrom(ident?.type ?? {});
  for (const name of Object.keys(bindings)) variables[name] ??= { kind: "dyn" };
  return compileCel(expr, { variables, allowsMixed: true });
}

function outcome(original: Original): unknown {
  return compiled(original).run((name) => {
    const found = original.bindings?.[name]?.value;
    return found === undefined ? undefined : valueFrom(found);
  }).value;
}

const CASES = [...all(tests as unknown as Suite, "")].filter(([path, { original }]) => {
  const isForeign = FOREIGN.has(path.split("/")[0] ?? "") || original.disableCheck === true;
  return !isForeign && !DIFFERENT.some(([pattern]) => pattern.test(original.expr) || pattern.test(path));
});

test.each(CASES)("%s", (_path, { original, type, error }) => {
  if (original.evalError !== undefined) {
    expect(() => outcome(original)).toThrow();
    return;
  }
  // With an error the data were made by a cel-go without the library the expression needs.
  if (error === undefined && type !== undefined) expect(typeText(compiled(original).type)).toBe(type);
  if (original.value === undefined) return;
  const wanted = valueFrom(original.value);
  const found = outcome(original);
  const isSame = equal(found, wanted) || (Number.isNaN(found) && Number.isNaN(wanted));
  expect(isSame ? wanted : toPlain(found)).toBe(wanted);
});
