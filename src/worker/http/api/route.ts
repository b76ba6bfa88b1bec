/**
 * Routes of our own API: one value says how a route is described in OpenAPI, what it takes, and what it does.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { parseDocument } from "yaml";
import { z } from "zod";
import { LIMITS } from "#kernel/sim/limits";
import type { WorkerEnv } from "#worker/env";
import { badRequest, fieldProblems, invalid, tooLarge } from "#worker/http/api/problem";
import { type ProblemStatus, problemResponses } from "#worker/http/api/schemas";

/** The app the routes are mounted on. */
export type ApiApp = OpenAPIHono<WorkerEnv>;

/** What a handler is given. */
export interface Call<Body, Query> {
  readonly c: Context<WorkerEnv>;
  /** A parameter of the path, decoded. */
  readonly param: (name: string) => string;
  readonly body: Body;
  readonly query: Query;
  /** Where the server is reached, without a slash at the end. */
  readonly origin: string;
}

/** What a success looks like: JSON of a schema, text of a media type, or nothing. */
interface Success {
  readonly status: 200 | 201 | 204;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly text?: string;
}

/** One route. `path` is as OpenAPI writes it, below /api/v1. */
export interface RouteInput<Body, Query> {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: `/${string}`;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Whether the cluster's key is needed. */
  readonly isLocked?: boolean;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly example?: unknown;
  readonly success: Success;
  readonly problems: readonly ProblemStatus[];
  handle(call: Call<Body, Query>): Promise<Response>;
}

/** A route of whatever body and query. */
export interface Route {
  mount(app: ApiApp): void;
}

/** Makes a route of its description. */
export function route<Body = undefined, Query = undefined>(input: RouteInput<Body, Query>): Route {
  return {
    mount(app) {
      app.openAPIRegistry.registerPath(describe(input));
      app.on(input.method.toUpperCase(), input.path.replace(/\{(\w+)\}/g, ":$1"), async (c) => {
        const query = input.query === undefined ? undefined : checked(input.query, c.req.query());
        const body = input.body === undefined ? undefined : checked(input.body, await readBody(c.req.raw));
        return input.handle({
          c,
          param: (name) => c.req.param(name) ?? "",
          body: body as Body,
          query: query as Query,
          origin: new URL(c.req.url).origin,
        });
      });
    },
  };
}

/** An app without routes. */
export const newApiApp = (): ApiApp => new OpenAPIHono<WorkerEnv>();

/** The value as the schema reads it. @throws Problem 422 with every field that is wrong */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(fieldProblems(result.error.issues));
}

/** Reads a body of JSON, or of YAML where its media type says so; none counts as {}. @throws Problem 400, 413 */
export async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === "") return {};
  const type = request.headers.get("content-type") ?? "";
  if (/yaml/i.test(type)) return readYaml(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest(`The body is not JSON: ${(error as Error).message}`);
  }
}

async function readText(request: Request): Promise<string> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > LIMITS.requestBytes) throw tooLarge(LIMITS.requestBytes);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > LIMITS.requestBytes) throw tooLarge(LIMITS.requestBytes);
  return new TextDecoder().decode(bytes);
}

function readYaml(text: string): unknown {
  const document = parseDocument(text, { logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) throw badRequest(`The body is not YAML: ${error.message.split("\n")[0]}`);
  return document.toJS({ maxAliasCount: 100 });
}

type Described = Parameters<ApiApp["openAPIRegistry"]["registerPath"]>[0];

function describe<Body, Query>(input: RouteInput<Body, Query>): Described {
  const { method, path, tag, summary, description, isLocked = false, params, query, body, example, success } = input;
  const request: Described["request"] = {
    ...(params && { params: z.object(mapValues(params, (text) => z.string().describe(text))) }),
    ...(query && { query: query as unknown as z.ZodObject }),
    ...(body && {
      body: { content: { "application/json": { schema: body, ...(example !== undefined && { example }) } } },
    }),
  };
  return {
    method,
    path: `/api/v1${path}`,
    tags: [tag],
    summary,
    ...(description && { description }),
    security: isLocked ? [{ key: [] }] : [],
    request,
    responses: { [success.status]: describeSuccess(success), ...problemResponses(input.problems) },
  };
}

function describeSuccess({ description, schema, text }: Success): Described["responses"][string] {
  if (schema !== undefined) return { description, content: { "application/json": { schema } } };
  if (text !== undefined) return { description, content: { [text]: { schema: z.string() } } };
  return { description };
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
