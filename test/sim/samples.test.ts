/**
 * Goal: what people publish comes to the state a real cluster of three Linux nodes would bring it to.
 * Method: every file of a folder of samples in a cluster of its own, ten minutes of virtual time, a look at each pod;
 * who does not run, or has not ended well, must be in the table below with the reason a real cluster gives.
 */
import { expect, test } from "vitest";
import { createApiServer } from "#apiserver/app";
import type { Pod } from "#kernel/api/types.gen";
import type { JsonObject } from "#kernel/api/walk";
import { CLUSTER_ADMIN } from "#kernel/registry/user";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { RESOURCES } from "#kernel/resources/index";
import { manifestsIn, sampleFiles } from "#test/support/samples";
import { Scene } from "#test/support/scene";

/** What a pod is waiting for, in the word a user finds first. */
function troubleOf({ status }: Pod): string {
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map(({ state }) => state?.waiting?.reason)
    .find((reason) => reason !== undefined && reason !== "PodInitializing");
  if (waiting !== undefined) return waiting;
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False");
  return unscheduled?.reason ?? status?.reason ?? status?.phase ?? "";
}

const isWell = ({ status }: Pod): boolean => {
  if (status?.phase === "Succeeded") return true;
  return (
    status?.phase === "Running" &&
    (status.containerStatuses ?? []).every(({ ready, state }) => ready || state?.terminated?.exitCode === 0)
  );
};

async function troubles(file: string): Promise<string[]> {
  const scene = new Scene({ machines: 3 });
  const turns = { run: async <T>(work: Parameters<typeof scene.turn<T>>[0]): Promise<T> => scene.turn(work) };
  const app = createApiServer(turns, () => CLUSTER_ADMIN);
  for (const manifest of manifestsIn(file)) {
    const { apiVersion, kind, metadata } = manifest as { apiVersion: string; kind: string; metadata?: JsonObject };
    const resource = RESOURCES.find((one) => one.apiVersion === apiVersion && one.names.kind === kind);
    if (resource === undefined) continue;
    const namespace = resource.isNamespaced ? String(metadata?.["namespace"] ?? "default") : "";
    if (namespace !== "" && scene.get(namespaces, namespace) === undefined)
      scene.create(namespaces, { metadata: { name: namespace }, spec: {} });
    const place = namespace === "" ? "" : `/namespaces/${namespace}`;
    const url = `http://k${resource.group === "" ? "/api" : "/apis"}/${apiVersion}${place}/${resource.names.plural}`;
    await app.fetch(
      new Request(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(manifest),
      }),
    );
  }
  scene.pass(600);
  return [
    ...new Set(
      scene
        .list(pods)
        .filter((pod) => !isWell(pod))
        .map(troubleOf),
    ),
  ].sort();
}

/** The pages these come from have one create what is missing by hand, or show just this trouble. */
const IN_TROUBLE: Readonly<Record<string, string>> = {
  "_newer/deployments/deployment-with-configmap-and-sidecar-container": "Pending",
  "_newer/deployments/deployment-with-configmap-as-volume": "ContainerCreating",
  "admin/logging/two-files-counter-pod-agent-sidecar": "ContainerCreating",
  "application/cassandra/cassandra-statefulset": "Unschedulable",
  "application/job/rabbitmq/job": "InvalidImageName",
  "application/mysql/mysql-statefulset": "Pending",
  "application/wordpress/mysql-deployment": "CreateContainerConfigError",
  "application/wordpress/wordpress-deployment": "CreateContainerConfigError",
  "controllers/job-pod-failure-policy-config-issue": "ImagePullBackOff",
  "controllers/job-pod-failure-policy-failjob": "Failed",
  "debug/termination": "CrashLoopBackOff",
  "pods/inject/pod-multiple-secret-env-variable": "CreateContainerConfigError",
  "pods/inject/pod-secret-envFrom": "CreateContainerConfigError",
  "pods/inject/pod-single-secret-env-variable": "CreateContainerConfigError",
  "pods/inject/secret-envars-pod": "CreateContainerConfigError",
  "pods/pod-configmap-volume": "ContainerCreating",
  "pods/pod-multiple-configmap-env-variable": "CreateContainerConfigError",
  "pods/pod-nginx": "Unschedulable",
  "pods/pod-nginx-required-affinity": "Unschedulable",
  "pods/pod-with-node-affinity": "Unschedulable",
  "pods/pod-with-pod-affinity": "Unschedulable",
  "pods/probe/exec-liveness": "CrashLoopBackOff",
  "pods/probe/http-liveness": "CrashLoopBackOff",
  "pods/resource/extended-resource-pod-2": "Unschedulable",
  "pods/storage/projected": "ContainerCreating",
  "pods/storage/projected-clustertrustbundle": "ContainerCreating",
  "pods/storage/projected-secrets-nondefault-permission-mode": "ContainerCreating",
  "pods/storage/pv-pod": "Unschedulable",
  "service/networking/curlpod": "ContainerCreating",
  "service/networking/nginx-secure-app": "ContainerCreating",
  "windows/deploy-hyperv": "ImagePullBackOff",
  "windows/emptydir-pod": "Unschedulable",
  "windows/run-as-username-container": "Unschedulable",
  "windows/run-as-username-pod": "Unschedulable",
  "windows/secret-pod": "Unschedulable",
};

test.skipIf(sampleFiles.length === 0)(
  "every sample runs, or is in the trouble it must be in (needs DRYDOCK_SAMPLES)",
  async () => {
    const found: Record<string, string> = {};
    for (const file of sampleFiles) {
      const trouble = await troubles(file);
      if (trouble.length > 0) found[file.replace(/^examples\/|\.\w+$/g, "")] = trouble.join(", ");
    }
    expect(found).toEqual(IN_TROUBLE);
  },
  120_000,
);
