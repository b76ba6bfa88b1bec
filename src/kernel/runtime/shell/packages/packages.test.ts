/**
 * Goal: apt and apk install simulated tools in containers of Debian, Ubuntu and Alpine, and say what the real ones say
 * when they cannot.
 * Method: run scripts in containers of plain functions, with and without a network; read output and status.
 */
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { programNamed } from "#kernel/runtime/process/programs";
import { CATALOGUES } from "#kernel/runtime/shell/packages/catalogue";
import type { Net } from "#kernel/runtime/world";
import { script, spec, testWorld } from "#kernel/runtime/world.fixture";

const online: Partial<Net> = { connect: () => "open" };
const offline: Partial<Net> = { connect: () => "nxdomain" };

test("every package brings programs that exist", () => {
  const names = Object.values(CATALOGUES).flatMap((packages) =>
    [...packages.values()].flatMap(({ programs }) => Object.values(programs)),
  );
  expect(names.filter((name) => programNamed(name).name !== name)).toEqual([]);
});

test.each([
  ["nginx:1.27", "bookworm"],
  ["debian:13", "trixie"],
  ["ubuntu:22.04", "jammy"],
])("%s: what lessons install is there afterwards", (image, codename) => {
  const { out, err, status } = script(
    "ps; apt-get update && apt-get install -y procps curl && ps && which curl",
    image,
    online,
  );
  expect(err).toContain("ps: not found");
  expect(out).toContain(` ${codename} InRelease [140 kB]\n`);
  expect(out).toContain("The following NEW packages will be installed:\n  procps");
  expect(out).toContain("Setting up procps (2:4.0.4-9) ...\n");
  expect(out).toContain("CMD\n");
  expect(out.endsWith("/usr/bin/curl\n")).toBe(true);
  expect(status).toBe(0);
});

test("apt: nothing is known before an update, an installed package is not installed again, a removed one is gone", () => {
  expect(script("apt-get install -y curl", "debian", online)).toMatchObject({
    err: "E: Unable to locate package curl\n",
    status: 100,
  });
  const { out } = script(
    "{ apt-get update; apt-get install -y dnsutils; } >/dev/null; apt-get install dnsutils; which dig;" +
      "apt-get remove -y dnsutils; which dig || echo gone",
    "debian",
    online,
  );
  expect(out).toContain("dnsutils is already the newest version (1:9.20.11-4).\n");
  expect(out).toContain("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n/usr/bin/dig\n");
  expect(out).toContain("Removing dnsutils (1:9.20.11-4) ...\n");
  expect(out.endsWith("gone\n")).toBe(true);
});

test("what is not simulated cannot be located", () => {
  const { err, status } = script("apt-get update >/dev/null; apt-get install -y tcpdump", "debian", online);
  expect(err).toBe("E: Unable to locate package tcpdump\n");
  expect(status).toBe(100);
  expect(script("apk add --no-cache tcpdump", "alpine", online)).toMatchObject({
    err: "ERROR: unable to select packages:\n  tcpdump (no such package):\n    required by: world[tcpdump]\n",
    status: 1,
  });
});

test("without a network lists stay old and packages do not come", () => {
  const { out, err, status } = script("apt-get update", "debian:12", offline);
  expect(out).toContain("Err:1 http://deb.debian.org/debian bookworm InRelease\n  Temporary failure resolving");
  expect(err.endsWith("They have been ignored, or old ones used instead.\n")).toBe(true);
  expect(status).toBe(0);
  const alpine = script("apk add curl", "alpine:3.20", offline);
  expect(alpine.err).toContain(
    "WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.20/main: DNS: transient error",
  );
  expect(alpine.status).toBe(1);
});

test("apk adds, counts and deletes; options and virtual groups are no packages", () => {
  const { out, status } = script(
    "apk add --no-cache --virtual .deps bind-tools=9.20.11-r0 bash; dig -v >/dev/null 2>&1; bash -c 'echo $((6*7))'; apk info; apk del bash; which bash || echo gone",
    "nginx:1.27-alpine",
    online,
  );
  expect(out).toContain("(1/2) Installing bind-tools (9.20.11-r0)\n(2/2) Installing bash (5.2.37-r0)\n");
  expect(out).toContain("42\nbind-tools\nbash\n(1/1) Purging bash (5.2.37-r0)\n");
  expect(out.endsWith("gone\n")).toBe(true);
  expect(status).toBe(0);
});

test("only root may install, and nobody where nothing can be written", () => {
  const run = (rest: Parameters<typeof spec>[1], image: string, line: string) => {
    const world = testWorld(online);
    startContainer(world, spec(image, { command: ["sleep", "infinity"], ...rest }));
    return execInContainer(world, "c1", ["sh", "-c", line]);
  };
  const refused = run({ user: 1000 }, "debian", "apt-get install -y curl");
  expect(refused.stderr).toContain("lock-frontend - open (13: Permission denied)\n");
  expect(refused.stderr).toContain("are you root?\n");
  expect(refused.exitCode).toBe(100);
  expect(run({ user: 1000 }, "alpine", "apk add curl").stderr).toContain("Unable to lock database: Permission denied");
  const readOnly = run({ isReadOnlyRoot: true }, "alpine", "apk add curl");
  expect(readOnly.stderr).toContain("Unable to lock database: Read-only file system");
});

test("busybox has no package manager", () => {
  expect(script("apk add curl", "busybox", online)).toMatchObject({ err: "sh: apk: not found\n", status: 127 });
});
