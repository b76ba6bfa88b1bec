/**
 * A little Python, run: a step machine over JSON, so that a script sleeps and goes on as any process does.
 *
 * Models the built-in functions and modules that lines in manifests use, and how an error that nobody catches ends.
 */
import {
  type Expr,
  NotUnderstood,
  parseScript,
  type Script,
  type Statement,
} from "#kernel/runtime/images/python/parse";
import {
  binary,
  bounded,
  FUNCTIONS,
  method,
  number,
  Raised,
  shown,
  truth,
  typeName,
  type Value,
} from "#kernel/runtime/images/python/values";
import type { Step } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { Instant } from "#kernel/sim/instant";

interface Frame {
  readonly block: number;
  readonly pc: number;
  /** Of a loop over items: those that are still to come. */
  readonly items?: readonly Value[];
  readonly isLoop?: true;
}

/** Where a script stands, as JSON. */
export interface PythonState {
  readonly frames: readonly Frame[];
  readonly variables: Readonly<Record<string, Value>>;
  readonly until?: Instant;
}

/** `sys.exit`. */
class Exit extends Error {
  constructor(readonly code: number) {
    super("exit");
  }
}

const parsed = new Map<string, Script>();

function scriptOf(source: string): Script {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const script = parseScript(source);
  if (parsed.size > 100) parsed.clear();
  parsed.set(source, script);
  return script;
}

/** Runs a script until it ends, sleeps or has used its slice. */
export function runPython(task: Task<PythonState>, source: string): Step {
  try {
    const script = scriptOf(source);
    task.state ??= { frames: [{ block: 0, pc: 0 }], variables: {} };
    if (task.state.until !== undefined && task.state.until > task.now) return { until: task.state.until };
    const machine = new Machine(task, script);
    while (machine.frames.length > 0) {
      if (!task.spend()) {
        task.state = machine.state;
        return undefined;
      }
      machine.step();
      if (machine.until === undefined) continue;
      task.state = { ...machine.state, until: machine.until };
      return { until: machine.until };
    }
    return 0;
  } catch (error) {
    if (error instanceof Exit) return error.code;
    if (error instanceof Raised) {
      task.complain(`Traceback (most recent call last):\n  File "<string>", line 1, in <module>\n${error.message}\n`);
      return 1;
    }
    if (!(error instanceof NotUnderstood)) throw error;
    task.complain(
      `python: Drydock runs a little Python (print, if, for, while, sleep, exit, the environment), not: ${error.source}\n`,
    );
    return 1;
  }
}

class Machine {
  frames: Frame[];
  until: Instant | undefined;
  readonly variables: Record<string, Value>;

  constructor(
    readonly task: Task<PythonState>,
    readonly script: Script,
  ) {
    const { frames, variables } = task.state as PythonState;
    this.frames = [...frames];
    this.variables = { ...variables };
  }

  get state(): PythonState {
    return { frames: this.frames, variables: this.variables };
  }

  step(): void {
    const frame = this.frames.at(-1);
    if (frame === undefined) return;
    const statement = this.script[frame.block]?.[frame.pc];
    if (statement === undefined) {
      this.#endBlock(frame);
      return;
    }
    this.frames[this.frames.length - 1] = { ...frame, pc: frame.pc + 1 };
    this.#run(statement);
  }

  #endBlock(frame: Frame): void {
    this.frames.pop();
    const below = this.frames.at(-1);
    if (frame.isLoop !== true || below === undefined) return;
    // A loop is asked again whether it goes on.
    const head = this.script[below.block]?.[below.pc - 1];
    if (head?.k === "while" && truth(this.evaluate(head.test))) this.frames.push({ ...frame, pc: 0 });
    if (head?.k === "for") this.#next(head.name, frame.block, frame.items ?? []);
  }

  #next(name: string, block: number, [first, ...items]: readonly Value[]): void {
    if (first === undefined) return;
    this.variables[name] = first;
    this.frames.push({ block, pc: 0, items, isLoop: true });
  }

  #run(statement: Statement): void {
    switch (statement.k) {
      case "expr":
        this.evaluate(statement.expr);
        return;
      case "assign": {
        const { name, op, expr } = statement;
        const value = this.evaluate(expr);
        this.variables[name] = op === "" ? value : binary(op, this.#name(name), value);
        return;
      }
      case "if": {
        const taken = statement.branches.find(({ test }) => test === undefined || truth(this.evaluate(test)));
        if (taken !== undefined) this.frames.push({ block: taken.body, pc: 0 });
        return;
      }
      case "while":
        if (truth(this.evaluate(statement.test))) this.frames.push({ block: statement.body, pc: 0, isLoop: true });
        return;
      case "for": {
        const of = this.evaluate(statement.of);
        const items = typeof of === "string" ? [...of] : of;
        if (!Array.isArray(items)) throw new Raised(`TypeError: '${typeName(of)}' object is not iterable`);
        this.#next(statement.name, statement.body, items);
        return;
      }
      case "raise":
        throw new Raised(raised(statement.expr, (expr) => this.evaluate(expr)));
      case "break":
      case "continue":
        this.#leave(statement.k === "break");
        return;
      default:
    }
  }

  #leave(isBreak: boolean): void {
    while (this.frames.length > 1 && this.frames.at(-1)?.isLoop !== true) this.frames.pop();
    const loop = this.frames.at(-1);
    if (loop?.isLoop !== true) throw new Raised("SyntaxError: 'break' outside loop");
    if (isBreak) this.frames.pop();
    else this.frames[this.frames.length - 1] = { ...loop, pc: Number.MAX_SAFE_INTEGER };
  }

  #name(name: string): Value {
    if (Object.hasOwn(this.variables, name)) return this.variables[name] ?? null;
    throw new Raised(`NameError: name '${name}' is not defined`);
  }

  evaluate(expr: Expr): Value {
    switch (expr.k) {
      case "value":
        return expr.isFloat === true ? { float: Number(expr.v) } : expr.v;
      case "name":
        return this.#name(expr.name);
      case "format":
        return bounded(expr.parts.map((part) => shown(this.evaluate(part))).join(""));
      case "list":
        return expr.items.map((item) => this.evaluate(item));
      case "unary": {
        const value = this.evaluate(expr.arg);
        return expr.op === "not" ? !truth(value) : binary("-", 0, value);
      }
      case "choice":
        return this.evaluate(truth(this.evaluate(expr.test)) ? expr.yes : expr.no);
      case "binary":
        return this.#either(expr);
      case "index":
        return this.#at(expr);
      case "attribute":
        return this.#attribute(dotted(expr));
      default:
        return this.#call(expr);
    }
  }

  #either({ op, left, right }: Extract<Expr, { k: "binary" }>): Value {
    const first = this.evaluate(left);
    if (op === "and") return truth(first) ? this.evaluate(right) : first;
    if (op === "or") return truth(first) ? first : this.evaluate(right);
    return binary(op, first, this.evaluate(right));
  }

  #at({ of, at }: Extract<Expr, { k: "index" }>): Value {
    const place = this.evaluate(at);
    if (dotted(of) === "os.environ") {
      const found = this.task.env(shown(place));
      if (found === undefined) throw new Raised(`KeyError: '${shown(place)}'`);
      return found;
    }
    const whole = this.evaluate(of);
    const items = typeof whole === "string" ? [...whole] : whole;
    if (!Array.isArray(items)) throw new Raised(`TypeError: '${typeName(whole)}' object is not subscriptable`);
    const found = items.at(number(place, "[]"));
    if (found === undefined)
      throw new Raised(`IndexError: ${typeof whole === "string" ? "string" : "list"} index out of range`);
    return found;
  }

  #attribute(name: string | undefined): Value {
    if (name === "sys.argv") return ["-c", ...this.task.argv.slice(this.task.argv.indexOf("-c") + 2)];
    if (name === "sys.version") return `${this.task.env("PYTHON_VERSION") ?? "3.14.0"} (main)`;
    throw new NotUnderstood(0, name ?? "an attribute");
  }

  #call({ of, args: given, named }: Extract<Expr, { k: "call" }>): Value {
    const args = given.map((arg) => this.evaluate(arg));
    const name = dotted(of) ?? "";
    const own = FUNCTIONS[name];
    if (own !== undefined) return own(args);
    switch (name) {
      case "print": {
        const option = (key: string, otherwise: string): string =>
          named[key] === undefined ? otherwise : shown(this.evaluate(named[key]));
        const text = args.map(shown).join(option("sep", " ")) + option("end", "\n");
        if (named["file"] !== undefined && dotted(named["file"]) === "sys.stderr") this.task.complain(text);
        else this.task.print(text);
        return null;
      }
      case "sys.exit":
      case "exit":
      case "quit":
      case "os._exit":
        return this.#exit(args[0] ?? null);
      case "time.sleep":
      case "sleep":
        this.until = this.task.now + Math.max(0, Math.round(number(args[0] ?? 0, "sleep") * 1_000));
        return null;
      case "os.environ.get":
      case "os.getenv":
      case "environ.get":
        return this.task.env(shown(args[0] ?? "")) ?? args[1] ?? null;
      case "socket.gethostname":
      case "platform.node":
        return this.task.record.hostname;
      case "time.time":
        return { float: this.task.now / 1_000 };
      case "random.random":
        return { float: this.task.world.entropy.fraction() };
      case "random.randint": {
        const [from, to] = [number(args[0] ?? 0, "randint"), number(args[1] ?? 0, "randint")];
        return from + Math.floor(this.task.world.entropy.fraction() * (to - from + 1));
      }
      case "sys.stdout.flush":
        return null;
      case "sys.stdout.write":
        this.task.print(shown(args[0] ?? ""));
        return null;
      default:
        return of.k === "attribute" ? method(this.evaluate(of.of), of.name, args) : unknownCall(name);
    }
  }

  #exit(code: Value): never {
    if (typeof code === "string") {
      this.task.complain(`${code}\n`);
      throw new Exit(1);
    }
    throw new Exit(Number(code ?? 0) & 255);
  }
}

function unknownCall(name: string): never {
  throw new NotUnderstood(0, `${name}()`);
}

/** `a.b.c` of names. */
function dotted(expr: Expr): string | undefined {
  if (expr.k === "name") return expr.name;
  if (expr.k !== "attribute") return undefined;
  const before = dotted(expr.of);
  return before === undefined ? undefined : `${before}.${expr.name}`;
}

function raised(expr: Expr, evaluate: (expr: Expr) => Value): string {
  if (expr.k === "name") return expr.name;
  if (expr.k !== "call") throw new NotUnderstood(0, "raise");
  return `${dotted(expr.of) ?? "Exception"}: ${expr.args.map((arg) => shown(evaluate(arg))).join(", ")}`;
}
