/**
 * LimitRanger: containers without requests and limits get those of the namespace; whatever breaks its bounds is
 * refused.
 *
 * Models plugin/pkg/admission/limitranger.
 */
import { refusal } from "#kernel/admission/refusal";
import type { Container, LimitRangeItem, PersistentVolumeClaim, Pod } from "#kernel/api/types.gen";
import { compareText } from "#kernel/apimachinery/go-text";
import { cmp, milli } from "#kernel/apimachinery/quantity";
import type { AdmissionPlugin, AdmissionRequest } from "#kernel/registry/admission";
import type { Client } from "#kernel/registry/client";
import { limitranges } from "#kernel/resources/core/limitrange";
import { pods } from "#kernel/resources/core/pod";
import { podLevelAmounts } from "#kernel/resources/core/pod.facts.resources";

const ANNOTATION = "kubernetes.io/limit-ranger";
const CLAIMS = "persistentvolumeclaims";

type Amounts = Readonly<Record<string, string>>;

export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",

  concerns({ operation, resource, subresource, object }) {
    if (operation === "DELETE" || operation === "CONNECT" || object?.metadata?.deletionTimestamp !== undefined)
      return false;
    if (resource.bucket === pods.bucket) {
      return operation === "CREATE" ? subresource === "" : operation === "UPDATE" && subresource === "resize";
    }
    return resource.bucket === CLAIMS && subresource === "";
  },

  admit(request, client) {
    if (request.resource.bucket !== pods.bucket) return;
    for (const items of rangesOf(request, client)) setDefaults(request.object as Pod, items);
  },

  validate(request, client) {
    for (const items of rangesOf(request, client)) {
      const problems =
        request.resource.bucket === pods.bucket
          ? podProblems(request.object as Pod, items)
          : claimProblems(request.object as PersistentVolumeClaim, items);
      if (problems.length > 0) throw refusal(request, aggregate(problems));
    }
  },
};

function rangesOf({ namespace }: AdmissionRequest, client: Client): readonly (readonly LimitRangeItem[])[] {
  if (client.registry.store.count(limitranges.bucket, namespace) === 0) return [];
  return client.list(limitranges, { namespace }).map(({ spec }) => spec.limits ?? []);
}

/** As Go prints several errors: each once, in brackets if there are more than one. */
function aggregate(problems: readonly string[]): string {
  const texts = [...new Set(problems)];
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}

/** Fills in what containers leave out and notes it in an annotation. May change the pod. */
function setDefaults({ metadata, spec }: Pod, items: readonly LimitRangeItem[]): void {
  const limits: Record<string, string> = {};
  const requests: Record<string, string> = {};
  for (const item of items) {
    if (item.type !== "Container") continue;
    Object.assign(limits, item.default);
    Object.assign(requests, item.defaultRequest);
  }
  const notes = [
    ...spec.containers.flatMap((container) => fill(container, "container", { limits, requests })),
    ...(spec.initContainers ?? []).flatMap((container) => fill(container, "init container", { limits, requests })),
  ];
  if (notes.length === 0) return;
  metadata.annotations = { ...metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join("; ")}` };
}

function fill(
  container: Container,
  what: string,
  defaults: { readonly limits: Amounts; readonly requests: Amounts },
): string[] {
  const notes: string[] = [];
  for (const which of ["requests", "limits"] as const) {
    const present = container.resources?.[which] ?? {};
    const missing = Object.entries(defaults[which]).filter(([name]) => present[name] === undefined);
    if (missing.length === 0) continue;
    container.resources = { ...container.resources, [which]: { ...present, ...Object.fromEntries(missing) } };
    const names = missing.map(([name]) => name).sort(compareText);
    notes.push(`${names.join(", ")} ${which.slice(0, -1)} for ${what} ${container.name}`);
  }
  return notes;
}

function podProblems({ spec }: Pod, items: readonly LimitRangeItem[]): string[] {
  const problems: string[] = [];
  for (const item of items) {
    if (item.type === "Container") {
      for (const { resources } of [...spec.containers, ...(spec.initContainers ?? [])]) {
        problems.push(...boundProblems(item, resources?.requests ?? {}, resources?.limits ?? {}));
      }
    }
    if (item.type === "Pod") {
      problems.push(...boundProblems(item, podLevelAmounts(spec, "requests"), podLevelAmounts(spec, "limits")));
    }
  }
  return problems;
}

/** Only what a claim requests counts. */
function claimProblems({ spec }: PersistentVolumeClaim, items: readonly LimitRangeItem[]): string[] {
  const requests = spec?.resources?.requests ?? {};
  return items.flatMap(({ type, min = {}, max = {} }) => {
    if (type !== "PersistentVolumeClaim") return [];
    const low = Object.entries(min).flatMap(([name, bound]) =>
      minimum(`${name} usage per ${type} is ${bound}`, bound, { request: requests[name] }),
    );
    const high = Object.entries(max).flatMap(([name, bound]) => {
      const rule = `maximum ${name} usage per ${type} is ${bound}`;
      const request = requests[name];
      if (request === undefined) return [`${rule}.  No request is specified`];
      return cmp(request, bound) > 0 ? [`${rule}, but request is ${request}`] : [];
    });
    return [...low, ...high];
  });
}

function boundProblems(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const { type, min = {}, max = {}, maxLimitRequestRatio: ratios = {} } = item;
  const asked = (name: string): Asked => ({ request: requests[name], limit: limits[name] });
  return [
    ...Object.entries(min).flatMap(([name, bound]) =>
      minimum(`${name} usage per ${type} is ${bound}`, bound, asked(name)),
    ),
    ...Object.entries(max).flatMap(([name, bound]) =>
      maximum(`${name} usage per ${type} is ${bound}`, bound, asked(name)),
    ),
    ...Object.entries(ratios).flatMap(([name, bound]) =>
      ratio(`${name} max limit to request ratio per ${type} is ${bound}`, bound, asked(name)),
    ),
  ];
}

interface Asked {
  readonly request?: string | undefined;
  readonly limit?: string | undefined;
}

function minimum(what: string, bound: string, { request, limit }: Asked): string[] {
  const rule = `minimum ${what}`;
  if (request === undefined) return [`${rule}.  No request is specified`];
  if (cmp(request, bound) < 0) return [`${rule}, but request is ${request}`];
  return limit !== undefined && cmp(limit, bound) < 0 ? [`${rule}, but limit is ${limit}`] : [];
}

function maximum(what: string, bound: string, { request, limit }: Asked): string[] {
  const rule = `maximum ${what}`;
  if (limit === undefined) return [`${rule}.  No limit is specified`];
  if (cmp(limit, bound) > 0) return [`${rule}, but limit is ${limit}`];
  return request !== undefined && cmp(request, bound) > 0 ? [`${rule}, but request is ${request}`] : [];
}

function ratio(rule: string, bound: string, { request, limit }: Asked): string[] {
  if (request === undefined || cmp(request, "0") === 0) return [`${rule}, but no request is specified or request is 0`];
  if (limit === undefined || cmp(limit, "0") === 0) return [`${rule}, but no limit is specified or limit is 0`];
  const observed = milli(limit) / milli(request);
  return observed > milli(bound) / 1000 ? [`${rule}, but provided ratio is ${observed.toFixed(6)}`] : [];
}
