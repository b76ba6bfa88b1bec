/**
 * A request to the API as the kernel takes it, and what comes of it: the same for whoever brings it, the HTTP server
 * at the edge or a simulated container.
 */
import { pathNotFound } from "#kernel/apimachinery/errors";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import type { ListResult } from "#kernel/registry/list";
import type { Registry } from "#kernel/registry/registry";
import type { DecodedObject, Target, Text } from "#kernel/requests/decode";
import type { Asked, FieldValidation } from "#kernel/requests/options";
import type { RequestInfo } from "#kernel/requests/request-info";
import type { KubeObject } from "#kernel/store/object";

/** The body of a request: as text, and read as an object in whichever form it came. */
export interface Content extends Text {
  readonly isEmpty: boolean;
  /** @throws BadRequest, UnsupportedMediaType */
  decode(target: Target, validation: FieldValidation): DecodedObject;
}

export interface Call extends Asked {
  readonly info: RequestInfo;
  readonly body: Content;
}

/** What a call reaches of the cluster. */
export interface Door {
  readonly registry: Registry;
  /** The API as the caller. @throws what keeps the server from answering him */
  client(fieldManager?: string): Client;
  /** Warnings that go out with an answer that refuses, too. */
  note(warnings: readonly string[]): void;
}

/** What came of a call: one object, or a list of a kind. */
export interface Outcome {
  /** Absent = the object is of no kind that is served, like Status or Scale. */
  readonly resource?: AnyResource;
  readonly answer: { readonly object: object } | { readonly list: ListResult<KubeObject> };
  readonly status: number;
  readonly warnings: readonly string[];
}

/** Carries out a call. @throws StatusError */
export type Deed = (door: Door, call: Call) => Outcome;

/** The outcome that is one object. */
export function one(
  object: object,
  rest: { readonly resource?: AnyResource; readonly status?: number; readonly warnings?: readonly string[] } = {},
): Outcome {
  const { status = 200, warnings = [], ...resource } = rest;
  return { answer: { object }, status, warnings, ...resource };
}

/** The definition a request means. @throws NotFound, as clients read "the server doesn't have a resource type" */
export function servedResource(registry: Registry, { group, version, plural, namespace }: RequestInfo): AnyResource {
  const resource = registry.resource({ group, version, plural });
  if (resource === undefined || (namespace !== "" && !resource.isNamespaced)) throw pathNotFound();
  return resource;
}
