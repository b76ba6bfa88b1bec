/**
 * Goal: expressions find what JavaScript's find, and none of them takes more than linear time.
 * Method: compare both over seeded random expressions and texts; give it expressions that take JavaScript for ever.
 */
import { expect, test } from "vitest";
import { LinearRegExp } from "#kernel/runtime/linear-regexp";
import { script } from "#kernel/runtime/world.fixture";
import { Entropy } from "#kernel/sim/entropy";

test("exec, test, match, replace and split agree with JavaScript's", () => {
  const entropy = Entropy.seeded("regexp");
  const pick = <T>(list: readonly T[]): T => list[entropy.int(list.length)] as T;
  const part = (): string =>
    pick(["a", "b", "ab", ".", "[ab]", "[^a]", "(a|b)", "(ab)?", "a*", "b+", ".*", "^", "$", "\\b"]);
  for (let n = 0; n < 3_000; n += 1) {
    // Enough repetitions that JavaScript is not asked.
    const source = `${Array.from({ length: 1 + entropy.int(4) }, part).join("")}(?:x*y*z*)`;
    const text = Array.from({ length: entropy.int(12) }, () => pick(["a", "b", "c", " ", "x", "z"])).join("");
    const flags = pick(["u", "gu", "iu"]);
    const [ours, theirs] = [new LinearRegExp(source, flags), new RegExp(source, flags)];
    const plain = (found: RegExpExecArray | null) => found && [found.index, ...found];
    expect(plain(ours.exec(text)), `${source} in ${text}`).toEqual(plain(theirs.exec(text)));
    const [again, theirAgain] = [new LinearRegExp(source, flags), new RegExp(source, flags)];
    expect(text.replace(again, "<$&>")).toBe(text.replace(theirAgain, "<$&>"));
    expect(text.split(again)).toEqual(text.split(theirAgain));
    expect(text.match(again)?.slice()).toEqual(text.match(theirAgain)?.slice());
  }
});

test.each([
  ["(a+)+$", "a"],
  ["(a|a)*b", "a"],
  [".*.*.*.*x", "a"],
  ["(.*)*\\d", "a"],
  ["a*a*a*a*b", "a"],
  ["([a-z]+\\.)+com$", "a."],
])("%s ends", (source, unit) => {
  const text = `${unit.repeat(20_000)}!`;
  expect(new LinearRegExp(source, "u").test(text)).toBe(false);
  expect(text.split(new LinearRegExp(source, "u"))).toEqual([text]);
});

test("what cannot be linear is refused where it is not simple", () => {
  expect(new LinearRegExp("(a*)\\1$", "u").test("aa")).toBe(true);
  expect(() => new LinearRegExp("(a+)+\\1$", "u")).toThrow(SyntaxError);
  expect(() => new LinearRegExp("(?=a)(a*)*", "u")).toThrow(SyntaxError);
  expect(() => new LinearRegExp("(", "u")).toThrow(SyntaxError);
});

test("no tool and no shell of a tenant holds up the others", () => {
  const line = "x=$(printf 'a%.0s' $(seq 3000));";
  const { out, status } = script(
    `${line} echo $x! | grep -cE '(a+)+$'; echo $x! | sed -E 's/(a|a)*b/c/' | wc -c;` +
      `echo $x! | awk '/(a*)*b/ {n++} END {print n + 0}'; case $x! in *a*a*a*a*a*b) echo yes;; *) echo no;; esac`,
  );
  expect(out).toBe("0\n3002\n0\nno\n");
  expect(status).toBe(0);
  const bash = `bash -c '[[ $(printf "a%.0s" $(seq 300))b =~ ^(a+)+$ ]]'; echo $?`;
  expect(script(bash, "debian").out).toBe("1\n");
});
