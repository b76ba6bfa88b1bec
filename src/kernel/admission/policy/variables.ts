/**
 * The values expressions of admission see: the objects, the request, the namespace, the authorizer, their own
 * variables.
 *
 * Models apiserver/pkg/admission/plugin/cel/{activation,condition,composition}.go.
 */

import { namespaceOf, viewAs } from "#kernel/admission/policy/matching";
import { PER_CALL_LIMIT, type Program } from "#kernel/cel/compile";
import { CostError, RunError } from "#kernel/cel/errors";
import { toCel } from "#kernel/cel/json";
import { Authorizer, type Question, ResourceCheck } from "#kernel/cel/library/authorizer";
import { Mapping } from "#kernel/cel/values";
import type { AdmissionRequest } from "#kernel/registry/admission";
import { type Attributes, authorize } from "#kernel/registry/authorize";
import type { Client } from "#kernel/registry/client";
import type { AnyResource } from "#kernel/registry/definition";
import {
  AUTHENTICATED_GROUP,
  accountGroups,
  accountUserName,
  PRIVILEGED_GROUP,
  type User,
} from "#kernel/registry/user";
import { NAMESPACE_TYPE, REQUEST_TYPE } from "#kernel/resources/admissionregistration/expression.facts";
import { namespaces } from "#kernel/resources/core/namespace";

/** What all expressions about one request may cost together (celconfig.RuntimeCELCostBudget). */
const REQUEST_BUDGET = 10_000_000;

/** What all policies together may spend on one request: upstream bounds each, and here all tenants share a machine. */
const ALL_POLICIES_BUDGET = 10_000_000;
const SPENT = "cel-cost";

/** What went wrong in an expression, as decisions tell it. */
export interface Failure {
  readonly problem: string;
}

/** Values of variables for one request seen in one version, with the budget they share. */
export class Activation {
  readonly #values = new Map<string, unknown>();
  #left = REQUEST_BUDGET;

  constructor(
    readonly client: Client,
    readonly request: AdmissionRequest,
    readonly version: AnyResource,
  ) {}

  /** The same request with parameters. The budget begins anew, as upstream counts per binding. */
  with(params: unknown): Activation {
    const activation = new Activation(this.client, this.request, this.version);
    activation.#values.set("params", toCel(params));
    return activation;
  }

  /** Sets the policy's own variables, which are computed when first asked for. */
  define(programs: ReadonlyMap<string, Program>): void {
    this.#values.set("variables", new Composed(programs, (program) => this.#run(program)));
  }

  /** The object has been changed. */
  refresh(): void {
    this.#values.delete("object");
  }

  /** What an expression gives, or how it failed. */
  evaluate(program: Program): { readonly value: unknown } | Failure {
    try {
      return { value: this.#run(program) };
    } catch (error) {
      if (!(error instanceof RunError || error instanceof CostError)) throw error;
      if (error instanceof CostError && this.#left <= 0) {
        return {
          problem: "validation failed due to running out of cost budget, no further validation rules will be run",
        };
      }
      return { problem: `expression '${program.text}' resulted in error: ${error.message}` };
    }
  }

  #run(program: Program): unknown {
    const { notes } = this.request;
    const spent = Number(notes?.get(SPENT) ?? 0);
    const limit = Math.min(PER_CALL_LIMIT, this.#left, ALL_POLICIES_BUDGET - spent);
    // What an expression that fails has cost is not known: it is taken for as much as it may cost.
    notes?.set(SPENT, spent + limit);
    this.#left -= limit;
    const { value, cost } = program.run((name) => this.#variable(name), limit);
    notes?.set(SPENT, Number(notes.get(SPENT) ?? 0) - limit + cost);
    this.#left += limit - cost;
    return value;
  }

  #variable(name: string): unknown {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const made = this.#make(name);
    if (made !== undefined) this.#values.set(name, made);
    return made;
  }

  #make(name: string): unknown {
    const { client, request, version } = this;
    switch (name) {
      case "object":
        return toCel(viewAs(request, version, request.object));
      case "oldObject":
        return toCel(viewAs(request, version, request.old));
      case "request":
        return toCel(requestFacts(request, version), REQUEST_TYPE);
      case "namespaceObject":
        return namespaceValue(client, request);
      case "params":
        return null;
      case "authorizer":
        return new Authorizer((question) => answer(client, request, question));
      case "authorizer.requestResource":
        return new ResourceCheck((question) => answer(client, request, question), resourceQuestion(request));
      default:
        return undefined;
    }
  }
}

/** The policy's variables: each is computed once, when somebody asks for it. */
class Composed extends Mapping {
  readonly #values = new Map<string, unknown>();

  constructor(
    readonly programs: ReadonlyMap<string, Program>,
    readonly run: (program: Program) => unknown,
  ) {
    super();
  }

  get size(): number {
    return this.programs.size;
  }

  keys(): Iterable<unknown> {
    return this.programs.keys();
  }

  get(key: unknown): unknown {
    const name = String(key);
    const program = this.programs.get(name);
    if (program === undefined) return undefined;
    if (!this.#values.has(name)) this.#values.set(name, this.#compute(name, program));
    return this.#values.get(name);
  }

  #compute(name: string, program: Program): unknown {
    try {
      return this.run(program);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      throw new RunError(`composited variable "${name}" fails to evaluate: ${error.message}`);
    }
  }
}

/** The facts of a request as `request` and AdmissionReview have them; `version` is the one the object is shown in. */
export function requestFacts(request: AdmissionRequest, version: AnyResource): Record<string, unknown> {
  const { resource, subresource, operation, user, isDryRun } = request;
  const name = request.name || (request.object?.metadata?.name ?? "");
  const namespace = namespaceOf(request);
  return {
    kind: request.kind ?? version.gvk,
    resource: { group: version.group, version: version.version, resource: version.names.plural },
    ...(subresource !== "" && { subResource: subresource }),
    requestKind: request.kind ?? resource.gvk,
    requestResource: { group: resource.group, version: resource.version, resource: resource.names.plural },
    ...(subresource !== "" && { requestSubResource: subresource }),
    ...(name !== "" && { name }),
    ...(namespace !== "" && { namespace }),
    operation,
    userInfo: userInfo(user),
    dryRun: isDryRun,
    options: optionsOf(request),
  };
}

function userInfo(user: User): Record<string, unknown> {
  const { name, uid, groups, extra } = asKnown(user);
  return { username: name, ...(uid !== undefined && { uid }), groups, ...(extra !== undefined && { extra }) };
}

/** Parts of the control plane act as what upstream runs them as: controllers each with an account of its own. */
function asKnown(user: User): User {
  const part = /^system:([a-z-]+)$/.exec(user.name)?.[1];
  if (part === undefined || !user.groups.includes(PRIVILEGED_GROUP)) return user;
  if (part === "scheduler") return { name: "system:kube-scheduler", groups: [AUTHENTICATED_GROUP] };
  if (part === "apiserver" || part.startsWith("kubelet")) return user;
  const groups = [...accountGroups("kube-system"), AUTHENTICATED_GROUP];
  return { name: accountUserName("kube-system", part), groups };
}

const OPTIONS: Readonly<Record<string, string>> = {
  ...{ CREATE: "CreateOptions", UPDATE: "UpdateOptions", DELETE: "DeleteOptions" },
};

function optionsOf({ operation, isDryRun, options }: AdmissionRequest): unknown {
  const kind = OPTIONS[operation];
  if (kind === undefined) return null;
  return { kind, apiVersion: "meta.k8s.io/v1", ...options, ...(isDryRun && { dryRun: ["All"] }) };
}

function namespaceValue(client: Client, request: AdmissionRequest): unknown {
  if (!request.resource.isNamespaced) return null;
  const namespace = client.get(namespaces, { namespace: "", name: request.namespace });
  if (namespace === undefined) return null;
  const { uid, ...metadata } = namespace.metadata;
  return toCel({ ...namespace, metadata: { ...metadata, UID: uid } }, NAMESPACE_TYPE);
}

function resourceQuestion(request: AdmissionRequest): Question {
  const { resource, subresource, name } = request;
  return {
    ...{ verb: "", group: resource.group, resource: resource.names.plural, name },
    ...{ subresource, namespace: namespaceOf(request) },
  };
}

function answer({ registry }: Client, { user }: AdmissionRequest, question: Question) {
  const { verb, path, group = "", resource = "", subresource = "", namespace = "", name = "", account } = question;
  const asker: User =
    account === undefined
      ? user
      : {
          name: accountUserName(account.namespace, account.name),
          groups: [...accountGroups(account.namespace), AUTHENTICATED_GROUP],
        };
  const attributes: Attributes =
    path === undefined
      ? { user: asker, verb, group, version: "*", plural: resource, subresource, namespace, name }
      : { user: asker, verb, path };
  return authorize(registry, attributes);
}
