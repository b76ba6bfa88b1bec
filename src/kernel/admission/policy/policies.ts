/**
 * Policies and their bindings: which hold for a request, with which parameters, under which conditions.
 *
 * Models apiserver/pkg/admission/plugin/policy/generic and plugin/webhook/matchconditions.
 */

import { type Criteria, matchedVersion, namespaceOf } from "#kernel/admission/policy/matching";
import { Activation, type Failure } from "#kernel/admission/policy/variables";
import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from "#kernel/api/types.gen";
import { matches } from "#kernel/apimachinery/labels";
import { parseApiVersion } from "#kernel/apimachinery/meta";
import type { Program } from "#kernel/cel/compile";
import type { CelType } from "#kernel/cel/types";
import type { AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import type { AnyResource, Resource } from "#kernel/registry/definition";
import {
  CONDITION_TYPES,
  compileExpression,
  type Surroundings,
} from "#kernel/resources/admissionregistration/expression.facts";
import type { KubeObject } from "#kernel/store/object";

/** What policies of both kinds have. */
export interface PolicyObject extends KubeObject {
  readonly spec: {
    readonly matchConstraints?: MatchResources;
    readonly matchConditions?: MatchCondition[];
    readonly paramKind?: ParamKind;
    readonly variables?: Variable[];
    readonly failurePolicy?: string;
  };
}

/** What bindings of both kinds have. */
export interface BindingObject extends KubeObject {
  readonly spec: {
    readonly policyName?: string;
    readonly paramRef?: ParamRef;
    readonly matchResources?: MatchResources;
  };
}

/** A policy that holds, ready to be evaluated: or why it cannot be. */
export interface Held<P, B> {
  readonly policy: P;
  readonly binding: B;
  readonly state: { readonly activation: Activation } | Failure;
}

/** An expression ready to run, or what is wrong with it. */
export type Expression = { readonly program: Program } | Failure;

/** A policy's expressions that all policies have, compiled once. */
export interface Compiled {
  readonly around: Surroundings;
  readonly variables: ReadonlyMap<string, Program>;
  readonly conditions: readonly Expression[];
}

const compiled = new WeakMap<KubeObject, Compiled>();

/** The common expressions of a policy, compiled when first needed. */
export function compiledPolicy(policy: PolicyObject): Compiled {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const { paramKind, variables = [], matchConditions = [] } = policy.spec;
  const base: Surroundings = { hasParams: paramKind !== undefined, hasAuthorizer: true };
  const types = new Map<string, CelType>();
  const programs = new Map<string, Program>();
  for (const { name, expression } of variables) {
    const one = compileExpression(expression, { ...base, variables: new Map(types) });
    types.set(name, "program" in one ? one.program.type : { kind: "dyn" });
    if ("program" in one) programs.set(name, one.program);
  }
  const made: Compiled = {
    around: { ...base, variables: types },
    variables: programs,
    conditions: matchConditions.map(({ expression }) => compileExpression(expression.trim(), base, ...CONDITION_TYPES)),
  };
  compiled.set(policy, made);
  return made;
}

/** Whether every condition holds; a failure where one cannot be told and none says no. */
export function conditionsHold(conditions: readonly Expression[], activation: Activation): boolean | Failure {
  const problems: string[] = [];
  for (const condition of conditions) {
    const result = "program" in condition ? activation.evaluate(condition.program) : condition;
    if ("problem" in result) problems.push(result.problem);
    else if (result.value !== true) return false;
  }
  if (problems.length === 0) return true;
  return { problem: problems.length === 1 ? (problems[0] ?? "") : `[${problems.join(", ")}]` };
}

const criteriaOf = (match: MatchResources | undefined): Criteria => ({
  rules: match?.resourceRules ?? [],
  excluded: match?.excludeResourceRules,
  matchPolicy: match?.matchPolicy,
  namespaceSelector: match?.namespaceSelector,
  objectSelector: match?.objectSelector,
});

/** The policies that hold for a request, each with each binding and each of its parameters. */
export function* heldPolicies<P extends PolicyObject, B extends BindingObject>(
  client: Client,
  request: AdmissionRequest,
  kinds: { readonly policies: Resource<P>; readonly bindings: Resource<B> },
): Generator<Held<P, B>> {
  const bindings = client.list(kinds.bindings);
  if (bindings.length === 0) return;
  for (const policy of client.list(kinds.policies)) {
    const version = matchedVersion(client, request, criteriaOf(policy.spec.matchConstraints));
    if (version === undefined) continue;
    for (const binding of bindings) {
      if (binding.spec.policyName !== policy.metadata.name) continue;
      if (!bindingMatches(client, request, binding)) continue;
      for (const state of statesOf(client, { request, version, policy, binding })) yield { policy, binding, state };
    }
  }
}

function bindingMatches(client: Client, request: AdmissionRequest, { spec }: BindingObject): boolean {
  const { matchResources } = spec;
  return matchResources === undefined || matchedVersion(client, request, criteriaOf(matchResources)) !== undefined;
}

interface Situation {
  readonly request: AdmissionRequest;
  readonly version: AnyResource;
  readonly policy: PolicyObject;
  readonly binding: BindingObject;
}

function* statesOf(client: Client, situation: Situation): Generator<Held<never, never>["state"]> {
  const { request, version, policy, binding } = situation;
  const found = paramsOf(client, namespaceOf(request), policy.spec.paramKind, binding.spec.paramRef);
  if ("problem" in found) {
    yield { problem: `failed to configure binding: ${found.problem}` };
    return;
  }
  for (const params of found.params) {
    const activation = new Activation(client, request, version).with(params);
    const { variables, conditions } = compiledPolicy(policy);
    activation.define(variables);
    const holds = conditionsHold(conditions, activation);
    if (holds === true) yield { activation };
    else if (holds !== false) yield holds;
  }
}

/** The parameters a binding gives: none is one that is null. */
function paramsOf(
  client: Client,
  requested: string,
  paramKind: ParamKind | undefined,
  paramRef: ParamRef | undefined,
): { readonly params: readonly unknown[] } | Failure {
  if (paramKind === undefined || paramRef === undefined) return { params: [null] };
  const { apiVersion = "", kind = "" } = paramKind;
  const gv = parseApiVersion(apiVersion);
  const resource = gv === undefined ? undefined : client.registry.resourceOfKind({ ...gv, kind });
  if (resource === undefined) {
    const group = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
    return { problem: `failed to find resource referenced by paramKind: '${group}, Kind=${kind}'` };
  }
  const { name = "", namespace: own = "", selector, parameterNotFoundAction } = paramRef;
  if (!resource.isNamespaced && own !== "") {
    return { problem: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`" };
  }
  const namespace = own === "" ? requested : own;
  if (resource.isNamespaced && namespace === "") {
    return { problem: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources" };
  }
  const params = namedOrSelected(client, resource, {
    namespace: resource.isNamespaced ? namespace : "",
    name,
    selector,
  });
  if (params.length > 0 || parameterNotFoundAction === "Allow") return { params };
  return { problem: "no params found for policy binding with `Deny` parameterNotFoundAction" };
}

function namedOrSelected(
  client: Client,
  resource: AnyResource,
  { namespace, name, selector }: { namespace: string; name: string; selector: ParamRef["selector"] },
): readonly KubeObject[] {
  if (name !== "") {
    const found = client.get(resource, { namespace, name });
    return found === undefined ? [] : [found];
  }
  return client.list(resource, { namespace }).filter(({ metadata }) => matches(selector, metadata.labels ?? {}));
}
