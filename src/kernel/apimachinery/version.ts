/**
 * The version of Kubernetes that is simulated: the one place that says so.
 *
 * Models apimachinery/pkg/version and component-base/version.
 */

/** The minor version, as in `v1.36`. */
export const minorVersion = "1.36";

/** What nodes report and kubectl prints. */
export const gitVersion = `v${minorVersion}.0`;

/** The answer of `/version`. No commit of upstream is claimed: this is not its build. */
export const versionInfo = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion,
  gitCommit: "0".repeat(40),
  gitTreeState: "clean",
  buildDate: "2026-04-22T12:00:00Z",
  goVersion: "go1.26.1",
  compiler: "gc",
  platform: "linux/amd64",
} as const;
