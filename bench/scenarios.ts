/**
 * The scenarios of the kernel's benchmark, by name.
 */
import type { PodTemplateSpec } from "#kernel/api/types.gen";
import { keyOf } from "#kernel/apimachinery/meta";
import { deployments } from "#kernel/resources/apps/deployment";
import { statefulsets } from "#kernel/resources/apps/statefulset";
import { horizontalpodautoscalers } from "#kernel/resources/autoscaling/horizontalpodautoscaler";
import { jobs } from "#kernel/resources/batch/job";
import { nodes } from "#kernel/resources/core/node";
import { pods } from "#kernel/resources/core/pod";
import { evictPod } from "#kernel/resources/core/pod.evict";
import type { Stage } from "./stage.ts";

type Scenario = (stage: Stage, ...sizes: number[]) => void;

const namespace = "default";
const key = { namespace, name: "bench" };
const labels = { app: "bench" };
const selector = { matchLabels: labels };

/** A web server that answers at once. */
const template = (text = "hi"): PodTemplateSpec => ({
  metadata: { labels },
  spec: {
    containers: [
      {
        name: "c",
        image: "hashicorp/http-echo:1.0",
        args: [`-text=${text}`],
        ports: [{ containerPort: 5678 }],
      },
    ],
  },
});

function expectCount(what: string, count: number | undefined, wanted: number): void {
  if (count !== wanted) throw new Error(`${count ?? 0} of ${wanted} ${what}`);
}

/** An hour in which nobody comes: what catching up costs afterwards, and how large the cluster lies there meanwhile. */
const idle: Scenario = (stage) => {
  stage.phase("create", () => stage.open(3));
  stage.figure("bytes", stage.bytes);
  stage.phase("idle hour", () => stage.pass(3_600_000));
};

function deploy(stage: Stage, replicas: number): void {
  stage.act((client) =>
    client.create(deployments, { metadata: key, spec: { replicas, selector, template: template() } }),
  );
  stage.settle();
  expectCount("pods are ready", stage.client.need(deployments, key).status?.readyReplicas, replicas);
}

const deployment: Scenario = (stage, replicas = 100) => {
  stage.phase("create", () => {
    stage.open(Math.max(3, Math.ceil(replicas / 100)));
    deploy(stage, replicas);
  });
  stage.weigh();
};

/** A large cluster: everything made, rolled over, taken down. */
const large: Scenario = (stage, nodeCount = 1_000, replicas = 5_000) => {
  stage.phase("nodes", () => stage.open(nodeCount));
  stage.phase("create", () => deploy(stage, replicas));
  stage.weigh("heap created");
  stage.phase("roll over", () => {
    stage.act((client) => {
      const found = client.need(deployments, key);
      client.update(deployments, { ...found, spec: { ...found.spec, template: template("you") } });
    });
    stage.settle();
    const { updatedReplicas, readyReplicas } = stage.client.need(deployments, key).status ?? {};
    expectCount("pods are updated", updatedReplicas, replicas);
    expectCount("pods are ready", readyReplicas, replicas);
  });
  stage.weigh("heap rolled over");
  stage.phase("delete", () => {
    stage.act((client) => client.delete(deployments, key, { propagationPolicy: "Background" }));
    stage.settle();
    expectCount("pods are left", stage.client.list(pods, { namespace }).length, 0);
  });
};

/** Pods made in their order, one after the other. */
const statefulset: Scenario = (stage, replicas = 100) => {
  stage.phase("create", () => {
    stage.open(Math.max(3, Math.ceil(replicas / 100)));
    stage.act((client) =>
      client.create(statefulsets, {
        metadata: key,
        spec: { replicas, selector, template: template(), serviceName: "bench" },
      }),
    );
    stage.settle();
    expectCount("pods are ready", stage.client.need(statefulsets, key).status?.readyReplicas, replicas);
  });
  stage.weigh();
};

/** An Indexed Job, fifty of its pods at a time. */
const job: Scenario = (stage, completions = 1_000) => {
  const containers = [{ name: "c", image: "busybox:1.36", command: ["sh", "-c", 'echo "$JOB_COMPLETION_INDEX"'] }];
  stage.phase("create", () => {
    stage.open(3);
    stage.act((client) =>
      client.create(jobs, {
        metadata: key,
        spec: {
          completionMode: "Indexed",
          completions,
          parallelism: 50,
          template: { spec: { restartPolicy: "Never", containers } },
        },
      }),
    );
    stage.settle();
    expectCount("indexes have succeeded", stage.client.need(jobs, key).status?.succeeded, completions);
  });
  stage.weigh();
};

/** A full node is emptied as `kubectl drain` does it; its pods come up on another. */
const drain: Scenario = (stage, podCount = 110) => {
  const cordon = (name: string, unschedulable: boolean): void =>
    stage.act((client) => {
      const node = client.need(nodes, { namespace: "", name });
      client.update(nodes, { ...node, spec: { ...node.spec, unschedulable } });
    });
  const on = (name: string) => stage.client.list(pods, { namespace }).filter(({ spec }) => spec.nodeName === name);
  stage.open(2);
  cordon("node-2", true);
  deploy(stage, podCount);
  cordon("node-2", false);
  stage.phase("drain", () => {
    cordon("node-1", true);
    for (const pod of on("node-1")) stage.act((client) => evictPod(client, keyOf(pod), {}));
    stage.settle();
    expectCount("pods are on the other node", on("node-2").length, podCount);
  });
};

/** Autoscalers that look at their pods' CPU every fifteen seconds, for ten minutes; the load makes each grow. */
const autoscale: Scenario = (stage, count = 50) => {
  const containers = [
    { name: "c", image: "vish/stress", args: ["-cpus", "1"], resources: { requests: { cpu: "500m" } } },
  ];
  stage.open(10, { latency: "none" });
  stage.act((client) => {
    for (let n = 0; n < count; n += 1) {
      const name = `bench-${n}`;
      const mine = { app: name };
      const podTemplate = { metadata: { labels: mine }, spec: { containers } };
      client.create(deployments, {
        metadata: { name, namespace },
        spec: { replicas: 1, selector: { matchLabels: mine }, template: podTemplate },
      });
      client.create(horizontalpodautoscalers, {
        metadata: { name, namespace },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
          minReplicas: 1,
          maxReplicas: 2,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } },
          ],
        },
      });
    }
  });
  stage.phase("loop", () => stage.pass(600_000));
  const grown = stage.client.list(deployments, { namespace }).filter(({ spec }) => (spec.replicas ?? 1) > 1);
  expectCount("Deployments have grown", grown.length, count);
};

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  idle,
  deployment,
  large,
  statefulset,
  job,
  drain,
  autoscale,
};
