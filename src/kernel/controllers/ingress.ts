/**
 * Ingress controller: tells each Ingress it serves where its requests are taken; #kernel/network/ingress takes them.
 *
 * Models ingress-nginx (internal/ingress/status, controller/store). Leaves out its own pods and Service: it stands
 * beside the cluster like a cloud's, at an address of its own.
 */
import type { Ingress } from "#kernel/api/types.gen";
import { keyOf, keyText } from "#kernel/apimachinery/meta";
import { unsimulatedAnnotations } from "#kernel/network/ingress.annotations";
import {
  type Context,
  type Controller,
  done,
  itself,
  type Outcome,
  wakeAt,
  watching,
} from "#kernel/registry/controller";
import { recordEvent } from "#kernel/resources/core/event.record";
import { ingresses } from "#kernel/resources/networking/ingress";
import { INGRESS_IP, isServedClass, isServedIngress } from "#kernel/resources/networking/ingress.facts";
import { ingressclasses } from "#kernel/resources/networking/ingressclass";
import { equal } from "#kernel/sim/clone";

/** How often the real controller writes addresses. */
const SYNC_MS = 60_000;

/** The room of what was told of each Ingress; the id is its key, the value its uid and generation. */
const TOLD = "ingress-told";

export const ingressController: Controller = {
  name: "nginx-ingress-controller",
  component: "controllerManager",
  watches: [itself(ingresses), watching(ingressclasses, (_class, client) => client.list(ingresses).map(keyOf))],

  reconcile(context, key) {
    const ingress = context.client.get(ingresses, key);
    if (ingress === undefined) {
      context.cells.delete(TOLD, keyText(key));
      return done;
    }
    const classes = context.client.list(ingressclasses).filter(isServedClass);
    const isServed = isServedIngress(ingress, new Set(classes.map(({ metadata }) => metadata.name)));
    return isServed && ingress.metadata.deletionTimestamp === undefined ? serve(context, ingress) : done;
  },
};

function serve(context: Context, ingress: Ingress): Outcome {
  const { client, cells, now } = context;
  const { uid, generation = 1, annotations = {} } = ingress.metadata;
  // A change of annotations is no new generation, but news to the controller.
  const version = `${uid} ${generation} ${Object.keys(annotations).sort().join(" ")}`;
  const id = keyText(keyOf(ingress));
  if (cells.get<string>(TOLD, id) !== version) {
    cells.put(TOLD, id, version);
    say(context, ingress);
    for (const text of unsimulatedAnnotations(ingress)) warn(context, ingress, text);
  }
  const loadBalancer = { ingress: [{ ip: INGRESS_IP }] };
  if (equal(ingress.status?.loadBalancer, loadBalancer)) return done;
  const isHasty = cells.get<{ latency?: string }>("cluster", "options")?.latency === "none";
  const due = isHasty ? now : Math.ceil(now / SYNC_MS) * SYNC_MS;
  if (due > now) return wakeAt(due);
  // The controller hears of its own write as of any other.
  say(context, client.updateStatus(ingresses, ingress, { loadBalancer }));
  return done;
}

/** An annotation that nobody obeys is owned up to. */
function warn({ client, now }: Context, regarding: Ingress, message: string): void {
  const source = { component: "nginx-ingress-controller" };
  recordEvent(client, { regarding, type: "Warning", reason: "NotSimulated", message, source }, now);
}

function say({ client, now }: Context, regarding: Ingress): void {
  const source = { component: "nginx-ingress-controller" };
  recordEvent(client, { regarding, type: "Normal", reason: "Sync", message: "Scheduled for sync", source }, now);
}
