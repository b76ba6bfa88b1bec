/**
 * Kubernetes' own formats: `!format.dns1123Label().validate(name).hasValue()`; keys of JSON patches.
 *
 * Models apiserver/pkg/cel/library/{format,jsonpatch}.go.
 */
import * as formats from "#kernel/apimachinery/formats";
import { define, type Overload, traversal } from "#kernel/cel/functions";
import { fromBase64 } from "#kernel/cel/library/base64";
import { parseTimestamp } from "#kernel/cel/library/instants";
import { codePoints, Items, NONE, OpaqueValue, Optional } from "#kernel/cel/values";

class NamedFormat extends OpaqueValue {
  override readonly typeName = "kubernetes.NamedFormat";

  readonly name: string;
  readonly problems: (text: string) => readonly string[];

  constructor(name: string, problems: (text: string) => readonly string[]) {
    super();
    this.name = name;
    this.problems = problems;
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof NamedFormat && this.name === other.name;
  }
}

const rule =
  (isFine: (text: string) => boolean, problem: string) =>
  (text: string): readonly string[] =>
    isFine(text) ? [] : [problem];

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const URI = /^(?:[A-Za-z][A-Za-z0-9+.-]*:[^\s]*|\/[^\s]*)$/;

const FORMATS: ReadonlyMap<string, NamedFormat> = new Map(
  Object.entries({
    dns1123Label: formats.dns1123Label,
    dns1123Subdomain: formats.dns1123Subdomain,
    dns1035Label: formats.dns1035Label,
    qualifiedName: formats.qualifiedName,
    dns1123LabelPrefix: formats.asPrefix(formats.dns1123Label),
    dns1123SubdomainPrefix: formats.asPrefix(formats.dns1123Subdomain),
    dns1035LabelPrefix: formats.asPrefix(formats.dns1035Label),
    labelValue: formats.labelValue,
    uri: rule((text) => URI.test(text), "invalid URI"),
    uuid: rule((text) => UUID.test(text), "does not match the UUID format"),
    byte: rule((text) => fromBase64(text) !== undefined, "invalid base64"),
    date: rule((text) => parseTimestamp(`${text}T00:00:00Z`) !== undefined, "invalid date"),
    datetime: rule((text) => parseTimestamp(text) !== undefined, "invalid datetime"),
  }).map(([name, problems]) => [name, new NamedFormat(name, problems)]),
);

function validated({ problems }: NamedFormat, text: string): Optional {
  const found = problems(text);
  return found.length === 0 ? NONE : new Optional(new Items([...found]));
}

function named(name: string): Optional {
  const found = FORMATS.get(name);
  return found === undefined ? NONE : new Optional(found);
}

export const NAMED_FORMATS: readonly Overload[] = [
  ...[...FORMATS].map(([name, format]) => define(`format.${name}(): Format`, () => format)),
  define("format.named(string): optional<Format>", named),
  define("Format.validate(string): optional<list<string>>", validated, (_format: NamedFormat, text: string) =>
    Math.max(1, traversal(codePoints(text)) * 3),
  ),
];

/** Escaping of a key for a JSON pointer: only patches need it. */
export const JSON_PATCH: readonly Overload[] = [
  define(
    "jsonpatch.escapeKey(string): string",
    (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
    (key: string) => Math.max(1, traversal(codePoints(key))),
  ),
];
