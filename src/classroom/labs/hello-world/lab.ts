/**
 * The first lab: what a Deployment of three pods is, and how it heals, scales and rolls out and back.
 */
import type { Lab } from "#classroom/lab";
import { back, create, heal, introduction, scale } from "#classroom/labs/hello-world/texts";

const NAME = "hello-world";
const IMAGE = "gcr.io/google-samples/hello-app";

export const helloWorld: Lab = {
  slug: NAME,
  title: { ko: "Hello, Deployment: 세 개의 파드", en: "Hello, Deployment: three pods" },
  text: introduction,
  minutes: 20,
  setup: { nodes: 3 },
  tasks: [
    {
      id: "create",
      title: { ko: "세 개의 파드를 선언하기", en: "Declare three pods" },
      text: create,
      points: 25,
      check: [
        {
          type: "object",
          resource: "deployments.apps",
          name: NAME,
          fields: [
            { path: ".spec.template.spec.containers[0].image", expect: { op: "contains", value: `${IMAGE}:` } },
            { path: ".spec.replicas", expect: { op: ">=", value: 3 } },
            { path: ".status.readyReplicas", expect: { op: ">=", value: 3 } },
          ],
          conditions: ["Available"],
        },
        {
          type: "objects",
          resource: "pods",
          namespace: "default",
          fields: [
            { path: ".spec.containers[0].image", expect: { op: "contains", value: `${IMAGE}:` } },
            { path: ".status.phase", expect: { op: "==", value: "Running" } },
          ],
          count: { op: ">=", value: 3 },
        },
      ],
    },
    {
      id: "heal",
      title: { ko: "파드를 지우고 되살아나는지 보기", en: "Delete a pod and watch it come back" },
      text: heal,
      points: 25,
      stays: true,
      check: { type: "replaced", name: NAME, atLeast: 1 },
    },
    {
      id: "scale",
      title: { ko: "다섯 개로 늘리기", en: "Scale to five" },
      text: scale,
      points: 25,
      check: {
        type: "object",
        resource: "deployments.apps",
        name: NAME,
        fields: [
          { path: ".spec.replicas", expect: { op: "==", value: 5 } },
          { path: ".status.readyReplicas", expect: { op: "==", value: 5 } },
        ],
      },
    },
    {
      id: "rollout",
      title: { ko: "2.0으로 올리고 되돌리기", en: "Roll out to 2.0 and back" },
      text: back,
      points: 25,
      check: { type: "rollout", name: NAME, images: ["hello-app:1.0", "hello-app:2.0", "hello-app:1.0"] },
    },
  ],
};
