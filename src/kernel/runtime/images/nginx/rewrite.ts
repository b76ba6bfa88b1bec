/**
 * The rewrite module of nginx: return, rewrite, set and if.
 */
import type { Directive } from "#kernel/runtime/images/nginx/conf";
import { argsOf, expression } from "#kernel/runtime/images/nginx/config";
import { absoluteUrl, finish, plain } from "#kernel/runtime/images/nginx/static";
import { interpolate, type Visit } from "#kernel/runtime/images/nginx/visit";
import type { HttpResponse } from "#kernel/runtime/world";

/** Applies them in their order; an answer if one of them makes it. */
export function rewriteOf(visit: Visit, directives: readonly Directive[]): HttpResponse | "reset" | undefined {
  for (const { name, args, children = [] } of directives) {
    if (name === "set") visit.variables[(args[0] ?? "").replace("$", "")] = interpolate(visit, args[1] ?? "");
    else if (name === "return") return returned(visit, args, directives);
    else if (name === "if" && isTrue(visit, args.join(" "))) {
      const answer = rewriteOf(visit, children);
      if (answer !== undefined) return answer;
    } else if (name === "rewrite") {
      const answer = rewritten(visit, args, directives);
      if (answer === "stop") return undefined;
      if (answer !== undefined) return answer;
    }
  }
  return undefined;
}

function rewritten(
  visit: Visit,
  args: readonly string[],
  directives: readonly Directive[],
): HttpResponse | "stop" | undefined {
  const [source = "", target = "", flag] = args;
  const match = expression(source).exec(visit.path);
  if (match === null) return undefined;
  const replaced = interpolate(
    visit,
    target.replace(/\$(\d)/g, (_, digit: string) => match[Number(digit)] ?? ""),
  );
  if (flag === "permanent" || flag === "redirect" || /^https?:/.test(replaced)) {
    const status = flag === "permanent" ? 301 : 302;
    return plain(visit, status, directives, { location: absoluteUrl(visit, replaced) });
  }
  const [path = "/", query] = replaced.split(/\?(.*)/s);
  visit.path = path;
  if (query !== undefined) visit.query = query;
  if (flag === "break") visit.variables["__break"] = "1";
  return flag === "last" || flag === "break" ? "stop" : undefined;
}

function isTrue(visit: Visit, text: string): boolean {
  const inside = text.replace(/^\(\s*|\s*\)$/g, "");
  const match = /^(\S+)\s+(=|!=|~\*?|!~\*?)\s+(.*)$/.exec(inside);
  if (match === null) {
    const value = interpolate(visit, inside);
    return value !== "" && value !== "0";
  }
  const left = interpolate(visit, match[1] ?? "");
  const operator = match[2] ?? "";
  const right = (match[3] ?? "").replace(/^["']|["']$/g, "");
  if (operator === "=" || operator === "!=") return (left === interpolate(visit, right)) === (operator === "=");
  return expression(right, operator.endsWith("*")).test(left) !== operator.startsWith("!");
}

function returned(visit: Visit, args: readonly string[], directives: readonly Directive[]): HttpResponse | "reset" {
  const isUrl = !/^\d+$/.test(args[0] ?? "");
  const status = isUrl ? 302 : Number(args[0]);
  const text = interpolate(visit, (isUrl ? args[0] : args[1]) ?? "");
  if (status === 444) return "reset";
  if ([301, 302, 303, 307, 308].includes(status)) {
    return plain(visit, status, directives, text === "" ? {} : { location: absoluteUrl(visit, text) });
  }
  if (args.length < 2) return plain(visit, status, directives, {});
  const type = argsOf(directives, "default_type") ?? argsOf(visit.server.directives, "default_type");
  return finish(visit, status, text, { "content-type": type?.[0] ?? "text/plain" }, directives);
}
