/**
 * Goal: Kubernetes' own libraries work, and what is wrong with an expression is told in upstream's words.
 * Method: tables of expressions over a small object, with what they give or say.
 */
import { expect, test } from "vitest";
import { shapeOf } from "#kernel/api/shapes";
import { compileCel, PER_CALL_LIMIT, typeProblem } from "#kernel/cel/compile";
import { type Schema, typeOfSchema, typeOfShape } from "#kernel/cel/declarations";
import { CompileError, CostError } from "#kernel/cel/errors";
import { toCel, toJson } from "#kernel/cel/json";
import { Authorizer, type Question } from "#kernel/cel/library/authorizer";
import { BOOL, type CelType, DYN, NULL, opaque, STRING } from "#kernel/cel/types";

const deployment = typeOfShape(must(shapeOf({ group: "apps", version: "v1", kind: "Deployment" })));

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the table's own data are whole");
  return value;
}

const SCHEMA: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        "my-field": { type: "string" },
        namespace: { type: "string" },
        ratio: { type: "number" },
        count: { type: "integer" },
        until: { type: "string", format: "date-time" },
        wait: { type: "string", format: "duration" },
        port: { "x-kubernetes-int-or-string": true },
        tags: { type: "array", "x-kubernetes-list-type": "set", items: { type: "string" } },
        parts: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: { type: "object", properties: { name: { type: "string" }, size: { type: "integer" } } },
        },
        labels: { type: "object", additionalProperties: { type: "string" } },
      },
    },
  },
};

const OBJECT = {
  apiVersion: "example.com/v1",
  kind: "Thing",
  metadata: { name: "one", labels: { app: "web" } },
  spec: {
    ...{ "my-field": "x", namespace: "ns", ratio: 2, count: 3, until: "2026-01-02T03:04:05Z", wait: "1h30m" },
    ...{ port: 80, tags: ["a", "b"], parts: [{ name: "p", size: 1 }], labels: { k: "v" } },
  },
};

function evaluate(text: string, type: CelType = must(typeOfSchema(SCHEMA, "selfType1", true))): unknown {
  const value = toCel(OBJECT, type);
  return toJson(
    compileCel(text, { variables: { self: type } }).run((name) => (name === "self" ? value : undefined)).value,
  );
}

test.each<readonly [string, unknown]>([
  ["self.spec.my__dash__field == 'x' && self.spec.__namespace__ == 'ns'", true],
  ["self.spec.ratio / 4.0", 0.5],
  ["self.spec.count / 2", 1],
  ["self.spec.until.getFullYear() + self.spec.until.getHours('+01:00')", 2030],
  ["self.spec.wait > duration('1h')", true],
  ["type(self.spec.port) == int ? self.spec.port + 1 : 0", 81],
  ["self.spec.tags == ['b', 'a']", true],
  ["self.spec.tags + ['b', 'c']", ["a", "b", "c"]],
  ["self.spec.parts.exists(p, p.name == 'p' && p.size == 1)", true],
  ["has(self.spec.labels) && 'k' in self.spec.labels && !has(self.spec.labels.z)", true],
  ["self.metadata.name", "one"],
  ["[3, 1, 2].isSorted() || [1, 2, 3].sum() == 6 && [3, 1].min() == 1 && ['b', 'a'].max() == 'b'", true],
  ["[1, 2, 1].indexOf(1) == 0 && [1, 2, 1].lastIndexOf(1) == 2 && [1].indexOf(5) == -1", true],
  ["'abc 123 def 456'.find('[0-9]+') == '123' && 'a1b22'.findAll('[0-9]+') == ['1', '22']", true],
  ["'a1b22c3'.findAll('[0-9]+', 2)", ["1", "22"]],
  ["url('https://u@example.com:80/a b?x=1&x=2#f').getHost()", "example.com:80"],
  ["url('https://[::1]:80/').getHostname() + url('https://[::1]:80/').getPort()", "::180"],
  ["url('https://e.com/a?x=1&x=2').getQuery()", { x: ["1", "2"] }],
  ["isURL('not a url') || !isURL('/path')", false],
  ["quantity('1.5Gi').isGreaterThan(quantity('1500Mi')) && quantity('100M').asInteger() == 100000000", true],
  ["quantity('1').add(quantity('500m')).compareTo(quantity('1500m')) == 0 && !isQuantity('1zz')", true],
  ["ip('10.0.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('10.0.0.01')", true],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true],
  ["string(cidr('192.168.1.7/24').masked())", "192.168.1.0/24"],
  ["format.dns1123Label().validate('ok-name').hasValue()", false],
  ["format.named('uuid').value().validate('nope').value()", ["does not match the UUID format"]],
  ["semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.0', true).major() == 1 && !isSemver('v1.0')", true],
  ["sets.contains([1, 2, 3], [2]) && sets.equivalent([1, 1, 2], [2, 1]) && !sets.intersects([1], [2])", true],
  ["{'a': 1}[?'b'].orValue(7) + optional.of(1).value()", 8],
  ["[1, 2].all(i, v, i + 1 == v) && {'a': 1}.exists(k, v, k == 'a' && v == 1)", true],
  ["{'a': 1, 'b': 2}.transformMap(k, v, v * 10)", { a: 10, b: 20 }],
  ["cel.bind(x, self.spec.count, x * x)", 9],
  ["'%s has %d of %.1f'.format(['x', 2, 1.55])", "x has 2 of 1.6"],
])("%s", (text, wanted) => {
  expect(evaluate(text)).toEqual(wanted);
});

test.each<readonly [string, string]>([
  ["object.foo > 1", "ERROR: <input>:1:7: undefined field 'foo'\n | object.foo > 1\n | ......^"],
  [
    "object.spec.replicas > '1'",
    "ERROR: <input>:1:22: found no matching overload for '_>_' applied to '(int, string)'\n" +
      " | object.spec.replicas > '1'\n | .....................^",
  ],
  [
    "objects.spec == 1",
    "ERROR: <input>:1:1: undeclared reference to 'objects' (in container '')\n | objects.spec == 1\n | ^",
  ],
  [
    "object.metadata.name.nope(1)",
    "ERROR: <input>:1:26: undeclared reference to 'nope' (in container '')\n" +
      " | object.metadata.name.nope(1)\n | .........................^",
  ],
  [
    "object.metadata.name.startsWith(1)",
    "ERROR: <input>:1:32: found no matching overload for 'startsWith' applied to 'string.(int)'\n" +
      " | object.metadata.name.startsWith(1)\n | ...............................^",
  ],
  ["[1, 'a'] == []", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a'] == []\n | ....^"],
  [
    "object.spec.replicas.x",
    "ERROR: <input>:1:21: type 'int' does not support field selection\n | object.spec.replicas.x\n | ....................^",
  ],
  ["has(object)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(object)\n | ....^"],
  [
    "1 +",
    "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', " +
      "'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | 1 +\n | ...^",
  ],
])("refuses %s", (text, message) => {
  try {
    compileCel(text, { variables: { object: deployment } });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(CompileError);
    expect((error as CompileError).message).toBe(message);
  }
});

test.each<readonly [string, string]>([
  ["object.missing == 1", "no such key: missing"],
  ["object.spec.tags[9] == 'x'", "index out of bounds: 9"],
  ["object.spec.count + 'x' == 'y'", "no such overload"],
  ["object.spec.count / 0 == 1", "division by zero"],
])("fails with %s", (text, message) => {
  const program = compileCel(text, { variables: { object: DYN } });
  const value = toCel(OBJECT);
  expect(() => program.run(() => value)).toThrow(message);
});

test("what an expression gives must be of the type asked for", () => {
  const problem = (text: string, ...types: CelType[]) => typeProblem(compileCel(text, { variables: {} }), ...types);
  expect(problem("1 == 1", BOOL)).toBeUndefined();
  expect(problem("1", BOOL)).toBe("must evaluate to bool");
  expect(problem("1", STRING, NULL)).toBe("must evaluate to one of [string null_type]");
});

test("work is bounded, and a walk that builds a list takes time in proportion", () => {
  const many = Array.from({ length: 2_000 }, (_, n) => n);
  const run = (text: string) => compileCel(text, { variables: { many: DYN } }).run(() => toCel(many));
  expect(() => run("many.all(a, many.all(b, many.all(c, a + b + c >= 0)))")).toThrow(CostError);
  expect(run("many.map(a, a + 1).size()").value).toBe(2_000n);
  expect(run("many.map(a, a + 1).size()").cost).toBeLessThan(PER_CALL_LIMIT / 10);
  const [grown, joined] = ["many + many", "many.map(a, 'xxxxxxxx')"].map(
    (first) => `cel.bind(a, ${first}, ${"cel.bind(a, a + a, ".repeat(40)}a.size()${")".repeat(41)}`,
  );
  for (const text of [grown, joined, "many.all(a, many == many)", "many.all(a, '%s'.format([many]) != '')"]) {
    expect(() => run(text ?? "")).toThrow(CostError);
  }
  // An expression that hangs a backtracking engine.
  expect(run("('a'.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') + '!').matches('^(a+)+$')").value).toBe(false);
  expect(() => compileCel(`${"[".repeat(400)}${"]".repeat(400)}`, { variables: {} })).toThrow("recursion limit");
});

test("questions to the authorizer reach who answers them", () => {
  const asked: Question[] = [];
  const authorizer = new Authorizer((question) => {
    asked.push(question);
    return { isAllowed: question.verb === "get", reason: "because" };
  });
  const type = opaque("kubernetes.authorization.Authorizer");
  const text = "authorizer.group('apps').resource('deployments').namespace('x').name('y').check('get').allowed()";
  expect(compileCel(text, { variables: { authorizer: type } }).run(() => authorizer).value).toBe(true);
  expect(asked).toEqual([{ verb: "get", group: "apps", resource: "deployments", namespace: "x", name: "y" }]);
});
