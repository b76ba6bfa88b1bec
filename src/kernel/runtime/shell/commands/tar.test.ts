/**
 * Goal: tar makes, lists and extracts what busybox's would, byte for byte where it is text, and says what is wrong.
 * Method: scripts in a busybox container that pack, look and unpack; damaged and missing archives.
 */
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { script, spec, testWorld } from "#kernel/runtime/world.fixture";

test("what is packed is unpacked: names, modes, links, bytes, long names", () => {
  const long = `${"d".repeat(60)}/${"f".repeat(60)}`;
  const { out, err, status } = script(
    `mkdir -p /a/b /to; echo hi > /a/x; printf '\\377\\200é' > /a/b/bin; ln -s x /a/l; chmod 750 /a/x; mkdir -p /a/${long.slice(0, 60)}; ` +
      `echo long > /a/${long}; cd /a; tar cf - . | tar xf - -C /to; cd /to; ls -l x | cut -c1-10; readlink l; ` +
      `cat ${long}; printf '\\377\\200é' | cmp - b/bin 2>/dev/null; wc -c < b/bin`,
  );
  expect(err).toBe("");
  expect(out).toBe("-rwxr-x---\nx\nlong\n4\n");
  expect(status).toBe(0);
});

test("a list, a choice, a leading slash, the old way to write options", () => {
  expect(script("mkdir -p /d/e; echo 1 > /d/f; tar cf /t.tar /d; tar tf /t.tar")).toEqual({
    out: "d/\nd/e/\nd/f\n",
    err: "tar: removing leading '/' from member names\n",
    status: 0,
  });
  expect(script("echo a > a; echo b > b; tar -cf t a b; tar xOf t b").out).toBe("b\n");
  expect(script("echo abc > a; tar cvf t a; tar -tvf t | cut -c1-30").out).toBe("a\n-rw-r--r-- root/root         4\n");
  expect(script("mkdir x; echo 1 > x/y; tar cf t x; tar xf t --strip-components 1; cat y").out).toBe("1\n");
});

test("what is wrong is said", () => {
  expect(script("tar cf - /nope | wc -c").err).toContain("tar: /nope: No such file or directory\n");
  expect(script("echo x > t; tar xf nope")).toMatchObject({
    err: "tar: can't open 'nope': No such file or directory\n",
    status: 1,
  });
  expect(script("printf 'x%.0s' $(seq 600) | tar xf -").err).toBe("tar: invalid tar magic\n");
  expect(script("tar xf - -C /nope < /dev/null").err).toBe(
    "tar: can't change directory to '/nope': No such file or directory\n",
  );
});

test("an archive may come in pieces", () => {
  const world = testWorld();
  startContainer(world, spec("busybox", { command: ["sleep", "infinity"] }));
  const made = execInContainer(world, "c1", ["sh", "-c", "cd /etc; tar cf - passwd hostname"]).stdout;
  const got = execInContainer(world, "c1", ["sh", "-c", "mkdir /p; tar xf - -C /p; cmp /p/passwd /etc/passwd; ls /p"], {
    stdin: made,
  });
  expect(got.stdout).toContain("hostname\npasswd\n");
});
