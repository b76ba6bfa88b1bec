/**
 * CSIDriver: what the cluster must know of a storage driver.
 *
 * Models pkg/registry/storage/csidriver, pkg/apis/storage (defaults, validation) and the table printer.
 */
import type { CSIDriver, StorageTokenRequest } from "#kernel/api/types.gen";
import type { At } from "#kernel/apimachinery/field-errors";
import { column, defineResource } from "#kernel/registry/definition";
import { eachAt, mustBeOneOf } from "#kernel/resources/core/pod.validate.fields";
import { equal } from "#kernel/sim/clone";

const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 2 ** 32;
const UPDATE_PERIOD_MIN = 10;

export const csidrivers = defineResource<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  names: { kind: "CSIDriver", plural: "csidrivers", singular: "csidriver" },
  scope: "Cluster",
  returnsDeletedObject: true,

  setDefaults(driver) {
    driver.spec ??= {};
    const { spec } = driver;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  // Only changes are counted: a driver nobody has changed has no generation.
  prepareForUpdate(driver, old) {
    if (!equal(driver.spec, old.spec)) driver.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },

  validate({ spec }, root) {
    const at = root.under("spec");
    if (spec.fsGroupPolicy !== undefined) {
      mustBeOneOf(at("fsGroupPolicy"), spec.fsGroupPolicy, ["File", "None", "ReadWriteOnceWithFSType"]);
    }
    validateTokenRequests(spec.tokenRequests, at.under("tokenRequests"));
    for (const mode of spec.volumeLifecycleModes ?? []) {
      mustBeOneOf(at("volumeLifecycleModes"), mode, ["Persistent", "Ephemeral"]);
    }
    const { nodeAllocatableUpdatePeriodSeconds: period } = spec;
    if (period !== undefined && period < UPDATE_PERIOD_MIN) {
      at("nodeAllocatableUpdatePeriodSeconds").invalid(period, "must be greater than or equal to 10 seconds");
    }
  },
  validateUpdate({ spec }, old, at) {
    // The first field is spelt so by those who refuse its change.
    at("spec.attachedRequired").immutable(spec.attachRequired, old.spec.attachRequired);
    at("spec.volumeLifecycleModes").immutable(spec.volumeLifecycleModes, old.spec.volumeLifecycleModes);
  },

  columns: [
    column("AttachRequired", "boolean", ({ spec }) => spec.attachRequired ?? true),
    column("PodInfoOnMount", "boolean", ({ spec }) => spec.podInfoOnMount ?? false),
    column("StorageCapacity", "boolean", ({ spec }) => spec.storageCapacity ?? false),
    column("TokenRequests", "string", ({ spec }) => audiences(spec.tokenRequests)),
    column("RequiresRepublish", "boolean", ({ spec }) => spec.requiresRepublish ?? false),
    column("Modes", "string", ({ spec }) => spec.volumeLifecycleModes?.join(",") || "<none>"),
  ],
});

const audiences = (requests: readonly StorageTokenRequest[] | undefined): string =>
  requests === undefined ? "<unset>" : requests.map(({ audience }) => audience).join(",");

function validateTokenRequests(requests: readonly StorageTokenRequest[] | undefined, at: At): void {
  const seen = new Set<string>();
  for (const [{ audience, expirationSeconds: seconds }, ownAt] of eachAt(requests, at)) {
    if (seen.has(audience)) {
      ownAt("audience").duplicate(audience);
      continue;
    }
    seen.add(audience);
    if (seconds === undefined) continue;
    const problem = ownAt("expirationSeconds");
    if (seconds < TOKEN_SECONDS_MIN) problem.invalid(seconds, "may not specify a duration less than 10 minutes");
    if (seconds > TOKEN_SECONDS_MAX) problem.invalid(seconds, "may not specify a duration larger than 2^32 seconds");
  }
}
