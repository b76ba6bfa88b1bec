/**
 * Goal: the server fills in what upstream's fills in, and leaves alone what that leaves alone.
 * Method: small manifests through the registry, compared with pkg/apis/{batch,core}/v1/defaults.go and what is
 * generated from them.
 */
import { expect, test } from "vitest";
import { cronjobs } from "#kernel/resources/batch/cronjob";
import { emptyClient } from "#kernel/resources/client.fixture";
import { persistentvolumes } from "#kernel/resources/core/persistentvolume";
import { pullPolicyFor } from "#kernel/resources/core/pod.defaults";

test("the Jobs of a CronJob are completed when they are made, their pods before", () => {
  const template = { spec: { containers: [{ name: "c", image: "i" }], restartPolicy: "Never" } };
  const { spec } = emptyClient().create(cronjobs, {
    metadata: { name: "x", namespace: "dev" },
    spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } },
  });
  expect(spec).toMatchObject({
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  const { template: completed, ...others } = spec.jobTemplate.spec;
  expect(others).toEqual({});
  expect(completed.spec).toMatchObject({ dnsPolicy: "ClusterFirst", schedulerName: "default-scheduler" });
});

test("a volume of another system", () => {
  const { spec } = emptyClient().create(persistentvolumes, {
    metadata: { name: "x" },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      iscsi: { targetPortal: "p", iqn: "iqn.2020-01.a.b:c", lun: 0 },
    },
  });
  expect(spec).toMatchObject({
    iscsi: { iscsiInterface: "default" },
    persistentVolumeReclaimPolicy: "Retain",
    volumeMode: "Filesystem",
  });
});

const DIGEST = `@sha256:${"0".repeat(64)}`;

test.each([
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1", "IfNotPresent"],
  ["registry:5000/nginx", "Always"],
  [`nginx${DIGEST}`, "IfNotPresent"],
  [`nginx:latest${DIGEST}`, "Always"],
  ["nginx@sha256:1", "IfNotPresent"],
  ["NGINX", "IfNotPresent"],
])("%s is pulled %s", (image, policy) => {
  expect(pullPolicyFor(image)).toBe(policy);
});
