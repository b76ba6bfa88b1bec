/**
 * The formats of names, label keys and values, ports, paths and their kin. A validator gives the list of what is
 * wrong, worded as upstream words it; an empty list means the value is well formed.
 *
 * Models apimachinery/pkg/util/validation and pkg/api/validate/content.
 */
import { byteLength } from "#kernel/apimachinery/go-text";

/** A check of one text: gives what is wrong with it. */
export type Format = (value: string) => string[];

const labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`;
const wildcardFormat = `\\*\\.${subdomainFormat}`;
const label1035Format = "[a-z]([-a-z0-9]*[a-z0-9])?";
const labelKeyFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValueFormat = `(${labelKeyFormat})?`;
const percentFormat = "[0-9]+%";
const headerFormat = "[-A-Za-z0-9]+";
const envVarFormat = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const configKeyFormat = "[-._a-zA-Z0-9]+";
const identifierFormat = "[A-Za-z_][A-Za-z0-9_]*";
const httpPathFormat = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

const whole = (format: string): RegExp => new RegExp(`^(?:${format})$`);

const patterns = {
  label: whole(labelFormat),
  subdomain: whole(subdomainFormat),
  wildcard: whole(wildcardFormat),
  label1035: whole(label1035Format),
  labelKey: whole(labelKeyFormat),
  labelValue: whole(labelValueFormat),
  percent: whole(percentFormat),
  header: whole(headerFormat),
  envVar: whole(envVarFormat),
  configKey: whole(configKeyFormat),
  identifier: whole(identifierFormat),
  httpPath: whole(httpPathFormat),
};

const alnum = "alphanumeric character";
const ends = `must start and end with an ${alnum}`;

const says = {
  label: `a lowercase RFC 1123 label must consist of lower case ${alnum}s or '-', and ${ends}`,
  subdomain: `a lowercase RFC 1123 subdomain must consist of lower case ${alnum}s, '-' or '.', and ${ends}`,
  wildcard:
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of " +
    `lower case ${alnum}s, '-' or '.' and end with an ${alnum}`,
  label1035:
    `a DNS-1035 label must consist of lower case ${alnum}s or '-', start with an alphabetic character, ` +
    `and end with an ${alnum}`,
  labelKey: `must consist of ${alnum}s, '-', '_' or '.', and ${ends}`,
  labelValue: `a valid label must be an empty string or consist of ${alnum}s, '-', '_' or '.', and ${ends}`,
  percent: "a valid percent string must be a numeric string followed by an ending '%'",
  header: `a valid HTTP header must consist of ${alnum}s or '-'`,
  envVar:
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', " +
    "and must not start with a digit",
  relaxedEnvVar: "a valid environment variable name must consist only of printable ASCII characters other than '='",
  configKey: `a valid config key must consist of ${alnum}s, '-', '_' or '.'`,
  identifier:
    "a valid C identifier must start with alphabetic character or '_', " +
    "followed by a string of alphanumeric characters or '_'",
};

/** Gives the message of a text that does not fit a regular expression. */
export function regexText(message: string, format: string, ...examples: readonly string[]): string {
  const regex = `regex used for validation is '${format}')`;
  if (examples.length === 0) return `${message} (${regex}`;
  // Upstream's own spacing, two blanks before "or" included.
  return `${message} (e.g. ${examples.map((example) => `'${example}'`).join(",  or ")}, ${regex}`;
}

/** Gives the message of a text that is too long. */
export const maxLengthText = (length: number, unit = "characters"): string => `must be no more than ${length} ${unit}`;

/** Gives the message of a number out of its bounds. */
export const rangeText = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`;

/** The message of a text that must not be empty. */
export const emptyText = "must be non-empty";

/** The message of a negative number. */
export const negativeText = "must be greater than or equal to 0";

const tooLong = (value: string, max: number, unit?: string): string[] =>
  byteLength(value) > max ? [maxLengthText(max, unit)] : [];

/** A DNS label of RFC 1123: `123-abc`, up to 63 characters. */
export function dns1123Label(value: string): string[] {
  const errors = tooLong(value, 63);
  if (patterns.label.test(value)) return errors;
  // What is a valid subdomain and no label can only have dots too many.
  if (patterns.subdomain.test(value)) return [...errors, "must not contain dots"];
  return [...errors, regexText(says.label, labelFormat, "my-name", "123-abc")];
}

/** DNS labels of RFC 1123 joined by dots, up to 253 characters. */
export function dns1123Subdomain(value: string): string[] {
  return subdomain(value);
}

function subdomain(value: string, unit?: string): string[] {
  const errors = tooLong(value, 253, unit);
  if (!patterns.subdomain.test(value)) errors.push(regexText(says.subdomain, subdomainFormat, "example.com"));
  return errors;
}

/** `*.` and a subdomain. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const errors = tooLong(value, 253);
  if (!patterns.wildcard.test(value)) errors.push(regexText(says.wildcard, wildcardFormat, "*.example.com"));
  return errors;
}

/** A DNS label of RFC 1035, which starts with a letter: names of Services. */
export function dns1035Label(value: string): string[] {
  const errors = tooLong(value, 63);
  if (!patterns.label1035.test(value)) {
    errors.push(regexText(says.label1035, label1035Format, "my-name", "abc-123"));
  }
  return errors;
}

/** A label or annotation key: a name of up to 63 bytes with an optional subdomain and `/` before it. */
export function qualifiedName(value: string): string[] {
  const parts = value.split("/");
  const regex = (): string => regexText(says.labelKey, labelKeyFormat, "MyName", "my.name", "123-abc");
  if (parts.length > 2) {
    return [`a valid label key ${regex()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const name = parts.at(-1) ?? "";
  const errors = parts.length === 2 ? keyPrefix(parts[0] ?? "") : [];
  if (name === "") errors.push(`name part ${emptyText}`);
  else errors.push(...tooLong(name, 63, "bytes").map((text) => `name part ${text}`));
  if (!patterns.labelKey.test(name)) errors.push(`name part ${regex()}`);
  return errors;
}

const keyPrefix = (prefix: string): string[] =>
  (prefix === "" ? [emptyText] : subdomain(prefix, "bytes")).map((text) => `prefix part ${text}`);

/** A label value: empty, or up to 63 bytes of letters, digits, `-`, `_` and `.`. */
export function labelValue(value: string): string[] {
  const errors = tooLong(value, 63, "bytes");
  if (!patterns.labelValue.test(value)) {
    errors.push(regexText(says.labelValue, labelValueFormat, "MyValue", "my_value", "12345"));
  }
  return errors;
}

/** The number of a port. */
export function portNumber(value: number): string[] {
  return inRange(value, 1, 65535);
}

/** A number within inclusive bounds. */
export function inRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [rangeText(low, high)];
}

/** A Unix user or group id. */
export function unixId(value: number): string[] {
  return inRange(value, 0, 0xffffffff);
}

/** The name of a port (RFC 6335): up to 15 lower case letters, digits and hyphens, one letter at least. */
export function portName(value: string): string[] {
  const errors = tooLong(value, 15);
  const must = (holds: boolean, text: string): void => {
    if (!holds) errors.push(text);
  };
  must(/^[-a-z0-9]+$/.test(value), "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  must(/[a-z]/.test(value), "must contain at least one letter (a-z)");
  must(!value.includes("--"), "must not contain consecutive hyphens");
  must(!value.startsWith("-") && !value.endsWith("-"), "must not begin or end with a hyphen");
  return errors;
}

/** A share: `25%`. */
export function percent(value: string): string[] {
  return patterns.percent.test(value) ? [] : [regexText(says.percent, percentFormat, "1%", "93%")];
}

/** The name of an HTTP header. */
export function httpHeaderName(value: string): string[] {
  return patterns.header.test(value) ? [] : [regexText(says.header, headerFormat, "X-Header-Name")];
}

/** The characters of an HTTP path. */
export function httpPath(value: string): string[] {
  return patterns.httpPath.test(value) ? [] : [regexText("Invalid path", httpPathFormat)];
}

/** The name of an environment variable as pods may have it: printable ASCII without `=`. */
export function relaxedEnvVarName(value: string): string[] {
  const errors = value === "" ? [`environment variable name ${emptyText}`] : [];
  if (!/^[ -<>-~]*$/.test(value)) errors.push(says.relaxedEnvVar);
  return errors;
}

/** A key of a ConfigMap or Secret. */
export function configMapKey(value: string): string[] {
  const errors = tooLong(value, 253);
  if (!patterns.configKey.test(value)) {
    errors.push(regexText(says.configKey, configKeyFormat, "key.name", "KEY_NAME", "key-name"));
  }
  return [...errors, ...parentDirectory(value)];
}

/** A name that is one segment of a URL path, as Roles have: anything but `.`, `..`, `/` and `%`. */
export function pathSegmentName(value: string): string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  return pathSegmentPrefix(value);
}

/** The beginning of a path segment: a generateName. */
function pathSegmentPrefix(value: string): string[] {
  return ["/", "%"].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`);
}

function parentDirectory(value: string): string[] {
  if (value === "." || value === "..") return [`must not be '${value}'`];
  return value.startsWith("..") ? ["must not start with '..'"] : [];
}

/** Makes of a name's format that of a generateName, which may end in a hyphen because more follows. */
export function asPrefix(format: Format): Format {
  return (value) => format(value.length > 1 && value.endsWith("-") ? `${value.slice(0, -2)}a` : value);
}
