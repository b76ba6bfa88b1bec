/**
 * Flow control's own objects: what every cluster has of them is made again when it goes or is changed, and each schema
 * says whether its priority level is there.
 *
 * Models k8s.io/apiserver/pkg/util/flowcontrol (apf_controller.go) and pkg/registry/flowcontrol/ensurer.
 * Leaves out the queues themselves: requests of a cluster are served one after another anyway.
 */
import type { FlowSchema } from "#kernel/api/types.gen";
import { timeText } from "#kernel/apimachinery/time";
import type { Client } from "#kernel/registry/client";
import { type Controller, done, itself, watching } from "#kernel/registry/controller";
import { BOOTSTRAP_LEVELS, BOOTSTRAP_SCHEMAS } from "#kernel/resources/flowcontrol/bootstrap";
import { flowschemas } from "#kernel/resources/flowcontrol/flowschema";
import { prioritylevelconfigurations } from "#kernel/resources/flowcontrol/prioritylevelconfiguration";
import type { Instant } from "#kernel/sim/instant";

const schemasOf = (client: Client, level: string) =>
  client
    .list(flowschemas)
    .filter(({ spec }) => spec.priorityLevelConfiguration.name === level)
    .map(({ metadata: { name } }) => ({ namespace: "", name }));

export const flowControl: Controller = {
  name: "api-priority-and-fairness-config-consumer-v1",
  component: "world",
  watches: [
    itself(flowschemas),
    watching(prioritylevelconfigurations, ({ metadata: { name } }, client) => [
      { namespace: LEVELS, name },
      ...schemasOf(client, name),
    ]),
  ],

  reconcile({ client, now }, { namespace, name }) {
    if (namespace === LEVELS) {
      const draft = BOOTSTRAP_LEVELS.find(({ metadata }) => metadata.name === name);
      const isThere = client.get(prioritylevelconfigurations, { namespace: "", name }) !== undefined;
      if (draft !== undefined && !isThere) client.create(prioritylevelconfigurations, draft);
      return done;
    }
    const schema = client.get(flowschemas, { namespace: "", name });
    if (schema !== undefined) tellLevel(client, schema, now);
    else {
      const draft = BOOTSTRAP_SCHEMAS.find(({ metadata }) => metadata.name === name);
      if (draft !== undefined) client.create(flowschemas, draft);
    }
    return done;
  },
};

/** Marks the keys of priority levels among those of schemas: both are cluster-wide. */
const LEVELS = "prioritylevels";

function tellLevel(client: Client, schema: FlowSchema, now: Instant): void {
  const { name } = schema.spec.priorityLevelConfiguration;
  const isThere = client.get(prioritylevelconfigurations, { namespace: "", name }) !== undefined;
  const fact = isThere ? "and it exists" : "but there is no such object";
  const message = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)} ${fact}`;
  const status = isThere ? "False" : "True";
  const known = schema.status?.conditions?.find(({ type }) => type === "Dangling");
  if (known?.status === status && known.message === message) return;
  const others = (schema.status?.conditions ?? []).filter(({ type }) => type !== "Dangling");
  const lastTransitionTime = timeText(now);
  const condition = { type: "Dangling", status, lastTransitionTime, reason: isThere ? "Found" : "NotFound", message };
  client.updateStatus(flowschemas, schema, { conditions: [...others, condition] });
}

/** Makes what every cluster has of them. */
export function ensureFlowControl(client: Client): void {
  for (const draft of BOOTSTRAP_LEVELS) client.create(prioritylevelconfigurations, draft);
  for (const draft of BOOTSTRAP_SCHEMAS) client.create(flowschemas, draft);
}
