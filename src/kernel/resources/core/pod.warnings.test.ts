/**
 * Goal: what is accepted and hardly meant is warned of, in upstream's words.
 * Method: a table of specs and the warnings they give, of a pod and of a template.
 */
import { expect, test } from "vitest";
import type { PodSpec } from "#kernel/api/types.gen";
import { warningsForPod, warningsForPodTemplate } from "#kernel/resources/core/pod.warnings";

const spec = (fields: Partial<PodSpec>): PodSpec => ({ containers: [{ name: "c", image: "i:1" }], ...fields });

test.each<[PodSpec, string[]]>([
  [spec({}), []],
  [
    spec({ nodeSelector: { "beta.kubernetes.io/os": "linux" } }),
    ['spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
  ],
  [
    spec({ terminationGracePeriodSeconds: -1 }),
    [
      "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid " +
        "and will be treated as 1",
    ],
  ],
  [
    spec({
      containers: [
        {
          name: "c",
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "2" },
          ],
        },
      ],
    }),
    [
      'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be ' +
        "dropped when using apply",
    ],
  ],
  [
    spec({
      containers: [
        {
          name: "c",
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "$(A)2" },
          ],
        },
      ],
    }),
    [],
  ],
  [
    spec({
      containers: [
        { name: "a", ports: [{ containerPort: 80, protocol: "TCP" }] },
        { name: "b", ports: [{ containerPort: 80, protocol: "TCP" }] },
      ],
    }),
    [
      "spec.template.spec.containers[1].ports[0]: duplicate port definition with " +
        "spec.template.spec.containers[0].ports[0]",
    ],
  ],
  [
    spec({ containers: [{ name: "c", resources: { requests: { memory: "100m" } } }] }),
    [
      'spec.template.spec.containers[0].resources.requests[memory]: fractional byte value "100m" is ' +
        "invalid, must be an integer",
    ],
  ],
  [
    spec({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }] }),
    ["spec.template.spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"],
  ],
  [
    spec({ imagePullSecrets: [{ name: "a" }, { name: "a" }] }),
    ['spec.template.spec.imagePullSecrets[1].name: duplicate name "a"'],
  ],
])("%j", (given, expected) => {
  expect(warningsForPodTemplate({ spec: given }, "spec.template")).toEqual(expected);
});

test("a pod's name becomes its hostname", () => {
  const metadata = { name: "web.1", uid: "u", resourceVersion: "1", creationTimestamp: "2026-05-01T10:00:00Z" };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: spec({}) };
  expect(warningsForPod(pod)).toEqual([
    "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; " +
      "a DNS label is recommended: [must not contain dots]",
  ]);
});
