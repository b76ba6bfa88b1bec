/**
 * `object`: one object exists, its fields are as expected, and conditions it reports are true.
 */
import { z } from "zod";
import { fieldProblem, fieldSchema } from "#classroom/checks/fields";
import { kindNamed, kindSchema, namespaceFor, nameText } from "#classroom/checks/kinds";
import { checkKind, failed, passed } from "#classroom/checks/verdict";
import { type Condition, getCondition } from "#kernel/apimachinery/meta";

const schema = z.strictObject({
  type: z.literal("object"),
  resource: kindSchema,
  namespace: z.string().optional(),
  name: z.string().min(1),
  fields: z.array(fieldSchema).max(50).optional(),
  /** Types of status.conditions that must be True. */
  conditions: z.array(z.string().min(1)).max(20).optional(),
});

export const objectCheck = checkKind(schema, (cluster, { resource: kind, namespace, name, fields, conditions }) => {
  const resource = kindNamed(cluster, kind);
  if (resource === undefined) return failed(`이 클러스터에 ${kind} 종류가 없습니다.`, `There is no kind ${kind} here.`);
  const key = { namespace: namespaceFor(resource, namespace), name };
  const called = nameText(resource, { metadata: { ...key } } as never);
  const object = cluster.admin.get(resource, key);
  if (object === undefined) return failed(`${called}: 아직 없습니다. 만들어 주세요.`, `${called} does not exist yet.`);
  const wrong = fieldProblem(object, fields ?? []);
  if (wrong !== undefined) return failed(`${called}: ${wrong.ko}.`, `${called}: ${wrong.en}.`);
  for (const type of conditions ?? []) {
    const { status } = object as { status?: { conditions?: readonly Condition[] } };
    const condition = getCondition(status?.conditions, type);
    if (condition?.status === "True") continue;
    const why = condition?.message === undefined ? "" : ` (${condition.message})`;
    const is = condition?.status;
    return failed(
      `${called}: 조건 ${type}의 현재 값은 ${is ?? "없음"}, 기대하는 값은 True입니다.${why}`,
      `${called}: condition ${type} is ${is ?? "not set"}, expected True.${why}`,
    );
  }
  return passed(`${called}: 기대한 상태입니다.`, `${called} is as expected.`);
});
