/**
 * Whether a Job is well formed, and what of it may change.
 *
 * Models pkg/apis/batch/validation (ValidateJob, ValidateJobSpec, ValidateJobSpecUpdate).
 */
import type { Container, Job, JobSpec, PodTemplateSpec } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { dns1123Label } from "#kernel/apimachinery/formats";
import { quote } from "#kernel/apimachinery/go-text";
import { matches, matchesSet, requirementsOf, validateLabelSelector } from "#kernel/apimachinery/labels";
import { isConditionTrue } from "#kernel/apimachinery/meta";
import { semanticEqual } from "#kernel/apimachinery/semantic-equal";
import {
  CONTROLLER_UID_LABEL,
  isIndexed,
  JOB_NAME_LABEL,
  LEGACY_CONTROLLER_UID_LABEL,
  LEGACY_JOB_NAME_LABEL,
} from "#kernel/resources/batch/job.facts";
import {
  validateManagedBy,
  validatePodFailurePolicy,
  validateReplacementPolicy,
  validateSuccessPolicy,
} from "#kernel/resources/batch/job.validate.policies";
import { internalForm } from "#kernel/resources/core/internal";
import { validatePodTemplate } from "#kernel/resources/core/pod.validate";
import { mustNotBeNegative } from "#kernel/resources/core/pod.validate.fields";

const INDEXED_PARALLELISM_MAX = 100_000;
const FAILED_INDEXES_MAX = 100_000;
const MANY_COMPLETIONS = 100_000;
const MANY_PARALLELISM_MAX = 10_000;
const MANY_FAILED_INDEXES_MAX = 10_000;

/** Adds an error for each wrong part of a Job, on create and update alike. */
export function validateJob(job: Job, root: At): void {
  const { metadata, spec } = job;
  const at = root.under("spec");
  validateGeneratedSelector(job, root);
  validateJobSpec(spec, at);
  if (spec.selector === undefined) at("selector").required();
  else validateLabelSelector(spec.selector, at.under("selector"));
  const labels = spec.template.metadata?.labels;
  const isReadable = spec.selector === undefined || requirementsOf(spec.selector) !== undefined;
  if (isReadable && !matches(spec.selector, labels)) {
    at("template.metadata.labels").invalid(labels ?? null, "`selector` does not match template `labels`");
  }
  const isNew = (metadata.resourceVersion ?? "") === "";
  if (!isNew || !isIndexed(job) || (spec.completions ?? 0) <= 0) return;
  const hostname = `${metadata.name}-${(spec.completions ?? 0) - 1}`;
  if (dns1123Label(hostname).length === 0) return;
  root("metadata.name").invalid(metadata.name, `will not able to create pod with invalid DNS label: ${hostname}`);
}

function validateGeneratedSelector({ metadata, spec }: Job, root: At): void {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const at = root.under("spec.template.metadata");
  const expected = {
    [LEGACY_CONTROLLER_UID_LABEL]: metadata.uid,
    [LEGACY_JOB_NAME_LABEL]: metadata.name,
    [CONTROLLER_UID_LABEL]: metadata.uid,
    [JOB_NAME_LABEL]: metadata.name,
  };
  const labels = spec.template.metadata?.labels ?? {};
  const isNew = (metadata.resourceVersion ?? "") === "";
  for (const [name, value] of Object.entries(expected)) {
    const found = labels[name];
    if (found === undefined) {
      if (isNew || matchesSet(labels, expected)) at(`labels[${name}]`).required(`must be '${value}'`);
    } else if (found !== value) at(`labels[${name}]`).invalid(labels, `must be '${value}'`);
  }
  if (requirementsOf(spec.selector) !== undefined && !matches(spec.selector, expected)) {
    root("spec.selector").invalid(spec.selector, "`selector` not auto-generated");
  }
}

/** Adds an error for each wrong part of a Job's spec but its selector, as a CronJob has it too. */
export function validateJobSpec(spec: JobSpec, at: At): void {
  for (const field of [
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
  ] as const) {
    mustNotBeNegative(at(field), spec[field]);
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    at("backoffLimitPerIndex").required("when maxFailedIndexes is specified");
  }
  if (spec.managedBy !== undefined) validateManagedBy(spec.managedBy, at.under("managedBy"));
  validateCompletionMode(spec, at);
  if (spec.podFailurePolicy !== undefined) validatePodFailurePolicy(spec, at.under("podFailurePolicy"));
  if (spec.successPolicy !== undefined) {
    if (spec.completionMode === "Indexed") validateSuccessPolicy(spec, at.under("successPolicy"));
    else {
      const rules = spec.successPolicy.rules?.map(({ succeededIndexes, succeededCount }) => {
        return { SucceededIndexes: succeededIndexes ?? null, SucceededCount: succeededCount ?? null };
      });
      at("successPolicy").invalid({ Rules: rules ?? null }, "requires indexed completion mode");
    }
  }
  validateReplacementPolicy(spec, at.under("podReplacementPolicy"));
  validatePodTemplate(spec.template, at.under("template"));
  validateRestartPolicy(spec, at.under("template.spec.restartPolicy"));
}

function validateCompletionMode(spec: JobSpec, at: At): void {
  const { completionMode = "NonIndexed", backoffLimitPerIndex, maxFailedIndexes } = spec;
  if (completionMode !== "NonIndexed" && completionMode !== "Indexed") {
    at("completionMode").notSupported(completionMode, ["NonIndexed", "Indexed"]);
  }
  if (completionMode === "Indexed") validateIndexed(spec, at);
  if (completionMode !== "NonIndexed") return;
  const rule = "requires indexed completion mode";
  if (backoffLimitPerIndex !== undefined) at("backoffLimitPerIndex").invalid(backoffLimitPerIndex, rule);
  if (maxFailedIndexes !== undefined) at("maxFailedIndexes").invalid(maxFailedIndexes, rule);
}

function validateIndexed({ completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex }: JobSpec, at: At) {
  if (completions === undefined) at("completions").required("when completion mode is Indexed");
  if (parallelism > INDEXED_PARALLELISM_MAX) {
    const rule = `must be less than or equal to ${INDEXED_PARALLELISM_MAX} when completion mode is Indexed`;
    at("parallelism").invalid(parallelism, rule);
  }
  const most = maxFailedIndexes ?? 0;
  if (completions !== undefined && most > completions) {
    at("maxFailedIndexes").invalid(most, "must be less than or equal to completions");
  }
  if (most > FAILED_INDEXES_MAX) {
    at("maxFailedIndexes").invalid(most, `must be less than or equal to ${FAILED_INDEXES_MAX}`);
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || backoffLimitPerIndex === undefined) return;
  if (maxFailedIndexes === undefined) {
    at("maxFailedIndexes").required(`must be specified when completions is above ${MANY_COMPLETIONS}`);
  }
  const when = `when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`;
  if (parallelism > MANY_PARALLELISM_MAX) {
    at("parallelism").invalid(parallelism, `must be less than or equal to ${MANY_PARALLELISM_MAX} ${when}`);
  }
  if (most > MANY_FAILED_INDEXES_MAX) {
    at("maxFailedIndexes").invalid(most, `must be less than or equal to ${MANY_FAILED_INDEXES_MAX} ${when}`);
  }
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, at: At): void {
  const { restartPolicy = "" } = template.spec;
  const policies = ["OnFailure", "Never"];
  if (restartPolicy === "" || restartPolicy === "Always") {
    at("").required(`valid values: ${policies.map(quote).join(", ")}`);
  } else if (!policies.includes(restartPolicy)) {
    at("").notSupported(restartPolicy, policies);
  } else if (podFailurePolicy !== undefined && restartPolicy !== "Never") {
    at("").invalid(restartPolicy, 'only "Never" is supported when podFailurePolicy is specified');
  }
}

/** Adds an error for each field that changed and must not, or not yet. */
export function validateJobUpdate(job: Job, old: Job, root: At): void {
  const at = root.under("spec");
  validateCompletionsUpdate(job, old, at);
  at("selector").immutable(job.spec.selector, old.spec.selector);
  const template = templateForComparison(job.spec.template, old);
  if (!semanticEqual(job.spec.template, template)) {
    at("template").invalid(internalForm("PodTemplateSpec", job.spec.template), IMMUTABLE);
  }
  for (const [field, type] of FIXED) {
    const value = job.spec[field];
    if (semanticEqual(value, old.spec[field])) continue;
    at(field).invalid(type !== undefined && typeof value === "object" ? internalForm(type, value) : value, IMMUTABLE);
  }
}

const IMMUTABLE = "field is immutable";

/** Fields that stay what they are, those that are structs with the name of their Go type. */
const FIXED = [
  ["completionMode", undefined],
  ["podFailurePolicy", "PodFailurePolicy"],
  ["backoffLimitPerIndex", undefined],
  ["managedBy", undefined],
  ["successPolicy", "SuccessPolicy"],
] as const;

/** An Indexed Job may grow or shrink, together with its parallelism. */
function validateCompletionsUpdate(job: Job, old: Job, at: At): void {
  const { completions, parallelism } = job.spec;
  if (!isIndexed(job)) {
    at("completions").immutable(completions, old.spec.completions);
    return;
  }
  if (completions === undefined || completions === old.spec.completions || completions === parallelism) return;
  at("completions").invalid(completions, "can only be modified in tandem with spec.parallelism");
}

/** The old template, with what a suspended Job may change taken from the new one. */
function templateForComparison(template: PodTemplateSpec, { spec, status }: Job): PodTemplateSpec {
  const isIdle = isConditionTrue(status?.conditions, "Suspended") && (status?.active ?? 0) === 0;
  const isStarted = status?.startTime !== undefined && status.startTime !== null;
  if (spec.suspend !== true || (isStarted && !isIdle)) return spec.template;
  const { metadata, spec: was } = spec.template;
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec;
  const { nodeAffinity: _, ...others } = was.affinity ?? {};
  const nodeAffinity = affinity?.nodeAffinity;
  const merged = { ...others, ...(nodeAffinity !== undefined && { nodeAffinity }) };
  const { nodeSelector: __, tolerations: ___, schedulingGates: ____, affinity: _____, ...rest } = was;
  const { labels, annotations } = template.metadata ?? {};
  const { labels: ______, annotations: _______, ...meta } = metadata ?? {};
  return {
    metadata: { ...meta, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: {
      ...rest,
      ...(Object.keys(merged).length > 0 && { affinity: merged }),
      ...(nodeSelector && { nodeSelector }),
      ...(tolerations && { tolerations }),
      ...(schedulingGates && { schedulingGates }),
      containers: withResources(rest.containers, template.spec.containers),
      ...(rest.initContainers && {
        initContainers: withResources(rest.initContainers, template.spec.initContainers ?? []),
      }),
    },
  };
}

function withResources(containers: readonly Container[], wanted: readonly Container[]): Container[] {
  return containers.map((container, n) => {
    const { resources: _, ...rest } = container;
    const resources = wanted[n]?.resources;
    return resources === undefined ? rest : { ...rest, resources };
  });
}
