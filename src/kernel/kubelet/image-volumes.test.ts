/**
 * Goal: a volume that is an image shows its files, to be read only; an image that cannot be pulled holds the pod.
 * Method: pods on a simulated machine that look into such volumes.
 */
import { expect, test } from "vitest";
import { readLog } from "#kernel/runtime/logs";
import { Bench, podOn, shell } from "#test/support/pods";

function podWith(reference: string, line: string, mount: object = {}) {
  const volumeMounts = [{ name: "v", mountPath: "/volume", ...mount }];
  return {
    restartPolicy: "Never",
    volumes: [{ name: "v", image: { reference, pullPolicy: "IfNotPresent" } }],
    containers: [{ ...shell(line), volumeMounts }],
  };
}

function log(bench: Bench, name: string): string {
  const id = (bench.status(name)?.containerID ?? "").replace("containerd://", "");
  return readLog(bench.cluster.cells, id, {}).text;
}

test("the files of an image are there, and nobody writes to them", () => {
  const bench = new Bench();
  const line = "head -1 /volume/usr/share/nginx/html/index.html; ls /volume/etc/nginx; touch /volume/x";
  bench.create(podOn("p", podWith("nginx:1.27", line)));
  bench.settle();
  expect(log(bench, "p")).toMatch(
    /^<!DOCTYPE html>\n[\s\S]*nginx\.conf\n[\s\S]*touch: \/volume\/x: Read-only file system\n$/,
  );
  expect(bench.said("p").filter((text) => /^Pull/.test(text))[0]).toBe('Pulling: Pulling image "nginx:1.27"');
  bench.create(podOn("sub", podWith("nginx:1.27", "ls /volume", { subPath: "etc/nginx" })));
  bench.settle();
  expect(log(bench, "sub")).toContain("nginx.conf\n");
});

test("an image that is not there holds the pod, whose containers say why", () => {
  const bench = new Bench();
  bench.create(podOn("p", podWith("quay.io/none/nosuch-image:1", "true")));
  bench.pass(30);
  expect(bench.pod("p")?.status?.phase).toBe("Pending");
  expect(bench.status("p")?.state?.waiting).toMatchObject({ reason: "ImagePullBackOff" });
  bench.delete("p", 0);
  bench.pass(1);
  expect(bench.pod("p")).toBeUndefined();
});
