/**
 * CPU and memory of pods as the resource metrics API tells them, and what the pods requested.
 *
 * Models pkg/controller/podautoscaler/metrics/client.go and calculatePodRequests of replica_calculator.go.
 */
import type { Pod } from "#kernel/api/types.gen";
import { parseDuration } from "#kernel/apimachinery/duration";
import { milli } from "#kernel/apimachinery/quantity";
import { parseTime } from "#kernel/apimachinery/time";
import type { Answer } from "#kernel/controllers/podautoscaler/adapter";
import type { PodReadings } from "#kernel/controllers/podautoscaler/replicas";
import type { Client } from "#kernel/registry/client";
import { podmetrics } from "#kernel/resources/metrics/usage";

interface Wanted {
  readonly namespace: string;
  readonly resource: string;
  /** One container of each pod; undefined = all of them together. */
  readonly container: string | undefined;
  readonly pods: readonly Pod[];
}

/** What the pods use of a resource, in thousandths. */
export function resourceReadings(client: Client, wanted: Wanted): Answer<PodReadings> {
  const { namespace, resource, container, pods } = wanted;
  const { group, version, names } = podmetrics;
  if (client.registry.resource({ group, version, plural: names.plural }) === undefined) {
    const problem = "the server could not find the requested resource (get pods.metrics.k8s.io)";
    return { problem: `unable to fetch metrics from resource metrics API: ${problem}` };
  }
  const values = new Map<string, number>();
  let [at, windowMs, isAny] = [0, 0, false];
  for (const { metadata } of pods) {
    const metrics = client.get(podmetrics, { namespace, name: metadata.name });
    if (metrics === undefined) continue;
    isAny = true;
    const own = metrics.containers.filter(({ name }) => container === undefined || name === container);
    if (own.length === 0) {
      return {
        problem: `failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${metadata.name}`,
      };
    }
    const amounts = own.map(({ usage }) => usage[resource as "cpu" | "memory"]);
    if (amounts.some((amount) => amount === undefined)) continue;
    values.set(
      metadata.name,
      amounts.reduce((sum, amount) => sum + milli(amount), 0),
    );
    at = parseTime(metrics.timestamp);
    windowMs = parseDuration(metrics.window);
  }
  return isAny ? { found: { values, at, windowMs } } : { problem: "no metrics returned from resource metrics API" };
}

/** What each pod requested of a resource, in thousandths. */
export function podRequestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): Answer<ReadonlyMap<string, number>> {
  const requests = new Map<string, number>();
  for (const { metadata, spec } of pods) {
    const whole = container === undefined ? spec.resources?.requests?.[resource] : undefined;
    if (whole !== undefined) {
      requests.set(metadata.name, milli(whole));
      continue;
    }
    const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
    let sum = 0;
    for (const { name, resources } of [...spec.containers, ...sidecars]) {
      if (container !== undefined && container !== name) continue;
      const request = resources?.requests?.[resource];
      if (request === undefined) {
        return { problem: `missing request for ${resource} in container ${name} of Pod ${metadata.name}` };
      }
      sum += milli(request);
    }
    requests.set(metadata.name, sum);
  }
  return { found: requests };
}
