/**
 * Goal: the registry has what the real ones have, and refuses the rest in their words.
 * Method: tables of references.
 */
import { expect, test } from "vitest";
import { parseReference } from "#kernel/runtime/reference";
import { imageId, imageSizeBytes, pullDurationMs, resolveImage } from "#kernel/runtime/registry";

test.each([
  ["nginx", "docker.io/library/nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["team/app", "docker.io/team/app:latest"],
  ["localhost:5000/app:v1", "localhost:5000/app:v1"],
  ["registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"],
  [`nginx@sha256:${"a".repeat(64)}`, `docker.io/library/nginx@sha256:${"a".repeat(64)}`],
  ["index.docker.io/redis", "docker.io/library/redis:latest"],
])("%s is %s", (text, normalized) => {
  expect(parseReference(text)).toMatchObject({ normalized });
});

test.each(["Nginx", "nginx:", "nginx:a b", "/nginx", "nginx::1", "a@b", "-x", ""])("%s is no reference", (text) => {
  expect(resolveImage(text)).toMatchObject({ problem: "InvalidImageName" });
});

test.each([
  "nginx",
  "nginx:1.14.2",
  "nginx:1.27-alpine",
  "nginx:stable-perl",
  "busybox:1.36",
  "busybox:1.28.4",
  "httpd:2.4-alpine",
  "alpine:3.20",
  "debian:bookworm-slim",
  "ubuntu:22.04",
  "redis:7",
  "mycorp/app:v9",
  "registry.k8s.io/e2e-test-images/agnhost:2.53",
  "gcr.io/google-samples/hello-app:1.0",
])("%s can be pulled", (text) => {
  expect(resolveImage(text)).toHaveProperty("image");
  expect(imageSizeBytes(text)).toBeGreaterThan(0);
});

test.each([
  "nginx:1.999",
  "nginx:bad",
  "nginx:1.161",
  "nginx:nosuchtag",
  "busybox:doesnotexist",
  "httpd:9",
  "ngnix",
  "nginxx",
  "nonexistent/app",
  "registry.invalid/app:1",
  "invalid.registry.k8s.io/invalid/alpine:3.1",
  "mycorp/app:doesnotexist",
  "mcr.microsoft.com/windows/servercore:ltsc2022",
  "gcr.io/google-samples/hello-app:3.0",
])("%s cannot", (text) => {
  expect(resolveImage(text)).toMatchObject({ problem: "NotFound" });
});

test("the words of a failed pull", () => {
  expect(resolveImage("nginx:nosuch")).toEqual({
    problem: "NotFound",
    message:
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nosuch": ' +
      'failed to resolve reference "docker.io/library/nginx:nosuch": docker.io/library/nginx:nosuch: not found',
  });
  expect(resolveImage("NGINX")).toEqual({
    problem: "InvalidImageName",
    message:
      'Failed to apply default image tag "NGINX": couldn\'t parse image name "NGINX": ' +
      "invalid reference format: repository name (library/NGINX) must be lowercase",
  });
});

test("ids and durations repeat", () => {
  expect(imageId("nginx")).toMatch(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/);
  expect(imageId("nginx")).toBe(imageId("docker.io/library/nginx:latest"));
  expect(pullDurationMs("busybox")).toBeLessThan(pullDurationMs("nginx"));
  expect(pullDurationMs("nginx:1.27", ["nginx:1.26"])).toBeLessThan(pullDurationMs("nginx:1.27"));
});
