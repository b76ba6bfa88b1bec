/** Drafts of storage for scenes, and ways to look at what became of them. */
import type { PersistentVolume, PersistentVolumeClaim, PodSpec } from "#kernel/api/types.gen";
import { worldOf } from "#kernel/network/world-of";
import type { Draft } from "#kernel/registry/definition";
import { events } from "#kernel/resources/core/event";
import { persistentvolumeclaims } from "#kernel/resources/core/persistentvolumeclaim";
import { pods } from "#kernel/resources/core/pod";
import { execInContainer } from "#kernel/runtime/containers";
import { BEGIN, type Scene } from "#test/support/scene";

export type ClaimSpec = PersistentVolumeClaim["spec"];

export const claim = (name: string, spec: Partial<ClaimSpec> = {}): Draft<PersistentVolumeClaim> => ({
  metadata: { name, namespace: "default" },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
});

export const volume = (name: string, spec: Partial<PersistentVolume["spec"]> = {}): Draft<PersistentVolume> => ({
  metadata: { name },
  spec: {
    capacity: { storage: "5Gi" },
    accessModes: ["ReadWriteOnce"],
    storageClassName: "manual",
    hostPath: { path: `/mnt/${name}` },
    ...spec,
  },
});

/** A pod that sleeps with a claim mounted at /data. */
export function sleeper(name: string, claimName: string, spec: Partial<PodSpec> = {}) {
  const container = {
    name: "c",
    image: "busybox:1.36",
    command: ["sleep", "360000"],
    volumeMounts: [{ name: "v", mountPath: "/data" }],
  };
  const volumes = [{ name: "v", persistentVolumeClaim: { claimName } }];
  return { metadata: { name, namespace: "default" }, spec: { containers: [container], volumes, ...spec } };
}

export function settle(scene: Scene): void {
  scene.cluster.advance(BEGIN, 600_000, true);
}

export function sh(scene: Scene, pod: string, line: string): string {
  const { admin: client, entropy, cells, now } = scene.cluster;
  const id = scene.get(pods, pod)?.status?.containerStatuses?.[0]?.containerID?.replace("containerd://", "") ?? "";
  let out = "";
  scene.turn(() => {
    out = execInContainer(worldOf({ client, entropy, cells, now }), id, ["sh", "-c", line]).stdout;
  });
  return out;
}

export const said = (scene: Scene, name: string): string[] =>
  scene
    .list(events, "")
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

export const phaseOf = (scene: Scene, name: string) => scene.get(persistentvolumeclaims, name)?.status?.phase;
