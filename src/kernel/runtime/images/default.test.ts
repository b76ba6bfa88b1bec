/**
 * Goal: an image nobody described still serves the ports its pod declares, so that what waits for it goes on.
 * Method: run the production kernel in virtual time: a pod whose init container asks another by wget and awk.
 */
import { expect, test } from "vitest";
import { Bench, podOn } from "#test/support/pods";

test("an init container on a read-only root waits until the server behind it answers 200", () => {
  const bench = new Bench();
  const server = { name: "c", image: "example.com/shop/frontend:v1", ports: [{ containerPort: 8080 }] };
  bench.create(podOn("frontend", { containers: [server] }));
  bench.settle();
  const address = `${bench.pod("frontend")?.status?.podIP}:8080`;
  const line = [
    `for i in $(seq 1 12); do STATUS=$(wget --server-response http://${address} 2>&1 | awk '/^  HTTP/{print $2}')`,
    "if [ $STATUS -eq 200 ]; then exit 0; fi; sleep 10; done; exit 1",
  ].join("\n");
  const check = {
    name: "check",
    image: "busybox:1.38.0",
    command: ["/bin/sh", "-exc", line],
    securityContext: { readOnlyRootFilesystem: true },
  };
  const main = { name: "c", image: "example.com/shop/loadgenerator:v1" };
  bench.create(podOn("load", { initContainers: [check], containers: [main] }));
  bench.settle();
  expect(bench.status("load", "check")).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 0 } } });
  expect(bench.pod("load")?.status?.phase).toBe("Running");
});

test.each([
  ["an init container", { initContainers: [{ name: "c", image: "example.com/shop/migrate:v1" }] }, {}, "terminated"],
  ["one Helm waits for", { restartPolicy: "Never" }, { annotations: { "helm.sh/hook": "test" } }, "terminated"],
  ["one that is not restarted", { restartPolicy: "Never" }, {}, "running"],
])("%s of an image nobody knows ends if it is there to end", (_, spec, metadata, state) => {
  const bench = new Bench();
  const main = { name: "main", image: "example.com/shop/app:v1" };
  const pod = podOn("task", { containers: [main], ...spec });
  bench.create({ ...pod, metadata: { ...pod.metadata, ...metadata } });
  bench.pass(60);
  const name = "initContainers" in spec ? "c" : "main";
  expect(Object.keys(bench.status("task", name)?.state ?? {})).toEqual([state]);
});
