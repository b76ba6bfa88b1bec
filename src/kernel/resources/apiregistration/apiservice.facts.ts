/**
 * Pure questions about APIServices, and those that stand for groups served here.
 *
 * Models kube-aggregator/pkg/apis/apiregistration/v1/helper and pkg/controllers/autoregister.
 */
import type { APIService, APIServiceCondition } from "#kernel/api/types.gen";
import { setCondition } from "#kernel/apimachinery/meta";
import type { Draft } from "#kernel/registry/definition";
import { priorityOf } from "#kernel/resources/apiregistration/priorities";
import type { Instant } from "#kernel/sim/instant";

/** Marks what the server registers by itself: "onstart" for built-in groups, "true" for those of definitions. */
export const AUTOMANAGED = "kube-aggregator.kubernetes.io/automanaged";

export interface GroupVersionName {
  readonly group: string;
  readonly version: string;
}

/** `v1.apps`, `v1.` for the core group. */
export const apiServiceName = ({ group, version }: GroupVersionName): string => `${version}.${group}`;

/** The registration of a group version that is served here. */
export function localApiService(gv: GroupVersionName, automanaged: "onstart" | "true"): Draft<APIService> {
  const { group, version } = priorityOf(gv.group, gv.version);
  return {
    metadata: { name: apiServiceName(gv), labels: { [AUTOMANAGED]: automanaged } },
    spec: {
      ...(gv.group !== "" && { group: gv.group }),
      version: gv.version,
      groupPriorityMinimum: group,
      versionPriority: version,
    },
  };
}

/** The conditions of what is served here: always available. */
export const localConditions = (now: Instant): APIServiceCondition[] =>
  setCondition<APIServiceCondition>(
    [],
    {
      type: "Available",
      status: "True",
      reason: "Local",
      message: "Local APIServices are always available",
    },
    now,
  );

/** Whether requests for its group version are sent to a Service. */
export const isRemote = ({ spec }: APIService): boolean => spec.service !== undefined;

/** Whether it can be asked now. */
export const isAvailable = ({ status }: APIService): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Available" && is === "True") === true;
