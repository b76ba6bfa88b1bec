/**
 * Goal: the lines of Python that manifests hold do what Python makes of them; what is more is refused by name.
 * Method: scripts with what Python 3.11 printed, complained last and ended with, run in a container that sleeps too.
 */
import { expect, test } from "vitest";
import { containerRecord, startContainer } from "#kernel/runtime/containers";
import { log, pass, restarted, spec, testWorld } from "#kernel/runtime/world.fixture";

const run = (script: string) => {
  const world = testWorld();
  const env = { JOB_COMPLETION_INDEX: "3" };
  startContainer(world, spec("python:3", { command: ["python3", "-c", script], env }));
  return world;
};

test.each<[script: string, out: string, lastError: string, code: number]>([
  [
    'import os, sys\nprint("Hello world")\nif int(os.environ.get("JOB_COMPLETION_INDEX")) % 2 == 0:\n  sys.exit(1)\n',
    "Hello world\n",
    "",
    0,
  ],
  [
    'import os, sys\nif os.environ.get("JOB_COMPLETION_INDEX") == "2":\n  sys.exit(0)\nelse:\n  sys.exit(1)\n',
    "",
    "",
    1,
  ],
  [
    'import os, sys\nindex = int(os.environ.get("JOB_COMPLETION_INDEX"))\nif index == 0:\n  sys.exit(1)\nelif index == 3:\n  sys.exit(42)\nelse:\n  sys.exit(0)\n',
    "",
    "",
    42,
  ],
  ['import time; print("a"); time.sleep(0); print("b", 1, 2.0, sep="-", end="!\\n")', "a\nb-1-2.0!\n", "", 0],
  ['for i in range(3): print(f"i={i} {i*2}")', "i=0 0\ni=1 2\ni=2 4\n", "", 0],
  [
    'n = 0\nwhile True:\n    n += 1\n    if n == 2:\n        continue\n    if n > 4:\n        break\n    print("n is %d of %s" % (n) if False else "n " + str(n))\nprint("done", n)\n',
    "n 1\nn 3\nn 4\ndone 5\n",
    "",
    0,
  ],
  [
    'print(7/2, 6/2, 7//2, -7//2, -7%3, 2**10, 10-3.5, 1 == 1.0, not 0, "a" in "cat", [1, "x"], None, True and "y" or "z")',
    "3.5 3.0 3 -4 2 1024 6.5 True True True [1, 'x'] None y\n",
    "",
    0,
  ],
  ['import sys\nprint("to stderr", file=sys.stderr)\nsys.exit("bad")\n', "", "bad", 1],
  [
    'x = [3, 1, 2]\nfor v in x:\n  print(v, end=" ")\nprint(len(x), max(x), sum(x), x[0], x[-1], "A-b".upper(), "a,b".split(","), "-".join(["p", "q"]))\n',
    "3 1 2 3 3 6 3 2 A-B ['a', 'b'] p-q\n",
    "",
    0,
  ],
  ['import os\nprint(os.environ["HOME_OF_NONE"])', "", "KeyError: 'HOME_OF_NONE'", 1],
  ["print(undefined_name)", "", "NameError: name 'undefined_name' is not defined", 1],
  ['raise Exception("boom")', "", "Exception: boom", 1],
  ['print("%s has %d, %.2f" % ("x", 3, 1.5) if False else "{} and {}".format(1, "two"))', "1 and two\n", "", 0],
  ['if True:\n  pass\nprint("x" if 1 > 2 else "y"); a = b"" if False else 1; print(a)', "y\n1\n", "", 0],
  ["print(1/0)", "", "ZeroDivisionError: division by zero", 1],
])("%j", (script, out, lastError, code) => {
  const world = run(script);
  expect(containerRecord(world.cells, "c1")?.exitCode).toBe(code);
  const said = log(world);
  if (lastError === "") expect(said).toBe(out);
  else expect(said.trim().split("\n").at(-1)).toBe(lastError);
});

test("a loop that sleeps goes on in the time of the cluster, over a restart too", () => {
  const world = run("import time\nn = 0\nwhile n < 3:\n  n += 1\n  print(n)\n  time.sleep(10)\n");
  expect(log(world)).toBe("1\n");
  const later = restarted(world);
  pass(later, 25_000);
  expect(log(later)).toBe("1\n2\n3\n");
  pass(later, 10_000);
  expect(containerRecord(later.cells, "c1")).toMatchObject({ state: "exited", exitCode: 0 });
});

test("what is not understood is refused, and a loop without an end harms nobody", () => {
  const world = run("def f():\n  return 1\nprint(f())\n");
  expect(log(world)).toContain("Drydock runs a little Python");
  expect(containerRecord(world.cells, "c1")?.exitCode).toBe(1);
  expect(containerRecord(run("while True: pass").cells, "c1")?.state).toBe("running");
});
