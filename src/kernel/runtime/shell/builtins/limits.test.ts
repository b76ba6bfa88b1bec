/**
 * Goal: ulimit and umask tell and change what a process may as bash and dash do.
 * Method: run them in containers of plain functions and read what it prints.
 */
import { expect, test } from "vitest";
import { script } from "#kernel/runtime/world.fixture";

test.each([
  ["ulimit", "unlimited\n"],
  ["ulimit -n", "1048576\n"],
  ["ulimit -Sn", "1048576\n"],
  ["ulimit -n 65536; ulimit -n", "65536\n"],
  ["ulimit -c 0 && ulimit -c unlimited && ulimit -c", "unlimited\n"],
])("%s", (line, out) => {
  expect(script(line, "debian")).toMatchObject({ out, err: "", status: 0 });
});

test("both shells list them in their own way", () => {
  expect(script("ulimit -a | grep -n open; bash -c 'ulimit -a' | head -3; ulimit -a | tail -1", "debian").out).toBe(
    "real-time non-blocking time  (microseconds, -R) unlimited\n" +
      "core file size              (blocks, -c) unlimited\n" +
      "data seg size               (kbytes, -d) unlimited\n" +
      "rtprio               0\n",
  );
});

test("what makes no sense is refused", () => {
  expect(script("ulimit -n many", "debian")).toMatchObject({ err: "sh: ulimit: many: invalid number\n", status: 1 });
  expect(script("bash -c 'ulimit -Z'", "debian")).toMatchObject({
    err: "bash: ulimit: -Z: invalid option\n",
    status: 2,
  });
});

test("umask: what is made does not get it, children inherit it, and it reads as digits or words", () => {
  const line =
    "umask; umask 027; touch f; mkdir d; stat -c %a f d; sh -c umask; umask -S; umask g+w,o=r; umask; umask 9";
  const { out, err, status } = script(`cd /tmp; ${line}`, "debian");
  expect(out).toBe("0022\n640\n750\n0027\nu=rwx,g=rx,o=\n0003\n");
  expect(err).toBe("sh: 1: umask: Illegal number: 9\n");
  expect(status).toBe(2);
});
