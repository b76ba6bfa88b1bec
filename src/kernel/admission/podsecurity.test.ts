/**
 * Goal: a namespace's security level refuses, and warns of, what v1.36 does, in its words.
 * Method: the production cluster with a labelled namespace; a table of pods and the texts they meet.
 */
import { expect, test } from "vitest";
import { writeWarnings } from "#kernel/admission/warnings";
import type { Container, PodSpec } from "#kernel/api/types.gen";
import { StatusError } from "#kernel/apimachinery/errors";
import { deployments } from "#kernel/resources/apps/deployment";
import { namespaces } from "#kernel/resources/core/namespace";
import { pods } from "#kernel/resources/core/pod";
import { Scene, webDeployment } from "#test/support/scene";

const label = (mode: string): string => `pod-security.kubernetes.io/${mode}`;

function sceneWith(labels: Record<string, string>): Scene {
  const scene = new Scene({ machines: 0 });
  scene.edit(namespaces, "default", ({ metadata }) => {
    metadata.labels = { ...metadata.labels, ...labels };
  });
  return scene;
}

function refused(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatusError) return error.message;
    throw error;
  }
  return "";
}

const GOOD: Partial<Container> = {
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  },
};

const pod = (container: Partial<Container>, spec: Partial<PodSpec> = {}) => ({
  metadata: { name: "p", namespace: "default" },
  spec: { containers: [{ name: "c", image: "nginx", ...container }], ...spec },
});

const tryOut = (level: string, container: Partial<Container>, spec: Partial<PodSpec> = {}): string =>
  refused(() => sceneWith({ [label("enforce")]: level }).create(pods, pod(container, spec))).replace(
    `pods "p" is forbidden: violates PodSecurity "${level}:latest": `,
    "",
  );

const NOTHING_SAID =
  'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), ' +
  'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), ' +
  'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), ' +
  'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

test.each<[string, Partial<Container>, Partial<PodSpec>, string]>([
  ["privileged", { securityContext: { privileged: true } }, { hostNetwork: true }, ""],
  ["baseline", {}, {}, ""],
  ["restricted", {}, {}, NOTHING_SAID],
  ["restricted", GOOD, {}, ""],
  ["baseline", {}, { hostNetwork: true, hostPID: true }, "host namespaces (hostNetwork=true, hostPID=true)"],
  [
    "baseline",
    { securityContext: { privileged: true } },
    {},
    'privileged (container "c" must not set securityContext.privileged=true)',
  ],
  ["baseline", { ports: [{ containerPort: 80, hostPort: 8080 }] }, {}, 'hostPort (container "c" uses hostPort 8080)'],
  [
    "baseline",
    { securityContext: { capabilities: { add: ["NET_ADMIN", "CHOWN"] } } },
    {},
    'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
  ],
  ["baseline", {}, { volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
  [
    "restricted",
    GOOD,
    { volumes: [{ name: "v", hostPath: { path: "/" } }] },
    'restricted volume types (volume "v" uses restricted volume type "hostPath")',
  ],
  ["restricted", GOOD, { securityContext: { runAsUser: 0 } }, "runAsUser=0 (pod must not set runAsUser=0)"],
  [
    "restricted",
    GOOD,
    { securityContext: { runAsNonRoot: false, seccompProfile: { type: "Unconfined" } } },
    "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false), " +
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
  ],
  [
    "baseline",
    {},
    { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
    "forbidden sysctls (kernel.msgmax)",
  ],
])("%s: %j %j", (level, container, spec, text) => {
  expect(tryOut(level, container, spec)).toBe(text);
});

test("an old version asks what it asked then, and is named", () => {
  const labels = { [label("enforce")]: "restricted", [label("enforce-version")]: "v1.20" };
  const text = refused(() => sceneWith(labels).create(pods, pod({})));
  expect(text).toContain('violates PodSecurity "restricted:v1.20": allowPrivilegeEscalation');
  expect(text).not.toContain("capabilities");
});

test("a workload is made with a warning, its pods are not made", () => {
  const scene = sceneWith({ [label("warn")]: "restricted", [label("enforce")]: "restricted" });
  const made = scene.create(deployments, webDeployment(1));
  expect(writeWarnings(scene.cluster.admin, deployments, made)).toEqual([
    `would violate PodSecurity "restricted:latest": ${NOTHING_SAID}`,
  ]);
  expect(scene.list(pods)).toHaveLength(0);
  expect(scene.said(scene.cluster.admin.list(deployments)[0]?.metadata.name ?? "")).not.toHaveLength(0);
});

test("a stricter namespace names the pods that would not be let in", () => {
  const scene = new Scene({ machines: 0 });
  scene.create(pods, pod({}));
  scene.create(pods, { ...pod({}), metadata: { name: "q", namespace: "default" } });
  const old = scene.need(namespaces, "default");
  const next = { ...old, metadata: { ...old.metadata, labels: { [label("enforce")]: "restricted" } } };
  expect(writeWarnings(scene.cluster.admin, namespaces, next, old)).toEqual([
    'existing pods in namespace "default" violate the new PodSecurity enforce level "restricted:latest"',
    "p (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile",
  ]);
});

test("labels must name levels and versions", () => {
  expect(refused(() => sceneWith({ [label("enforce")]: "strict", [label("warn-version")]: "1.2" }))).toBe(
    'Namespace "default" is invalid: [metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": ' +
      "must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: " +
      'Invalid value: "1.2": must be "latest" or "v1.x"]',
  );
});
