/**
 * Goal: a file imports its own room and lower floors only, and packages only where they may be used.
 * Method: read the imports of every file under src and hold them against the table below.
 */
import { dirname, posix } from "node:path";
import { expect, test } from "vitest";
import { type SourceFile, sourceFiles } from "#test/support/source";

/** The kernel's rooms from the ground up. Rooms of one floor do not see each other. */
const KERNEL_FLOORS = [
  ["sim"],
  ["apimachinery"],
  ["api"],
  ["cel"],
  ["kubectl"],
  ["store"],
  ["registry"],
  ["resources"],
  ["admission"],
  ["requests"],
  ["runtime"],
  ["network"],
  ["controllers", "scheduler", "kubelet"],
  ["cluster"],
];

/** What a room outside the kernel sees besides itself. "kernel types": its types, and `apimachinery` whole. */
const SEES: Readonly<Record<string, readonly string[]>> = {
  apiserver: ["kernel"],
  classroom: ["kernel"],
  kubectl: ["kernel"],
  web: ["kernel types"],
  worker: ["kernel", "apiserver", "classroom", "kubectl"],
};

/** The packages each room may use; a name ending in ":" or "/" stands for all that begin so. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  kernel: ["yaml", "croner", "re2js", "asn1js", "@noble/hashes/", "fflate"],
  apiserver: ["hono", "yaml", "@bufbuild/protobuf"],
  classroom: ["yaml", "zod"],
  kubectl: [],
  web: [
    "svelte",
    "vite",
    "@sveltejs/vite-plugin-svelte",
    "@inlang/paraglide-js",
    "@xterm/",
    "pretendard",
    "yaml",
    "node:",
    // The compiled messages: src/web/vite.config.ts.
    "$messages",
    "$language",
  ],
  worker: ["cloudflare:", "drizzle-orm", "hono", "@hono/zod-openapi", "zod", "yaml", "fflate"],
};

type Import = { readonly target: string; readonly isType: boolean; readonly start: number };

function importsOf(file: SourceFile): Import[] {
  const { staticImports, staticExports, dynamicImports } = file.parsed.module;
  return [
    ...staticImports.map(({ moduleRequest, entries, start }) => ({
      target: moduleRequest.value,
      isType: entries.length > 0 && entries.every((entry) => entry.isType),
      start,
    })),
    ...staticExports.flatMap(({ entries, start }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest === null ? [] : [{ target: moduleRequest.value, isType, start }],
      ),
    ),
    ...dynamicImports.map(({ moduleRequest, start }) => ({
      target: file.text.slice(moduleRequest.start + 1, moduleRequest.end - 1),
      isType: false,
      start,
    })),
  ];
}

/** Where an import of ours points, as a path below src; undefined for a package. */
function ownPath(file: SourceFile, target: string): string | undefined {
  if (target.startsWith("#")) return target.slice(1);
  if (target.startsWith(".")) return posix.join(dirname(file.path), target).replace(/^src\//, "");
  return undefined;
}

const floorOf = (room: string): number => KERNEL_FLOORS.findIndex((rooms) => rooms.includes(room));

/** Why the import is not allowed; undefined when it is. */
function objection(file: SourceFile, { target, isType }: Import): string | undefined {
  const [, house = "", room = ""] = file.path.split("/");
  const path = ownPath(file, target);
  if (path === undefined) return packageObjection(house, target, file.isTest);
  const [toHouse = "", toRoom = ""] = path.split("/");
  if (toHouse === "test") return file.isTest ? undefined : "only tests import test support";
  if (toHouse !== house) return houseObjection({ house, toHouse, toRoom, isType });
  if (house !== "kernel" || room === toRoom || file.isTest) return undefined;
  if (floorOf(toRoom) === -1) return `${toRoom} is not a room of the kernel`;
  if (floorOf(toRoom) < floorOf(room)) return undefined;
  // The two halves of the ground floor may name each other's types: both only describe.
  if (room === "apimachinery" && toRoom === "api" && isType) return undefined;
  return `${room} must not see ${toRoom}`;
}

type Crossing = { house: string; toHouse: string; toRoom: string; isType: boolean };

function houseObjection({ house, toHouse, toRoom, isType }: Crossing): string | undefined {
  const sees = SEES[house] ?? [];
  if (sees.includes(toHouse)) return undefined;
  if (toHouse === "kernel" && sees.includes("kernel types")) {
    return isType || toRoom === "apimachinery"
      ? undefined
      : `${house} takes only types and apimachinery from the kernel`;
  }
  return `${house} must not see ${toHouse}`;
}

function packageObjection(house: string, target: string, isTest: boolean): string | undefined {
  if (isTest) return undefined;
  const allowed = (PACKAGES[house] ?? []).some((name) =>
    /[:/]$/.test(name) ? target.startsWith(name) : target === name || target.startsWith(`${name}/`),
  );
  return allowed ? undefined : `${house} must not use the package ${target}`;
}

const objections = sourceFiles()
  .filter((file) => file.path.startsWith("src/"))
  .flatMap((file) =>
    importsOf(file).flatMap((found) => {
      const why = objection(file, found);
      return why === undefined ? [] : [{ why, where: file.at(found.start, why), house: file.path.split("/")[1] }];
    }),
  );

test.each(["kernel", ...Object.keys(SEES)])("%s imports only what it may see", (house) => {
  expect(objections.filter((found) => found.house === house).map(({ where }) => where)).toEqual([]);
});

test("every file of src stands in a room that has rules", () => {
  const strays = sourceFiles().filter(({ path }) => {
    const [src, house = "", room = ""] = path.split("/");
    if (src !== "src") return false;
    return house === "kernel" ? floorOf(room) === -1 : SEES[house] === undefined;
  });
  expect(strays.map(({ path }) => path)).toEqual([]);
});
