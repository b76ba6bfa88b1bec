/**
 * Checks of single fields that every part of a pod's validation uses: formats, choices, paths.
 *
 * Models pkg/apis/core/validation (ValidateNonnegativeField, validateLocalDescendingPath and their kin).
 */
import type { At, FieldProblem } from "#kernel/apimachinery/field-errors";
import {
  dns1123Subdomain,
  type Format,
  httpPath,
  negativeText,
  portName,
  portNumber,
  regexText,
} from "#kernel/apimachinery/formats";
import type { IntOrString } from "#kernel/apimachinery/int-or-string";

/** The message of a number that is not above zero. */
export const positiveText = "must be greater than zero";

/** Adds an error for each thing the format finds wrong with the text. */
export function mustFit(problem: FieldProblem, value: string, format: Format): void {
  for (const text of format(value)) problem.invalid(value, text);
}

/** As `mustFit`, but a text that is missing is a required value and nothing else. */
export function mustBeGiven(problem: FieldProblem, value: string | undefined, format?: Format): boolean {
  if (value === undefined || value === "") {
    problem.required();
    return false;
  }
  if (format !== undefined) mustFit(problem, value, format);
  return true;
}

/** Adds an error for each thing wrong with the number, if there is one. */
export function numberMustFit(
  problem: FieldProblem,
  value: number | undefined,
  format: (value: number) => string[],
): void {
  if (value === undefined) return;
  for (const text of format(value)) problem.invalid(value, text);
}

/** Adds an error for a negative number. */
export function mustNotBeNegative(problem: FieldProblem, value: number | undefined): void {
  if (value !== undefined && value < 0) problem.invalid(value, negativeText);
}

/** Adds an error unless the text is one of the choices. */
export function mustBeOneOf(problem: FieldProblem, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) problem.notSupported(value, choices);
}

/** As `mustBeOneOf`, but an empty text is a required value. */
export function mustChoose(problem: FieldProblem, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || value === "") problem.required();
  else mustBeOneOf(problem, value, choices);
}

/** Checks the number or the name of a port. */
export function validatePort(port: IntOrString, problem: FieldProblem): void {
  if (typeof port === "number") numberMustFit(problem, port, portNumber);
  else mustFit(problem, port, portName);
}

/** True if a part of the path is `..`. */
export const hasBacksteps = (path: string): boolean => path.split("/").includes("..");

/** Adds an error for a path that climbs up. */
export function mustNotStepBack(problem: FieldProblem, path: string): void {
  if (hasBacksteps(path)) problem.invalid(path, "must not contain '..'");
}

/** Adds an error unless the path stays below where it starts. */
export function mustDescend(problem: FieldProblem, path: string): void {
  if (path.startsWith("/")) problem.invalid(path, "must be a relative path");
  mustNotStepBack(problem, path);
}

/** As `mustDescend`, and the path must not start with two dots, which the kubelet keeps for itself. */
export function mustNotBeReserved(problem: FieldProblem, path: string): void {
  mustDescend(problem, path);
  if (path.startsWith("..") && path !== ".." && !path.startsWith("../"))
    problem.invalid(path, "must not start with '..'");
}

/** Adds an error unless the text is a domain and a path: `example.com/controller`. */
export function mustBeDomainPrefixed(problem: FieldProblem, value: string): void {
  if (value === "") {
    problem.required();
    return;
  }
  const slash = value.indexOf("/");
  const [domain, path] = [value.slice(0, slash), value.slice(slash + 1)];
  if (slash < 0 || domain === "" || path === "") {
    problem.invalid(value, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  for (const text of dns1123Subdomain(domain)) problem.invalid(domain, text);
  for (const text of httpPath(path)) problem.invalid(path, text);
}

const fileModeMax = 0o777;

/** Adds an error for a file mode beyond the nine permission bits. */
export function mustBeFileMode(problem: FieldProblem, mode: number | undefined): void {
  if (mode === undefined || (mode >= 0 && mode <= fileModeMax)) return;
  problem.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
}

/** The items of a list, each with the collector that stands at it. */
export function* eachAt<T>(items: readonly T[] | undefined, at: At): Generator<readonly [T, At, number]> {
  let n = 0;
  for (const item of items ?? []) {
    yield [item, at.under(`[${n}]`), n];
    n += 1;
  }
}

const looseLabelFormat = "[a-z0-9_]([-a-z0-9_]*[a-z0-9])?";
const looseSubdomainFormat = `${looseLabelFormat}(\\.${looseLabelFormat})*`;
const looseSubdomain = new RegExp(`^(?:${looseSubdomainFormat})$`);

/** A subdomain whose labels may start with and contain underscores: DNS search paths. */
export function subdomainWithUnderscore(value: string): string[] {
  const errors = value.length > 253 ? ["must be no more than 253 characters"] : [];
  if (looseSubdomain.test(value)) return errors;
  const says =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
    "and must start and end with an alphanumeric character";
  return [...errors, regexText(says, looseSubdomainFormat, "example.com")];
}
