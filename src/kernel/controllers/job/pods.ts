/**
 * The pods of a Job: made from its template with the tracking finalizer and their index, deleted, released.
 *
 * Models pkg/controller/job/job_controller.go (manageJob) and indexed_job_utils.go.
 */
import type { Container, Job, Pod, PodTemplateSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { keyOf } from "#kernel/apimachinery/meta";
import { failuresOf, verdictOn } from "#kernel/controllers/job/policies";
import { podFrom } from "#kernel/controllers/shared/pods";
import type { Client } from "#kernel/registry/client";
import type { Context } from "#kernel/registry/controller";
import type { Draft } from "#kernel/registry/definition";
import { jobs } from "#kernel/resources/batch/job";
import {
  COMPLETION_INDEX,
  INDEX_FAILURES_ANNOTATION,
  INDEX_IGNORED_FAILURES_ANNOTATION,
  isIndexed,
  JOB_TRACKING_FINALIZER,
} from "#kernel/resources/batch/job.facts";
import { recordEvent } from "#kernel/resources/core/event.record";
import { pods } from "#kernel/resources/core/pod";

const SOURCE = { component: "job-controller" };
const INDEX_VARIABLE = "JOB_COMPLETION_INDEX";

/** Longest base of a generated name: what is left of 63 characters after the five random ones. */
const BASE_MAX = 58;

/** Says something about a Job. */
export function say(
  { client, now }: Context,
  regarding: Job,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) {
  recordEvent(client, { regarding, type, reason, message, source: SOURCE }, now);
}

/** The template of the pods, with what every one of them gets. */
export function podTemplate(job: Job): PodTemplateSpec {
  const { metadata = {}, spec } = job.spec.template;
  const finalizers = [...(metadata.finalizers ?? []).filter((one) => one !== JOB_TRACKING_FINALIZER)];
  const marked = { ...metadata, finalizers: [...finalizers, JOB_TRACKING_FINALIZER] };
  if (!isIndexed(job)) return { metadata: marked, spec };
  const { containers, initContainers } = spec;
  return {
    metadata: marked,
    spec: {
      ...spec,
      containers: containers.map(withIndexVariable),
      ...(initContainers && { initContainers: initContainers.map(withIndexVariable) }),
    },
  };
}

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` };
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef } }] };
}

/** The index a new pod gets, and the failed pod of the index that it replaces. */
export interface IndexedPlace {
  readonly index: number;
  readonly replaced: Pod | undefined;
}

function draftOf(job: Job, template: PodTemplateSpec, place: IndexedPlace | undefined): Draft<Pod> {
  const draft = podFrom(template, job, jobs);
  if (place === undefined) return draft;
  const { index, replaced } = place;
  const name = job.metadata.name;
  const ending = `-${index}-`;
  const { labels, annotations } = draft.metadata;
  return {
    metadata: {
      ...draft.metadata,
      generateName: `${name.slice(0, BASE_MAX - ending.length)}${ending}`,
      labels: { ...labels, [COMPLETION_INDEX]: String(index) },
      annotations: { ...annotations, [COMPLETION_INDEX]: String(index), ...failureAnnotations(job, replaced) },
    },
    spec: { ...draft.spec, hostname: `${name}-${index}` },
  };
}

/** How often the index has failed before, where the Job limits failures per index. */
function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (job.spec.backoffLimitPerIndex === undefined) return {};
  if (replaced === undefined) return { [INDEX_FAILURES_ANNOTATION]: "0" };
  const { counts } = verdictOn(job, replaced);
  const failures = failuresOf(replaced, INDEX_FAILURES_ANNOTATION) + (counts ? 1 : 0);
  const ignored = failuresOf(replaced, INDEX_IGNORED_FAILURES_ANNOTATION) + (counts ? 0 : 1);
  return {
    [INDEX_FAILURES_ANNOTATION]: String(failures),
    ...(ignored > 0 && { [INDEX_IGNORED_FAILURES_ANNOTATION]: String(ignored) }),
  };
}

/** What came of making pods. */
export interface Creation {
  readonly created: number;
  readonly failure?: StatusError;
}

/** Makes a pod for each place, until one cannot be made. */
export function createPods(context: Context, job: Job, places: readonly (IndexedPlace | undefined)[]): Creation {
  const template = podTemplate(job);
  let created = 0;
  for (const place of places) {
    try {
      const { name } = context.client.create(pods, draftOf(job, template, place)).metadata;
      say(context, job, "Normal", "SuccessfulCreate", `Created pod: ${name}`);
      created += 1;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      // Nothing can be made in a namespace that is going; there is nothing to report and nothing to try again.
      if (error.status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating")) return { created };
      say(context, job, "Warning", "FailedCreate", `Error creating: ${error.message}`);
      return { created, failure: error };
    }
  }
  return { created };
}

/** Deletes a pod of the Job and says so; with `isReleased` it does not count as a failure. */
export function deletePod(context: Context, job: Job, pod: Pod, isReleased: boolean): void {
  if (isReleased) releasePod(context.client, pod);
  if (context.client.get(pods, keyOf(pod)) === undefined) return;
  context.client.delete(pods, keyOf(pod));
  say(context, job, "Normal", "SuccessfulDelete", `Deleted pod: ${pod.metadata.name}`);
}

/** Takes the tracking finalizer off a pod as it is now. */
export function releasePod(client: Client, pod: Pod): void {
  const current = client.get(pods, keyOf(pod));
  if (current === undefined || current.metadata.uid !== pod.metadata.uid) return;
  const { finalizers = [], ...rest } = current.metadata;
  if (!finalizers.includes(JOB_TRACKING_FINALIZER)) return;
  const others = finalizers.filter((one) => one !== JOB_TRACKING_FINALIZER);
  client.update(pods, { ...current, metadata: { ...rest, ...(others.length > 0 && { finalizers: others }) } });
}
