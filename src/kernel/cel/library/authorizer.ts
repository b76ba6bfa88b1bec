/**
 * Questions to the authorizer:
 * `authorizer.group("apps").resource("deployments").namespace("x").check("create").allowed()`. Who answers them is
 * injected.
 *
 * Models apiserver/pkg/cel/library/{authz,authz_selectors}.go.
 */
import { RunError } from "#kernel/cel/errors";
import { define, type Overload } from "#kernel/cel/functions";
import { OpaqueValue } from "#kernel/cel/values";

/** What is asked. */
export interface Question {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** A service account asked about in the user's place. */
  readonly account?: { readonly namespace: string; readonly name: string };
}

export interface Answer {
  readonly isAllowed: boolean;
  readonly reason: string;
}

export type Ask = (question: Question) => Answer;

abstract class Check extends OpaqueValue {
  readonly ask: Ask;
  readonly question: Question;

  constructor(ask: Ask, question: Question) {
    super();
    this.ask = ask;
    this.question = question;
  }

  override equals(other: OpaqueValue): boolean {
    return this === other;
  }
}

/** The variable `authorizer`. */
export class Authorizer extends Check {
  override readonly typeName = "kubernetes.authorization.Authorizer";

  constructor(ask: Ask, question: Question = { verb: "" }) {
    super(ask, question);
  }
}

class PathCheck extends Check {
  override readonly typeName = "kubernetes.authorization.PathCheck";
}

class GroupCheck extends Check {
  override readonly typeName = "kubernetes.authorization.GroupCheck";
}

/** The variable `authorizer.requestResource`, and what a resource is asked about with. */
export class ResourceCheck extends Check {
  override readonly typeName = "kubernetes.authorization.ResourceCheck";
}

class Decision extends OpaqueValue {
  override readonly typeName = "kubernetes.authorization.Decision";

  readonly answer: Answer;

  constructor(answer: Answer) {
    super();
    this.answer = answer;
  }

  override equals(other: OpaqueValue): boolean {
    return this === other;
  }
}

const with_ =
  (field: keyof Question) =>
  ({ ask, question }: Check, value: string): ResourceCheck =>
    new ResourceCheck(ask, { ...question, [field]: value });

function path({ ask, question }: Check, text: string): PathCheck {
  if (text === "") throw new RunError("path must not be empty");
  return new PathCheck(ask, { ...question, path: text });
}

const checked = ({ ask, question }: Check, verb: string): Decision => new Decision(ask({ ...question, verb }));

/** An authorizer is slow: few questions fit the budget. */
const askCost = (): number => 350_000;

export const AUTHORIZER: readonly Overload[] = [
  define("Authorizer.path(string): PathCheck", path),
  define("Authorizer.serviceAccount(string, string): Authorizer", ({ ask }: Check, namespace: string, name: string) => {
    return new Authorizer(ask, { verb: "", account: { namespace, name } });
  }),
  define("Authorizer.group(string): GroupCheck", ({ ask, question }: Check, group: string) => {
    return new GroupCheck(ask, { ...question, group });
  }),
  define("PathCheck.check(string): Decision", checked, askCost),
  define("GroupCheck.resource(string): ResourceCheck", with_("resource")),
  define("ResourceCheck.subresource(string): ResourceCheck", with_("subresource")),
  define("ResourceCheck.namespace(string): ResourceCheck", with_("namespace")),
  define("ResourceCheck.name(string): ResourceCheck", with_("name")),
  define("ResourceCheck.fieldSelector(string): ResourceCheck", (check: Check) => check),
  define("ResourceCheck.labelSelector(string): ResourceCheck", (check: Check) => check),
  define("ResourceCheck.check(string): Decision", checked, askCost),
  define("Decision.allowed(): bool", ({ answer }: Decision) => answer.isAllowed),
  define("Decision.reason(): string", ({ answer }: Decision) => answer.reason),
  define("Decision.errored(): bool", () => false),
  define("Decision.error(): string", () => ""),
];
