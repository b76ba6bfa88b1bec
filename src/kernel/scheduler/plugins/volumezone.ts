/**
 * VolumeZone: a volume that says in which zone it is goes with nodes of that zone.
 *
 * Models pkg/scheduler/framework/plugins/volumezone.
 */
import { claimsOfPod } from "#kernel/resources/core/persistentvolumeclaim.facts";
import { type Plugin, rejectsForGood } from "#kernel/scheduler/framework";
import { readerOf } from "#kernel/scheduler/plugins/volumes";

const NAME = "VolumeZone";
const ELSEWHERE = rejectsForGood(NAME, "node(s) had no available volume zone");

const ZONE_LABELS = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
] as const;

/** Separates the zones of a volume that is in several. */
const SEPARATOR = "__";

export const volumeZone: Plugin = {
  name: NAME,
  events: ["NodeAdd", "NodeLabel", "VolumeChange"],

  filter({ pod }, { registry }) {
    const wanted = claimsOfPod(pod);
    if (wanted.length === 0) return undefined;
    const reader = readerOf(registry);
    const zones: { readonly label: string; readonly values: readonly string[] }[] = [];
    for (const { name } of wanted) {
      const { volumeName = "" } = reader.claim(pod.metadata.namespace ?? "", name)?.spec ?? {};
      const { labels = {} } = (volumeName === "" ? undefined : reader.volume(volumeName))?.metadata ?? {};
      for (const label of ZONE_LABELS) {
        const text = labels[label];
        if (text !== undefined) zones.push({ label, values: text.split(SEPARATOR) });
      }
    }
    if (zones.length === 0) return undefined;
    return {
      check({ labels }) {
        // A node that knows of no zones is in none a volume could be missing from.
        if (!ZONE_LABELS.some((label) => labels[label] !== undefined)) return undefined;
        return zones.every(({ label, values }) => values.includes(labels[label] ?? "")) ? undefined : ELSEWHERE;
      },
    };
  },
};
