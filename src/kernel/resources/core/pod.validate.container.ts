/**
 * Whether a pod's containers are well formed: regular, init and ephemeral ones.
 *
 * Models pkg/apis/core/validation (validateContainers, validateInitContainers, validateEphemeralContainers).
 */

import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from "#kernel/api/types.gen";
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import { dns1123Label, portName, portNumber } from "#kernel/apimachinery/formats";
import { validateEnv, validateEnvFrom } from "#kernel/resources/core/pod.validate.env";
import {
  eachAt,
  mustBeGiven,
  mustBeOneOf,
  mustChoose,
  mustFit,
  numberMustFit,
} from "#kernel/resources/core/pod.validate.fields";
import { validateVolumeDevices, validateVolumeMounts } from "#kernel/resources/core/pod.validate.mount";
import { validateLifecycle, validateProbes } from "#kernel/resources/core/pod.validate.probe";
import { validateContainerResources } from "#kernel/resources/core/pod.validate.resources";
import { validateContainerSecurity } from "#kernel/resources/core/pod.validate.security";
import type { ValidVolumes } from "#kernel/resources/core/pod.validate.volume";

/** What a container is checked against: the rest of its pod. */
export interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: ValidVolumes;
  readonly claimNames: ReadonlySet<string>;
  /** The object is a Pod and no template, where a few old mistakes are let pass. */
  readonly isPod: boolean;
}

/** Adds an error for each wrong part of spec.containers; `at` stands at the list. */
export function validateContainers(context: ContainerContext, at: At): void {
  const { containers = [] } = context.spec;
  if (containers.length === 0) {
    at("").required();
    return;
  }
  const names = new Set<string>();
  for (const [container, ownAt] of eachAt(containers, at)) {
    validateCommon(container, context, ownAt);
    if (names.has(container.name)) ownAt("name").duplicate(container.name);
    names.add(container.name);
    validateRunning(container, context, ownAt);
    validateRestart(container, ownAt);
  }
  validateHostPortsUnique(containers, at);
}

/** Adds an error for each wrong part of spec.initContainers; `at` stands at the list. */
export function validateInitContainers(context: ContainerContext, at: At): void {
  const { containers = [], initContainers } = context.spec;
  const names = new Set(containers.map(({ name }) => name));
  for (const [container, ownAt] of eachAt(initContainers, at)) {
    validateCommon(container, context, ownAt);
    validateRestart(container, ownAt);
    if (names.has(container.name)) ownAt("name").duplicate(container.name);
    else if (container.name !== "") names.add(container.name);
    // Init containers run one by one, so their ports collide only within one of them.
    validateHostPortsUnique([container], at);
    if (container.restartPolicy === "Always") validateRunning(container, context, ownAt);
    else forbidRunning(container, ownAt);
  }
}

const EPHEMERAL_FORBIDDEN = [
  ...["ports", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules"],
  ...["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"],
] as const;

/** Adds an error for each wrong part of spec.ephemeralContainers; `at` stands at the list. */
export function validateEphemeralContainers(context: ContainerContext, at: At): void {
  const { containers = [], initContainers = [], ephemeralContainers } = context.spec;
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set(others);
  const refusal = "cannot be set for an Ephemeral Container";
  for (const [container, ownAt] of eachAt(ephemeralContainers, at)) {
    validateCommon(container, context, ownAt);
    validateImageTrimmed(container, ownAt);
    if (names.has(container.name)) ownAt("name").duplicate(container.name);
    names.add(container.name);
    const { targetContainerName: target = "" } = container;
    if (target !== "" && !others.has(target)) ownAt("targetContainerName").notFound(target);
    for (const field of EPHEMERAL_FORBIDDEN) if (isSet(field, container[field])) ownAt(field).forbidden(refusal);
    for (const [mount, mountAt] of eachAt(container.volumeMounts, ownAt.under("volumeMounts"))) {
      if ((mount.subPath ?? "") !== "") mountAt("subPath").forbidden(refusal);
      if ((mount.subPathExpr ?? "") !== "") mountAt("subPathExpr").forbidden(refusal);
    }
  }
}

/** Go compares with the zero value: an empty struct is as good as none, but what a pointer points to is not. */
function isSet(field: (typeof EPHEMERAL_FORBIDDEN)[number], value: unknown): boolean {
  if (value === undefined) return false;
  if (field === "resources") return Object.keys(value ?? {}).length > 0;
  return !Array.isArray(value) || value.length > 0;
}

/** Adds an error for an image with blanks around it. */
export function validateImageTrimmed({ image = "" }: Container | EphemeralContainer, at: At): void {
  if (image.trim() !== image) at("image").invalid(image, "must not have leading or trailing whitespace");
}

function validateCommon(container: Container | EphemeralContainer, context: ContainerContext, at: At): void {
  const { spec, volumes, claimNames } = context;
  mustBeGiven(at("name"), container.name, dns1123Label);
  mustBeGiven(at("image"), container.image);
  mustChoose(at("terminationMessagePolicy"), container.terminationMessagePolicy, ["File", "FallbackToLogsOnError"]);
  validatePorts(container.ports, at.under("ports"));
  validateEnv(container.env, volumes, at.under("env"));
  validateEnvFrom(container.envFrom, at.under("envFrom"));
  validateVolumeMounts(container, volumes, at.under("volumeMounts"));
  validateVolumeDevices(container, volumes, at.under("volumeDevices"));
  mustChoose(at("imagePullPolicy"), container.imagePullPolicy, ["Always", "IfNotPresent", "Never"]);
  validateContainerResources(container.resources, claimNames, at.under("resources"));
  validateResizePolicy(container.resizePolicy, spec.restartPolicy, at("resizePolicy"), at.under("resizePolicy"));
  validateContainerSecurity(container.securityContext, spec.hostUsers !== false, at.under("securityContext"));
}

/** What only containers have that keep running. */
function validateRunning(container: Container, { spec }: ContainerContext, at: At): void {
  const graceSeconds = spec.terminationGracePeriodSeconds;
  if (container.lifecycle !== undefined) {
    validateLifecycle(container.lifecycle, { graceSeconds, os: spec.os?.name }, at.under("lifecycle"));
  }
  validateProbes(container, graceSeconds, at);
}

function forbidRunning(container: Container, at: At): void {
  for (const field of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[field] === undefined) continue;
    at(field).forbidden("may not be set for init containers without restartPolicy=Always");
  }
}

const RULES_MAX = 20;
const EXIT_CODES_MAX = 255;

function validateRestart({ restartPolicy, restartPolicyRules: rules = [] }: Container, at: At): void {
  if (restartPolicy !== undefined) mustBeOneOf(at("restartPolicy"), restartPolicy, ["Always", "Never", "OnFailure"]);
  if (restartPolicy === undefined && rules.length > 0) {
    at("restartPolicy").required("must specify restartPolicy when restart rules are used");
  }
  if (rules.length > RULES_MAX) at("restartPolicyRules").tooMany(rules.length, RULES_MAX);
  for (const [rule, ruleAt] of eachAt(rules, at.under("restartPolicyRules"))) validateRestartRule(rule, ruleAt);
}

function validateRestartRule({ action, exitCodes }: ContainerRestartRule, at: At): void {
  mustChoose(at("action"), action, ["Restart", "RestartAllContainers"]);
  if (exitCodes === undefined) {
    at("exitCodes").required("must be specified");
    return;
  }
  const { operator, values = [] } = exitCodes;
  mustBeOneOf(at("exitCodes.operator"), operator, ["In", "NotIn"]);
  if (values.length > EXIT_CODES_MAX) at("exitCodes.values").tooMany(values.length, EXIT_CODES_MAX);
}

function validatePorts(ports: readonly ContainerPort[] | undefined, at: At): void {
  const names = new Set<string>();
  for (const [{ name = "", containerPort, hostPort = 0, protocol }, portAt] of eachAt(ports, at)) {
    if (name !== "") {
      if (portName(name).length > 0) mustFit(portAt("name"), name, portName);
      else if (names.has(name)) portAt("name").duplicate(name);
      names.add(name);
    }
    if (containerPort === 0) portAt("containerPort").required();
    else numberMustFit(portAt("containerPort"), containerPort, portNumber);
    if (hostPort !== 0) numberMustFit(portAt("hostPort"), hostPort, portNumber);
    mustChoose(portAt("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
  }
}

/** Numbers the containers it is handed, as upstream: a lone init container reports as the first, wherever it stands. */
function validateHostPortsUnique(containers: readonly Container[], at: At): void {
  const taken = new Set<string>();
  for (const [{ ports }, ownAt] of eachAt(containers, at)) {
    for (const [{ hostPort = 0, hostIP = "", protocol = "" }, portAt] of eachAt(ports, ownAt.under("ports"))) {
      if (hostPort === 0) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(key)) portAt("hostPort").duplicate(key);
      taken.add(key);
    }
  }
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  problem: FieldProblem,
  at: At,
): void {
  const seen = new Set<string>();
  for (const [{ resourceName, restartPolicy }, policyAt] of eachAt(policies, at)) {
    if (seen.has(resourceName)) policyAt("").duplicate(resourceName);
    seen.add(resourceName);
    mustChoose(problem, resourceName, ["cpu", "memory"]);
    mustChoose(problem, restartPolicy, ["NotRequired", "RestartContainer"]);
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      problem.invalid(restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
    }
  }
}
