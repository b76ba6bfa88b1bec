/**
 * Goal: jq filters as jq 1.7 does: selects, builds, changes and formats values, and says what is wrong.
 * Method: lines with what the real jq made of them, run in the shell of an image that brings it.
 */
import { expect, test } from "vitest";
import { execInContainer, startContainer } from "#kernel/runtime/containers";
import { spec, testWorld } from "#kernel/runtime/world.fixture";

function run(line: string) {
  const world = testWorld();
  startContainer(world, spec("alpine/k8s:1.36.0", { command: ["sleep", "infinity"] }));
  return execInContainer(world, "c1", ["sh", "-c", line]);
}

test.each([
  [
    'echo \'{"a":1,"b":[1,2,3],"c":{"d":"x"}}\' | jq .',
    '{\n  "a": 1,\n  "b": [\n    1,\n    2,\n    3\n  ],\n  "c": {\n    "d": "x"\n  }\n}\n',
  ],
  ['echo \'{"a":1,"b":[1,2,3],"c":{"d":"x"}}\' | jq -r .c.d', "x\n"],
  ["echo '{\"a\":1,\"b\":[1,2,3]}' | jq '.b[]'", "1\n2\n3\n"],
  ["echo '{\"a\":1,\"b\":[1,2,3]}' | jq -c '.b | map(. * 2)'", "[2,4,6]\n"],
  ['echo \'[{"n":"a","v":1},{"n":"b","v":2}]\' | jq -r \'.[] | select(.v > 1) | .n\'', "b\n"],
  ['echo \'[{"n":"a","v":1},{"n":"b","v":2}]\' | jq -c \'map({name: .n})\'', '[{"name":"a"},{"name":"b"}]\n'],
  ['echo \'[{"n":"a","v":1},{"n":"b","v":2}]\' | jq \'length\'', "2\n"],
  ['echo \'{"a":{"b":null}}\' | jq \'.a.b // "none"\'', '"none"\n'],
  ['echo \'{"x":"1","y":2}\' | jq -r \'to_entries[] | "\\(.key)=\\(.value)"\'', "x=1\ny=2\n"],
  ['echo \'{"b":1,"a":2}\' | jq -S -c .', '{"a":2,"b":1}\n'],
  ['echo \'{"b":1,"a":2}\' | jq -c keys', '["a","b"]\n'],
  ["echo '{\"a\":[3,1,2]}' | jq -c '.a | sort, add, max, (.[0]), (.[1:])'", "[1,2,3]\n6\n3\n3\n[1,2]\n"],
  ["echo '\"a,b,c\"' | jq -c 'split(\",\")'", '["a","b","c"]\n'],
  ['echo \'["a","b"]\' | jq -r \'join("-")\'', "a-b\n"],
  ["echo '{\"a\":1}' | jq -c '.b = 2 | .a += 5 | del(.a)'", '{"b":2}\n'],
  ["jq -n '{a: 1, b: \"x\"}' -c", '{"a":1,"b":"x"}\n'],
  ["jq -n --arg v hello '{v: $v}' -c", '{"v":"hello"}\n'],
  ["echo '{\"a\":\"x\"}' | jq -e '.b' ; echo $?", "null\n1\n"],
  [
    'echo \'{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}\' | jq -r \'.items[].metadata.name\'',
    "a\nb\n",
  ],
  [
    'echo \'{"a":[{"t":"Ready","s":"True"},{"t":"X","s":"False"}]}\' | jq -r \'.a[] | select(.t=="Ready") | .s\'',
    "True\n",
  ],
  ["echo '{\"a\":\"dGVzdA==\"}' | jq -r '.a | @base64d'", "test\n"],
  ['echo \'{"a":"test"}\' | jq -r \'.a | @base64, ascii_upcase, length, test("es")\'', "dGVzdA==\nTEST\n4\ntrue\n"],
  ["echo '[1,2,3,4]' | jq -c '[.[] | if . > 2 then \"big\" else \"small\" end]'", '["small","small","big","big"]\n'],
  ['echo \'{"a":1}{"a":2}\' | jq -c .a', "1\n2\n"],
  ['echo \'{"a":1}{"a":2}\' | jq -s -c .', '[{"a":1},{"a":2}]\n'],
  [
    'echo \'{"a":{"b":[1,{"c":2}]}}\' | jq -c \'paths, [.. | numbers]\'',
    '["a"]\n["a","b"]\n["a","b",0]\n["a","b",1]\n["a","b",1,"c"]\n[1,2]\n',
  ],
  ["echo '[[1,2],[3]]' | jq -c 'flatten, (.[0] + .[1]), any, (map(length))'", "[1,2,3]\n[1,2,3]\ntrue\n[2,1]\n"],
  [
    'echo \'{"a":1}\' | jq \'has("a"), has("b"), type, (.a|type), (.a|tostring), ("5"|tonumber)\'',
    'true\nfalse\n"object"\n"number"\n"1"\n5\n',
  ],
  [
    'echo \'[{"k":"a","v":1},{"k":"b","v":2},{"k":"a","v":3}]\' | jq -c \'group_by(.k) | map({k: .[0].k, n: length})\'',
    '[{"k":"a","n":2},{"k":"b","n":1}]\n',
  ],
  [
    "echo '[3,1,2]' | jq -c 'sort_by(-.), reverse, unique, index(1), first, last, min'",
    "[3,2,1]\n[2,1,3]\n[1,2,3]\n1\n3\n2\n1\n",
  ],
  ['echo \'{"a":"b"}\' | jq -r \'"x-\\(.a)-y"\'', "x-b-y\n"],
  ["echo '[1,2,3]' | jq -c 'reduce .[] as $x (0; . + $x)'", "6\n"],
  ["echo '{\"a\":1,\"b\":2}' | jq -c 'with_entries(.value += 1)'", '{"a":2,"b":3}\n'],
  ["echo 'null' | jq -c '[range(3)], (try error(\"x\") catch .), env.HOME'", '[0,1,2]\n"x"\n"/root"\n'],
  ["printf 'a b\\nc d\\n' | jq -R -c 'split(\" \")'", '["a","b"]\n["c","d"]\n'],
])("%s", (line, wanted) => {
  expect(run(line).stdout).toBe(wanted);
});

test.each([
  ["echo 'not json' | jq .", "jq: parse error: Invalid literal at line 1, column 4\n", 5],
  ["echo '{}' | jq '.a.b.c[]'", "jq: error (at <stdin>:1): Cannot iterate over null\n", 5],
  ["echo '[1]' | jq .a", 'jq: error (at <stdin>:1): Cannot index array with "a"\n', 5],
  ["echo '{}' | jq '.a |'", "jq: error: syntax error, unexpected end of file", 3],
  ["echo '{}' | jq nope", "jq: error (at <stdin>:1): nope/0 is not defined\n", 5],
  ["jq . /none", "jq: error: Could not open /none: No such file or directory\n", 2],
  ["jq -n '[range(1e9)]'", "jq: error (at <stdin>:1): range is too long\n", 5],
  ["jq -n 'def f: f; f'", "", 139],
  ["jq -n '[range(1e5)] | map([range(1e5)])'", "jq: error (at <stdin>:1): too many steps\n", 5],
  [`jq -n 'reduce range(100) as $i ("x"; . + .)'`, "jq: error (at <stdin>:1): the result is too large\n", 5],
  [`jq -n 'reduce range(100) as $i ("x"; tojson + "\\(.)")'`, "jq: error (at <stdin>:1): the result is too large\n", 5],
])("%s fails", (line, complaint, status) => {
  const { stderr, exitCode } = run(line);
  expect(stderr.startsWith(complaint)).toBe(true);
  expect(exitCode).toBe(status);
});
