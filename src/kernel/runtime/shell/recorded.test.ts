/**
 * Goal: a script does here what it does in the shell of a busybox or debian image: output, complaints and status.
 * Method: scripts with what busybox 1.35 (recorded, *.txt) or bash 5.2 (bash*.txt) made of them, run in a fresh
 * container each. In a record, `$` is the script, `>` and `!` are its output and complaints (`>\` without the last
 * line feed), `=` its status.
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { spec, testWorld } from "#kernel/runtime/world.fixture";

const folder = `${import.meta.dirname}/recorded`;

interface Recorded {
  readonly script: string;
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

function recordedIn(file: string): Recorded[] {
  return readFileSync(`${folder}/${file}`, "utf8")
    .split("\n\n")
    .filter((block) => block.startsWith("$"))
    .map((block) => {
      const lines = block.split("\n");
      const said = (mark: string): string =>
        lines
          .filter((line) => line.startsWith(`${mark} `) || line.startsWith(`${mark}\\ `))
          .map((line) => (line.startsWith(`${mark} `) ? `${line.slice(2)}\n` : line.slice(3)))
          .join("");
      return {
        script: said("$").slice(0, -1),
        out: said(">"),
        err: said("!"),
        status: Number(lines.find((line) => line.startsWith("= "))?.slice(2) ?? "0"),
      };
    });
}

for (const file of readdirSync(folder)) {
  test.each(recordedIn(file))(`${file}: $script`, ({ script, out, err, status }) => {
    const world = testWorld();
    const isBash = file.startsWith("bash");
    const image = isBash ? "debian" : "busybox";
    startContainer(world, spec(image, { command: ["sleep", "infinity"], workingDir: "/w" }));
    const result = execInContainer(world, "c1", [isBash ? "bash" : "sh", "-c", script]);
    expect({ out: result.stdout, err: result.stderr, status: result.exitCode }).toEqual({ out, err, status });
  });
}
