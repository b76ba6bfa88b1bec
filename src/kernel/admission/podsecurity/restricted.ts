/**
 * The checks of the restricted level, beyond those of the baseline.
 *
 * Models pod-security-admission/policy/check_*.go.
 */
import { BASELINE, procMount } from "#kernel/admission/podsecurity/baseline";
import type { LevelVersion } from "#kernel/admission/podsecurity/policy";
import {
  type Check,
  containersWith,
  named,
  quoted,
  type Subject,
  setters,
  sorted,
  type Violation,
} from "#kernel/admission/podsecurity/violations";
import type { Container } from "#kernel/api/types.gen";
import { allContainers } from "#kernel/resources/core/pod.facts";

const VOLUMES = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"],
];

/** Windows has no such things; said by the pod, believed from v1.25 on. */
const isExempt = ({ spec }: Subject, { minor }: LevelVersion): boolean => minor >= 25 && spec.os?.name === "windows";

/** A pod with users of its own is nobody on its node. */
const hasOwnUsers = ({ spec }: Subject, { minor }: LevelVersion): boolean => minor >= 35 && spec.hostUsers === false;

const RESTRICTED: readonly Check[] = [
  {
    id: "allowPrivilegeEscalation",
    since: 8,
    find(subject, policy) {
      if (isExempt(subject, policy)) return undefined;
      const names = containersWith(
        subject.spec,
        ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
      );
      if (names.length === 0) return undefined;
      return {
        reason: "allowPrivilegeEscalation != false",
        detail: `${named("container", names)} must set securityContext.allowPrivilegeEscalation=false`,
      };
    },
  },
  {
    id: "capabilities_restricted",
    since: 22,
    overrides: "capabilities_baseline",
    find: (subject, policy) => (isExempt(subject, policy) ? undefined : capabilities(subject)),
  },
  { id: "procMount_restricted", since: 35, overrides: "procMount", find: procMount },
  { id: "restrictedVolumes", since: 0, overrides: "hostPathVolumes", find: volumes },
  {
    id: "runAsNonRoot",
    since: 0,
    find: (subject, policy) => (hasOwnUsers(subject, policy) ? undefined : runAsNonRoot(subject)),
  },
  {
    id: "runAsUser",
    since: 23,
    find(subject, policy) {
      if (hasOwnUsers(subject, policy)) return undefined;
      const names = containersWith(subject.spec, ({ securityContext }) => securityContext?.runAsUser === 0);
      const who = setters(subject.spec.securityContext?.runAsUser === 0, names);
      return who === "" ? undefined : { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
    },
  },
  {
    id: "seccompProfile_restricted",
    since: 19,
    overrides: "seccompProfile_baseline",
    find: (subject, policy) => (isExempt(subject, policy) ? undefined : seccomp(subject)),
  },
];

/** What a policy finds wrong with a pod, in the order upstream tells it. */
export function violationsOf(subject: Subject, policy: LevelVersion): Violation[] {
  if (policy.level === "privileged") return [];
  const isThere = ({ since }: Check): boolean => since <= policy.minor;
  const strict = policy.level === "restricted" ? RESTRICTED.filter(isThere) : [];
  const overridden = new Set(strict.map(({ overrides }) => overrides));
  return [...BASELINE.filter((check) => isThere(check) && !overridden.has(check.id)), ...strict].flatMap(
    (check) => check.find(subject, policy) ?? [],
  );
}

function capabilities({ spec }: Subject): Violation | undefined {
  const extra = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = containersWith(
    spec,
    ({ securityContext }) => securityContext?.capabilities?.drop?.includes("ALL") !== true,
  );
  const adding = containersWith(spec, (container) => extra(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${named("container", keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const what = quoted(sorted((allContainers(spec) as Container[]).flatMap(extra)));
    details.push(`${named("container", adding)} must not include ${what} in securityContext.capabilities.add`);
  }
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

function volumes({ spec }: Subject): Violation | undefined {
  const typeOf = (volume: object): string => Object.keys(volume).find((field) => field !== "name") ?? "unknown";
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.includes(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const who = named(
    "volume",
    bad.map(({ name }) => name),
  );
  const verb = bad.length === 1 ? "uses" : "use";
  const what = `restricted volume type${types.length === 1 ? "" : "s"} ${quoted(types)}`;
  return { reason: "restricted volume types", detail: `${who} ${verb} ${what}` };
}

function runAsNonRoot({ spec }: Subject): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const own = spec.securityContext?.runAsNonRoot;
  const refusing = containersWith(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const who = setters(own === false, refusing);
  if (who !== "") return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (own === true) return undefined;
  const silent = containersWith(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${named("container", silent)} must set securityContext.runAsNonRoot=true` };
}

function seccomp(subject: Subject): Violation | undefined {
  const { spec } = subject;
  const isGood = (type: string | undefined): boolean => type === "RuntimeDefault" || type === "Localhost";
  const wrong = BASELINE.find(({ id }) => id === "seccompProfile_baseline");
  const found = wrong?.find(subject, { level: "baseline", version: "latest", minor: Number.POSITIVE_INFINITY });
  if (found !== undefined || isGood(spec.securityContext?.seccompProfile?.type)) return found;
  const silent = containersWith(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason: "seccompProfile", detail: `pod or ${named("container", silent)} ${must}` };
}
