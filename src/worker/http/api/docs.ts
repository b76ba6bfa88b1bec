/**
 * /api/docs: the OpenAPI document as one readable page that loads nothing from anywhere.
 */
import { html, raw } from "hono/html";

type Html = ReturnType<typeof html>;

/** As much of an OpenAPI document as the page shows. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;
}

interface Operation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly description?: string }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description?: string }>>;
}

interface Document {
  readonly info: { readonly title: string; readonly description?: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths?: Readonly<Record<string, unknown>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Shown extends Operation {
  readonly method: string;
  readonly path: string;
}

const METHODS = ["get", "post", "patch", "delete"];

const STYLE = `
  :root { color-scheme: light dark; --line: #8884; --soft: #8881; }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
  code, pre { font: 14px/1.5 ui-monospace, monospace; }
  pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: 6px; }
  article { border-top: 1px solid var(--line); padding: .6rem 0 1.2rem; }
  h3 { margin: .6rem 0 0; } h3 code { font-weight: 600; }
  h4 { margin: 1rem 0 .2rem; }
  table { border-collapse: collapse; width: 100%; } td, th { text-align: left; padding: .2rem .8rem .2rem 0;
    vertical-align: top; border-bottom: 1px solid var(--line); }
  .lock { font-size: .85rem; opacity: .75; } nav li { list-style: none; } nav ul { padding: 0; }`;

/** The page for a document. */
export function docsPage(document: Document): Html {
  const operations = operationsOf(document);
  const tags = [...new Set(operations.map(({ tags = [] }) => tags[0] ?? ""))];
  const origin = document.servers?.[0]?.url ?? "";
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title} API</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <h1>${document.info.title} API</h1>
        <p>${prose(document.info.description ?? "")}</p>
        <p>The same as <a href="/api/openapi.json">OpenAPI 3.1</a>.</p>
        <nav>
          <ul>
            ${operations.map(
              (one) => html`<li><a href="#${anchor(one)}"><code>${title(one)}</code></a> ${one.summary}</li>`,
            )}
          </ul>
        </nav>
        ${tags.map(
          (tag) => html`<h2>${tag}</h2>
            ${operations.filter(({ tags = [] }) => tags[0] === tag).map((one) => article(one, document, origin))}`,
        )}
      </body>
    </html>`;
}

function operationsOf({ paths = {} }: Document): Shown[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = (item as Readonly<Record<string, Operation | undefined>>)[method];
      return operation === undefined ? [] : [{ ...operation, method, path }];
    }),
  );
}

const title = ({ method, path }: Shown): string => `${method.toUpperCase()} ${path}`;
const anchor = ({ method, path }: Shown): string => `${method}-${path.replace(/\W+/g, "-")}`;

/** A text whose words in backticks are code. */
const prose = (text: string): Html[] =>
  text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

const LOCK = html`<p class="lock">Needs the cluster's key: <code>Authorization: Bearer KEY</code></p>`;

function article(operation: Shown, document: Document, origin: string): Html {
  const { summary, description = "", security = [], requestBody, responses, parameters = [] } = operation;
  const query = parameters.filter((parameter) => parameter.in === "query");
  return html`<article id="${anchor(operation)}">
    <h3><code>${title(operation)}</code></h3>
    <p>${summary}. ${prose(description)}</p>
    ${security.length > 0 ? LOCK : ""}
    ${query.length > 0 ? table(query.map(({ name, description }) => [`?${name}`, "", description ?? ""])) : ""}
    ${body(requestBody, document)}
    <pre>${curl(operation, origin)}</pre>
    <h4>Answers</h4>
    ${table(Object.entries(responses).map(([status, { description }]) => [status, "", description ?? ""]))}
    ${Object.entries(responses)
      .filter(([status]) => status.startsWith("2"))
      .map(([, response]) => fields(schemaOf(response), document))}
  </article>`;
}

function body(requestBody: Content | undefined, document: Document): Html | "" {
  if (requestBody === undefined) return "";
  return html`<h4>Body</h4>
    ${fields(schemaOf(requestBody), document)}`;
}

const schemaOf = ({ content = {} }: Content): Schema | undefined => Object.values(content)[0]?.schema;

function fields(schema: Schema | undefined, document: Document): Html | "" {
  const { properties = {}, required = [] } = resolved(schema, document);
  const rows = Object.entries(properties).map(([name, field]) => [
    required.includes(name) ? name : `${name}?`,
    typeText(field, document),
    resolved(field, document).description ?? "",
  ]);
  return rows.length === 0 ? "" : table(rows);
}

function resolved(schema: Schema | undefined, { components }: Document): Schema {
  if (schema?.$ref === undefined) return schema ?? {};
  const found = components?.schemas?.[schema.$ref.split("/").at(-1) ?? ""];
  return (found ?? {}) as Schema;
}

/** A type in the words of TypeScript: `string`, `{name, cpu?}[]`, `"RBAC" | "AlwaysAllow"`. */
function typeText(schema: Schema, document: Document): string {
  const { type, items, properties, required = [], anyOf, oneOf, enum: values, ...rest } = resolved(schema, document);
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) return branches.map((one) => typeText(one, document)).join(" | ");
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (rest.const !== undefined) return JSON.stringify(rest.const);
  if (items !== undefined) return `${typeText(items, document)}[]`;
  if (properties !== undefined) {
    const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
    return `{${names.join(", ")}}`;
  }
  return typeof type === "string" ? type : (type ?? ["any"]).join(" | ");
}

const table = (rows: readonly (readonly string[])[]): Html =>
  html`<table>
    ${rows.map(
      ([name, type, text]) =>
        html`<tr>
          <td><code>${name}</code></td>
          ${type === "" ? "" : html`<td><code>${type}</code></td>`}
          <td>${prose(text ?? "")}</td>
        </tr>`,
    )}
  </table>`;

function curl({ method, path, security = [], requestBody }: Shown, origin: string): string {
  const parts = ["curl", ...(method === "get" ? [] : ["-X", method.toUpperCase()]), `${origin}${path}`];
  if (security.length > 0) parts.push("-H 'authorization: Bearer KEY'");
  const [content] = Object.values(requestBody?.content ?? {});
  if (content !== undefined) {
    const example = JSON.stringify(content.example ?? {});
    parts.push("-H 'content-type: application/json'", `-d '${example.replaceAll("'", "'\\''")}'`);
  }
  return parts.join(" ");
}
