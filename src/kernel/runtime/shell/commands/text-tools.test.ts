/**
 * Goal: date, awk, sed and sort understand what scripts ask of them beyond the plain forms.
 * Method: run lines in containers of plain functions; the output was recorded from Debian's tools.
 */
import { expect, test } from "vitest";
import { script } from "#kernel/runtime/world.fixture";

test.each([
  ["date -u -d '2024-02-28 23:30:00 +1 day' '+%F %T'", "2024-02-29 23:30:00"],
  ["date -u -d '1 Jan 2024' +%F", "2024-01-01"],
  ["date -u -d 'Mar 5, 2024 4:05pm' '+%F %T'", "2024-03-05 16:05:00"],
  ["date -u -d '2024-01-31T10:20:30Z' +%s", "1706696430"],
  ["date -u -d '2024-01-31 10:20:30 +0900' +%s", "1706664030"],
  ["date -u -d '2024-03-15 - 2 months' +%F", "2024-01-15"],
  ["date -u -d '2024-01-01 3 hours ago' '+%F %H'", "2023-12-31 21"],
  [
    "date -u -d yesterday +%F; date -u -d 'last week' +%F; date -u -d 'next month' +%F",
    "2026-11-22\n2026-11-16\n2026-12-23",
  ],
  ["echo a,b,c | awk -F, '{print $3,$1}' OFS=-", "c-a"],
  ["printf '1\\n' > f; awk '{print v $1} END {print w}' v=x f v=y f w=z", "x1\ny1\nz"],
  ['awk \'BEGIN {printf "%c%c%d\\n", 65, "bcd", 66.9}\'', "Ab66"],
  ["echo k=1 > c; sed -i.bak s/1/2/ c; cat c c.bak; sed --in-place=.old s/2/3/ c; cat c c.old", "k=2\nk=1\nk=3\nk=2"],
  ["echo 'hello big world' | sed -E 's/(\\w+) (\\w+)/\\u\\1 \\U\\2\\E!/; s/world/\\U&/'", "Hello BIG! WORLD"],
  ["printf 'a1\\na10\\na2\\n' | sort -k1.2n", "a1\na2\na10"],
  ["printf 'a\\nb\\n' | sort -c; echo $?; printf 'b\\na\\n' | sort -c 2>&1; echo $?", "0\nsort: -:2: disorder: a\n1"],
])("%s", (line, out) => {
  expect(script(`cd /tmp; ${line}`, "debian")).toMatchObject({ out: `${out}\n`, err: "" });
});

test("what is no date is refused; busybox reads fewer", () => {
  expect(script("date -d nonsense", "debian")).toMatchObject({ err: "date: invalid date 'nonsense'\n", status: 1 });
  expect(script("date -d yesterday", "busybox")).toMatchObject({ err: "date: invalid date 'yesterday'\n", status: 1 });
  expect(script("date -u -d '2024-01-31 10:20' +%s", "busybox").out).toBe("1706696400\n");
});

test("what shells differ in: hidden names, pipefail", () => {
  const names = "mkdir /tmp/d; cd /tmp/d; touch .x y; echo .*";
  expect(script(names, "debian").out).toBe(". .. .x\n");
  expect(script(`bash -c '${names}'`, "debian").out).toBe(".x\n");
  expect(script("set -euo pipefail; echo never", "debian")).toMatchObject({
    out: "",
    err: "sh: 1: set: Illegal option -o pipefail\n",
    status: 2,
  });
  expect(script("set -o pipefail; false | true; echo $?", "busybox").out).toBe("1\n");
});
