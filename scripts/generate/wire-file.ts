/**
 * Writes the table of protobuf field numbers from the struct tags of k8s.io/api. By hand, when the Kubernetes version
 * changes, since it needs Go: `go -C scripts/generate/go-facts run . | node scripts/generate/wire-file.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A field as scripts/generate/go-facts prints it: JSON name, protobuf number, Go kind and type, flags of the tag. */
interface GoField {
  readonly j: string;
  readonly p: string;
  readonly k: string;
  readonly t: string;
  readonly ptr: boolean;
  readonly oe: boolean;
  readonly oz: boolean;
}

const TARGET = join(import.meta.dirname, "../../src/apiserver/codec/protobuf/wire.gen.ts");
const SERVED = /^io\.k8s\.(api|apimachinery\.pkg\.apis\.meta|apiextensions-apiserver|kube-aggregator|metrics)/;

const types = new Map<string, readonly GoField[]>();
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const { n, f } = JSON.parse(line) as { n: string; f: GoField[] | null };
  types.set(n, f ?? []);
}

/** `k8s.io/api/core/v1.Pod` is io.k8s.api.core.v1.Pod in the OpenAPI documents. */
const definitionName = (name: string): string => name.replace(/^k8s\.io/, "io.k8s").replaceAll("/", ".");

/** `name=1! spec=2* +3(a=1)`: * held by pointer, ! always written, + an embedded struct. */
function pack(fields: readonly GoField[]): string {
  const words: string[] = [];
  for (let n = 0; n < fields.length; n += 1) {
    const field = fields[n] as GoField;
    if (field.j.startsWith("+")) {
      const inner = types.get(field.t) ?? [];
      words.push(`+${field.p}(${pack(inner)})`);
      n += inner.length;
    } else if (field.p !== "") {
      const isAlways = (!field.oe && !field.oz) || (field.k === "struct" && !field.ptr && !field.oz);
      words.push(`${field.j}=${field.p}${field.ptr ? "*" : ""}${isAlways ? "!" : ""}`);
    }
  }
  return words.join(" ");
}

const packages = new Map<string, Map<string, string>>();
for (const name of [...types.keys()].sort()) {
  const definition = definitionName(name);
  const fields = types.get(name) ?? [];
  const isList = definition.endsWith("List") && fields.some(({ j }) => j === "items");
  const isEarly = /\.v\d+(alpha|beta)\d+\./.test(definition) && !/metrics|resource\.v1beta/.test(definition);
  if (!SERVED.test(definition) || isList || isEarly || fields.length === 0) continue;
  const dot = definition.lastIndexOf(".");
  const home = packages.get(definition.slice(0, dot)) ?? new Map<string, string>();
  packages.set(definition.slice(0, dot), home);
  home.set(definition.slice(dot + 1), pack(fields));
}

const lines = [...packages].flatMap(([home, messages]) => [
  `  ${JSON.stringify(home)}: {`,
  ...[...messages].map(([name, text]) => `    ${name}: ${JSON.stringify(text)},`),
  "  },",
]);
writeFileSync(
  TARGET,
  [
    "/** The protobuf form of every definition: field numbers, pointers (*), embedded structs (+). */",
    "",
    "export const WIRE: Readonly<Record<string, Readonly<Record<string, string>>>> = {",
    ...lines,
    "};",
    "",
  ].join("\n"),
);
