/**
 * What each metric of an autoscaler says: a number of replicas and a reading, or why there is none.
 *
 * Models computeReplicasForMetric and its helpers of pkg/controller/podautoscaler/horizontal.go.
 */
import type {
  ContainerResourceMetricSource,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from "#kernel/api/types.gen";
import { formatQuantity, fromMilli, milli } from "#kernel/apimachinery/quantity";
import { selectorText } from "#kernel/apimachinery/selector-text";
import { type Answer, externalMetric, objectMetric, podsMetric } from "#kernel/controllers/podautoscaler/adapter";
import {
  againstAmount,
  againstRequests,
  byPods,
  byShare,
  byValue,
  type Proposal,
  type Question,
} from "#kernel/controllers/podautoscaler/replicas";
import { podRequestsOf, resourceReadings } from "#kernel/controllers/podautoscaler/resources";
import type { Client } from "#kernel/registry/client";
import { sourceOf } from "#kernel/resources/autoscaling/metric.facts";

/** Everything a metric is looked at with. */
export interface Scene {
  readonly client: Client;
  readonly hpa: HorizontalPodAutoscaler;
  readonly question: Question;
  readonly statusReplicas: number;
}

/** What came of one metric. */
export type Measured =
  | { readonly replicas: number; readonly name: string; readonly status: MetricStatus }
  /** `said` is what the event and the condition say, `problem` what the whole comes to. */
  | { readonly reason: string; readonly said: string; readonly problem: string };

/** Looks at one metric. */
export function measure(scene: Scene, spec: MetricSpec): Measured {
  switch (sourceOf(spec.type)) {
    case "resource":
      return ofResource(scene, spec, "resource");
    case "containerResource":
      return ofResource(scene, spec, "containerResource");
    case "pods":
      return ofPods(scene, spec);
    case "object":
      return ofObject(scene, spec);
    default:
      return ofExternal(scene, spec);
  }
}

const amount = (thousandths: number): string => formatQuantity(fromMilli(thousandths));

function ofResource(scene: Scene, spec: MetricSpec, field: "resource" | "containerResource"): Measured {
  const source = spec[field] as ContainerResourceMetricSource;
  const { name: resource, target } = source;
  const container = field === "containerResource" ? source.container : undefined;
  const { averageValue } = target;
  const answer = resourceProposal(scene, { resource, container, target });
  const reason = field === "resource" ? "FailedGetResourceMetric" : "FailedGetContainerResourceMetric";
  if ("problem" in answer) {
    const said = `failed to get ${resource} ${averageValue === undefined ? "utilization" : "usage"}: ${answer.problem}`;
    const what = field === "resource" ? `${resource} resource` : `${source.container} container`;
    return { reason, said, problem: `failed to get ${what} metric value: ${said}` };
  }
  const { replicas, average, utilization } = answer.found;
  const current: MetricValueStatus = {
    averageValue: amount(average),
    ...(utilization !== undefined && { averageUtilization: utilization }),
  };
  const kind = field === "resource" ? "resource" : "container resource";
  const name =
    averageValue === undefined ? `${resource} ${kind} utilization (percentage of request)` : `${resource} resource`;
  const status = {
    type: spec.type,
    [field]: { ...(container !== undefined && { container }), name: resource, current },
  };
  return { replicas, name, status: status as MetricStatus };
}

function resourceProposal(
  { client, hpa, question }: Scene,
  { resource, container, target }: { resource: string; container: string | undefined; target: MetricTarget },
): Answer<Proposal> {
  const namespace = hpa.metadata.namespace ?? "";
  const readings = resourceReadings(client, { namespace, resource, container, pods: question.pods });
  if ("problem" in readings) return { problem: `unable to get metrics for resource ${resource}: ${readings.problem}` };
  const isCpu = resource === "cpu";
  const { averageValue, averageUtilization = 0 } = target;
  if (averageValue !== undefined) {
    const wanted = milli(averageValue);
    return byPods(question, readings.found, { measure: againstAmount(wanted), assumed: () => wanted, isCpu });
  }
  const requests = podRequestsOf(question.pods, resource, container);
  if ("problem" in requests) return requests;
  return byPods(question, readings.found, {
    measure: againstRequests(requests.found, averageUtilization),
    assumed: (pod) => Math.floor((Math.max(100, averageUtilization) * (requests.found.get(pod) ?? 0)) / 100),
    isCpu,
  });
}

function ofPods({ client, hpa, question }: Scene, { type, pods: source }: MetricSpec): Measured {
  const { metric, target } = source ?? { metric: { name: "" }, target: { type: "" } };
  const names = question.pods.map(({ metadata }) => metadata.name);
  const namespace = hpa.metadata.namespace ?? "";
  const wanted = milli(target.averageValue ?? "0");
  const values = podsMetric(client, { namespace, metric: metric.name, pods: names });
  const readings = "problem" in values ? undefined : { values: values.found, at: question.now, windowMs: 0 };
  const answer: Answer<Proposal> =
    readings === undefined
      ? { problem: `unable to get metric ${metric.name}: ${"problem" in values ? values.problem : ""}` }
      : byPods(question, readings, { measure: againstAmount(wanted), assumed: () => wanted, isCpu: false });
  if ("problem" in answer) {
    const { problem } = answer;
    return { reason: "FailedGetPodsMetric", said: problem, problem: `failed to get pods metric value: ${problem}` };
  }
  const { replicas, average } = answer.found;
  const status = { type, pods: { metric, current: { averageValue: amount(average) } } };
  return { replicas, name: `pods metric ${metric.name}`, status };
}

function ofObject({ client, hpa, question, statusReplicas }: Scene, { type, object: source }: MetricSpec): Measured {
  const reason = "FailedGetObjectMetric";
  const fail = (said: string): Measured => ({ reason, said, problem: `failed to get object metric value: ${said}` });
  if (source === undefined)
    return fail("invalid object metric source: neither a value target nor an average value target was set");
  const { metric, target, describedObject: about } = source;
  const namespace = hpa.metadata.namespace ?? "";
  const resource = resourceText(client, about.kind, about.apiVersion ?? "v1");
  const answer = objectMetric(client, { namespace, metric: metric.name, kind: about.kind, name: about.name, resource });
  if ("problem" in answer) {
    return fail(`unable to get metric ${metric.name}: ${about.kind} on ${namespace} ${about.name}/${answer.problem}`);
  }
  if (target.type === "AverageValue" && target.averageValue !== undefined) {
    const { replicas, average } = byShare(question, statusReplicas, answer.found, milli(target.averageValue));
    const status = { type, object: { describedObject: about, metric, current: { averageValue: amount(average) } } };
    return { replicas, name: `external metric ${metric.name}(${selectorText(metric.selector)})`, status };
  }
  const proposal = byValue(question, answer.found, milli(target.value ?? "1"));
  if ("problem" in proposal) return fail(proposal.problem);
  const status = { type, object: { describedObject: about, metric, current: { value: amount(answer.found) } } };
  return { replicas: proposal.found.replicas, name: `${about.kind} metric ${metric.name}`, status };
}

function ofExternal(
  { client, hpa, question, statusReplicas }: Scene,
  { type, external: source }: MetricSpec,
): Measured {
  const { metric, target } = source ?? { metric: { name: "" }, target: { type: "" } };
  const namespace = hpa.metadata.namespace ?? "";
  const perPod = target.averageValue !== undefined;
  const fail = (problem: string): Measured => {
    const said = perPod
      ? `failed to get ${metric.name} external metric: ${problem}`
      : `failed to get external metric ${metric.name}: ${problem}`;
    return {
      reason: "FailedGetExternalMetric",
      said: problem,
      problem: `failed to get ${metric.name} external metric value: ${said}`,
    };
  };
  const answer = externalMetric(client, { namespace, metric: metric.name, selector: metric.selector });
  if ("problem" in answer) {
    return fail(
      `unable to get external metric ${namespace}/${metric.name}/${selectorText(metric.selector)}: ${answer.problem}`,
    );
  }
  const name = `external metric ${metric.name}(${selectorText(metric.selector)})`;
  if (target.averageValue !== undefined) {
    const { replicas, average } = byShare(question, statusReplicas, answer.found, milli(target.averageValue));
    return { replicas, name, status: { type, external: { metric, current: { averageValue: amount(average) } } } };
  }
  const proposal = byValue(question, answer.found, milli(target.value ?? "1"));
  if ("problem" in proposal) return fail(proposal.problem);
  const status = { type, external: { metric, current: { value: amount(answer.found) } } };
  return { replicas: proposal.found.replicas, name, status };
}

/** `ingresses.networking.k8s.io`, as the adapter would be asked. */
function resourceText({ registry }: Client, kind: string, apiVersion: string): string {
  const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
  for (const { names, ...resource } of registry.resources) {
    if (names.kind === kind && resource.group === group)
      return group === "" ? names.plural : `${names.plural}.${group}`;
  }
  return kind;
}
