/**
 * The security policy of a namespace as its labels say it: a level and a version each for enforcing, auditing, warning.
 *
 * Models pod-security-admission/api.
 */
import type { At } from "#kernel/apimachinery/field-errors";
import type { Labels } from "#kernel/apimachinery/labels";

export type Mode = "enforce" | "audit" | "warn";
export type Level = "privileged" | "baseline" | "restricted";

export interface LevelVersion {
  readonly level: Level;
  /** `latest` or `v1.x`, as it is printed. */
  readonly version: string;
  /** The x of the version; of the latest, infinity. */
  readonly minor: number;
}

const PREFIX = "pod-security.kubernetes.io/";
const MODES: readonly Mode[] = ["enforce", "audit", "warn"];
const LEVELS: readonly Level[] = ["privileged", "baseline", "restricted"];
const VERSION = /^v1\.(0|[1-9]\d*)$/;

const isLevel = (text: string): text is Level => (LEVELS as readonly string[]).includes(text);

/** The policy of one mode; without a label nothing is asked of pods. */
export function policyOf(labels: Labels, mode: Mode): LevelVersion {
  const level = labels?.[PREFIX + mode];
  const version = labels?.[`${PREFIX}${mode}-version`] ?? "latest";
  const minor = VERSION.exec(version)?.[1];
  return {
    level: level === undefined ? "privileged" : isLevel(level) ? level : "restricted",
    version: minor === undefined ? "latest" : version,
    minor: minor === undefined ? Number.POSITIVE_INFINITY : Number(minor),
  };
}

/** `restricted:latest` */
export const policyText = ({ level, version }: LevelVersion): string => `${level}:${version}`;

/** How much a policy asks. */
export const strictness = ({ level }: LevelVersion): number => LEVELS.indexOf(level);

/** Adds an error for each label that is no level or no version; `at` stands at the object. */
export function validatePolicyLabels(labels: Labels, at: At): void {
  for (const mode of MODES) {
    const level = labels?.[PREFIX + mode];
    const problem = (name: string) => at(`metadata.labels[${name}]`);
    if (level !== undefined && !isLevel(level)) {
      problem(PREFIX + mode).invalid(level, `must be one of ${LEVELS.join(", ")}`);
    }
    const version = labels?.[`${PREFIX}${mode}-version`];
    if (version !== undefined && version !== "latest" && !VERSION.test(version)) {
      problem(`${PREFIX}${mode}-version`).invalid(version, 'must be "latest" or "v1.x"');
    }
  }
}
