/**
 * Goal: a refused change is shown with the lines, and the numbers of lines, a v1.34 or later server shows.
 * Method: the shape of two answers of real servers: a pod's command changed, a claim's access mode changed.
 */
import { expect, test } from "vitest";
import { specDiff } from "#kernel/resources/core/pod.diff";

const token = {
  name: "kube-api-access-x",
  projected: {
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  },
};
const pod = (seconds: string): object => ({
  volumes: [token],
  containers: [{ name: "ubuntu", image: "ubuntu", command: ["sleep", seconds] }],
});

test("a pod with the volume every pod has, and a container behind it", () => {
  expect(specDiff(pod("1200"), pod("2000"))).toBe(
    [
      "@@ -95,7 +95,7 @@",
      '    "Image": "ubuntu",',
      '    "Command": [',
      '     "sleep",',
      '-    "1200"',
      '+    "2000"',
      "    ],",
      '    "Args": null,',
      '    "WorkingDir": "",',
      "",
    ].join("\n"),
  );
});

test("a claim", () => {
  const claim = (mode: string): object => ({ accessModes: [mode], resources: { requests: { storage: "1Gi" } } });
  expect(specDiff(claim("ReadWriteMany"), claim("ReadWriteOnce"), "PersistentVolumeClaimSpec")).toBe(
    [
      "@@ -1,6 +1,6 @@",
      " {",
      '  "AccessModes": [',
      '-  "ReadWriteMany"',
      '+  "ReadWriteOnce"',
      "  ],",
      '  "Selector": null,',
      '  "Resources": {',
      "",
    ].join("\n"),
  );
});

test("changes far apart stand in hunks of their own; nothing is said of what is the same", () => {
  const both = (name: string): object => ({ hostname: name, restartPolicy: name });
  expect(specDiff(both("a"), both("b")).match(/^@@ .* @@$/gm)).toEqual(["@@ -3,7 +3,7 @@", "@@ -13,7 +13,7 @@"]);
  expect(specDiff(both("a"), both("a"))).toBe("");
});
