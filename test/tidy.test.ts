/**
 * Goal: the house rules that no linter knows.
 * Method: read every file of ours and report each breach as `file:line: why`; the limits fail the test.
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { pathsUnder, ROOT, type SourceFile, type SyntaxNode, sourceFiles, visit } from "#test/support/source";

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const COLUMNS_MAX = 120;
const VAGUE_NAMES = /^(utils?|helpers?|common|managers?|misc|shared|stuff)\./;
/** Split, so that this file does not find itself. */
const LATER = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "for " + "now", "not (?:yet )?" + "implemented"];
/** As such notes are written: a variable `todo` or HTTP's "Not Implemented" is none. */
const UNFINISHED = new RegExp(`\\b(?:${LATER.join("|")})\\b`);

const files = sourceFiles();
const ours = files.filter((file) => !file.isGenerated);

/** The positions where a pattern matches, reported. */
function* matches(file: SourceFile, pattern: RegExp, why: string): Generator<string> {
  const global = new RegExp(pattern.source, `${pattern.flags.replace("g", "")}g`);
  for (const match of file.text.matchAll(global)) yield file.at(match.index, `${why}: ${match[0]}`);
}

test("every file opens with a doc comment that says what it is", () => {
  const opens = /^(#!.*\n)?(\/\*\*|<!--|<script[^>]*>\s*\/\*\*)\s*\S/;
  expect(files.filter((file) => !opens.test(file.text)).map((file) => file.at(0, "no opening doc comment"))).toEqual(
    [],
  );
});

test("every test file says its goal and its method", () => {
  const silent = ours.filter((file) => {
    const opening = file.text.slice(0, file.text.indexOf("*/"));
    return file.path.endsWith(".test.ts") && !(/\bGoal: /.test(opening) && /\bMethod: /.test(opening));
  });
  expect(silent.map((file) => file.at(0, "no Goal: and Method: at the top"))).toEqual([]);
});

test(`files have at most ${FILE_LINES_MAX} lines`, () => {
  const long = ours.filter((file) => file.lineAt(file.text.length) - 1 > FILE_LINES_MAX);
  expect(long.map((file) => `${file.path}:${FILE_LINES_MAX}: ${file.lineAt(file.text.length) - 1} lines`)).toEqual([]);
});

/** A text or a pattern that cannot be broken without hiding what is printed or matched; the formatter leaves it. */
const UNBREAKABLE = /(["'`]).{60,}\1|\/.{60,}\/[a-z]*[,;.)]/;

test(`lines have at most ${COLUMNS_MAX} columns, but for long texts and patterns`, () => {
  const wide = ours.flatMap((file) =>
    file.text
      .split("\n")
      .flatMap((line, n) =>
        [...line].length > COLUMNS_MAX && !UNBREAKABLE.test(line)
          ? [`${file.path}:${n + 1}: ${line.length} columns`]
          : [],
      ),
  );
  expect(wide).toEqual([]);
});

/** A block of tests is a list, not a function. */
const isTestBlock = (parent: SyntaxNode | undefined): boolean =>
  parent?.type === "CallExpression" && (parent.callee as { name?: string }).name === "describe";

test(`functions have at most ${FUNCTION_LINES_MAX} lines`, () => {
  const long: string[] = [];
  for (const file of ours) {
    visit(file.parsed.program, (node, parent) => {
      if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type) || isTestBlock(parent))
        return;
      const lines = file.lineAt(node.end) - file.lineAt(node.start) + 1;
      if (lines > FUNCTION_LINES_MAX) long.push(file.at(node.start, `a function of ${lines} lines`));
    });
  }
  expect(long).toEqual([]);
});

test("files are named after what they hold", () => {
  expect(
    ours.filter(({ path }) => VAGUE_NAMES.test(basename(path))).map((file) => file.at(0, "a name that says nothing")),
  ).toEqual([]);
});

test("exported functions of src are documented", () => {
  const silent: string[] = [];
  for (const file of ours.filter(({ path, isTest }) => path.startsWith("src/") && path.endsWith(".ts") && !isTest)) {
    visit(file.parsed.program, (node) => {
      if (node.type !== "ExportNamedDeclaration") return;
      const declaration = node.declaration as SyntaxNode | null;
      const isOverload =
        file.text.slice(0, node.start).trimEnd().endsWith(";") && declaration?.type === "FunctionDeclaration";
      const isFunction = declaration?.type === "FunctionDeclaration" || declaresArrow(declaration);
      const before = file.text.slice(0, node.start).trimEnd();
      const isSecondOverload =
        isOverload && new RegExp(`export function ${nameOf(declaration)}\\b[^{]*;$`).test(before);
      if (isFunction && !before.endsWith("*/") && !isSecondOverload)
        silent.push(file.at(node.start, "an exported function without a doc comment"));
    });
  }
  expect(silent).toEqual([]);
});

function declaresArrow(declaration: SyntaxNode | null): boolean {
  if (declaration?.type !== "VariableDeclaration") return false;
  const [first] = declaration.declarations as { init: SyntaxNode | null }[];
  return first?.init?.type === "ArrowFunctionExpression";
}

const nameOf = (declaration: SyntaxNode | null): string => (declaration?.id as { name?: string } | null)?.name ?? "";

const WORLD = new Set(["setTimeout", "setInterval", "queueMicrotask", "console", "fetch", "performance", "crypto"]);

/** Why the kernel may not say this; undefined when it may. */
function worldly(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.async === true) return "the kernel is synchronous: async";
  if (node.type === "AwaitExpression") return "the kernel is synchronous: await";
  if (node.type === "NewExpression" && calleeName(node) === "Promise") return "the kernel is synchronous: Promise";
  if (node.type === "NewExpression" && calleeName(node) === "Date" && (node.arguments as unknown[]).length === 0) {
    return "the kernel reads no clock: new Date()";
  }
  if (node.type === "CallExpression" && calleeName(node) === "Date") return "the kernel reads no clock: Date()";
  if (node.type === "MemberExpression") {
    const path = `${(node.object as { name?: string }).name}.${(node.property as { name?: string }).name}`;
    if (path === "Date.now") return "the kernel reads no clock: Date.now";
    if (path === "Math.random") return "the kernel rolls no dice: Math.random";
    if (/\.(localeCompare|toLocale\w+)$/.test(path))
      return `the same everywhere, whatever the machine's language: ${path}`;
  }
  const isFree = parent?.type === "CallExpression" || (parent?.type === "MemberExpression" && parent.object === node);
  if (node.type === "Identifier" && isFree && WORLD.has(String(node.name))) return `the kernel is alone: ${node.name}`;
  return undefined;
}

const calleeName = (node: SyntaxNode): string | undefined => (node.callee as { name?: string }).name;

test("the kernel is synchronous, deterministic and alone", () => {
  const breaches: string[] = [];
  for (const file of ours.filter(({ path, isTest }) => path.startsWith("src/kernel/") && !isTest)) {
    const declared = new Set(
      [...file.text.matchAll(/(?:const|let|function|[({,]) ?(\w+)(?=[:,)} =(])/g)].map((match) => match[1]),
    );
    visit(file.parsed.program, (node, parent) => {
      const why = worldly(node, parent);
      const isOurOwn = node.type === "Identifier" && declared.has(String(node.name));
      if (why !== undefined && !isOurOwn) breaches.push(file.at(node.start, why));
    });
  }
  expect(breaches).toEqual([]);
});

test("nothing is left for later in the code", () => {
  const checked = ours.filter(({ path }) => path !== "test/tidy.test.ts");
  expect(checked.flatMap((file) => [...matches(file, UNFINISHED, "unfinished")])).toEqual([]);
});

test("nothing tells where it was written", () => {
  const readable = /\.(ts|mjs|svelte|json|toml|md|html|css|sql|ya?ml)$|(^|\/)\.(npmrc|gitignore)$/;
  const folders = ["src", "test", "scripts", "bench", "migrations", ".ci"];
  const roots = [
    "package.json",
    "package-lock.json",
    "README.md",
    "wrangler.toml",
    ".npmrc",
    "biome.json",
    "tsconfig.json",
  ];
  const place = /(?<![\w.*])\/(?:Users|workspaces?)\/\w+|registry\.npmjs\.org|"resolved":|^registry ?=/m;
  const told: string[] = [];
  for (const path of [...folders.flatMap(pathsUnder).filter((name) => readable.test(name)), ...roots]) {
    if (path === "test/tidy.test.ts" || !existsSync(join(ROOT, path))) continue;
    const text = readFileSync(join(ROOT, path), "utf8");
    const at = Math.max(text.search(place), text.indexOf(`${ROOT}/`));
    if (at >= 0) told.push(`${path}:${text.slice(0, at).split("\n").length}: a machine's path or a registry's address`);
  }
  expect(told).toEqual([]);
});
