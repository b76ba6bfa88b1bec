/**
 * `objects`: so many objects of a kind, under a selector and with such fields, exist.
 */
import { z } from "zod";
import { countSchema, countText, isCount } from "#classroom/checks/compare";
import { fieldProblem, fieldSchema } from "#classroom/checks/fields";
import { kindNamed, kindSchema } from "#classroom/checks/kinds";
import { checkKind, failed, passed } from "#classroom/checks/verdict";
import { matchesRequirements, parse } from "#kernel/apimachinery/labels";
import type { KubeObject } from "#kernel/store/object";

function isSelector(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const schema = z.strictObject({
  type: z.literal("objects"),
  resource: kindSchema,
  /** Absent: of all namespaces. */
  namespace: z.string().optional(),
  /** As `kubectl get -l` takes it. */
  selector: z.string().max(500).refine(isSelector, "is no label selector").optional(),
  /** Only objects whose fields are so count. */
  fields: z.array(fieldSchema).max(50).optional(),
  count: countSchema,
});

export const objectsCheck = checkKind(schema, (cluster, { resource: kind, namespace, selector, fields, count }) => {
  const resource = kindNamed(cluster, kind);
  if (resource === undefined) return failed(`이 클러스터에 ${kind} 종류가 없습니다.`, `There is no kind ${kind} here.`);
  const requirements = parse(selector ?? "");
  const all: readonly KubeObject[] = cluster.admin.list(resource, namespace === undefined ? {} : { namespace });
  const selected = all.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && matchesRequirements(requirements, metadata.labels),
  );
  const right = selected.filter((object) => fieldProblem(object, fields ?? []) === undefined);
  const which = `${resource.names.plural}${selector === undefined ? "" : ` -l ${selector}`}`;
  const expected = countText(count);
  if (isCount(right.length, count)) {
    return passed(`${which}: ${right.length}개입니다.`, `${which}: there are ${right.length}.`);
  }
  const [other] = selected.filter((object) => !right.includes(object));
  const why = other === undefined ? undefined : fieldProblem(other, fields ?? []);
  const example = {
    ko: why && ` (예: ${other?.metadata.name} ${why.ko})`,
    en: why && ` (${other?.metadata.name}: ${why.en})`,
  };
  return failed(
    `${which}: 조건에 맞는 것이 ${right.length}개, 기대하는 수는 ${expected.ko}입니다.${example.ko ?? ""}`,
    `${which}: ${right.length} are as wanted, expected ${expected.en}.${example.en ?? ""}`,
  );
});
