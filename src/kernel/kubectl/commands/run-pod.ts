/**
 * `kubectl run`: a pod of one container.
 *
 * Models kubectl/pkg/cmd/run. Leaves out attaching: it is refused.
 */
import { type Command, DRY_RUN, dryRun, dryRunText, numberOf, printed } from "#kernel/kubectl/command";
import { UnsupportedError, usageError } from "#kernel/kubectl/error";
import { outputOf, PRINT, printObjects, wantsObjects } from "#kernel/kubectl/print";
import type { KubeObject } from "#kernel/kubectl/server";

export const run: Command = {
  name: "run",
  flags: {
    ...PRINT.flags,
    ...DRY_RUN,
    image: "value",
    restart: "value",
    env: "list",
    labels: "value",
    port: "value",
    command: "switch",
    attach: "switch",
    stdin: "switch",
    tty: "switch",
    rm: "switch",
    "image-pull-policy": "value",
  },
  short: { ...PRINT.short, l: "labels", i: "stdin", t: "tty" },
  *run(call) {
    const [name, ...words] = call.args;
    const image = call.value("image");
    if (name === undefined) throw usageError("NAME is required for run");
    if (image === undefined) throw usageError('required flag(s) "image" not set');
    if (["attach", "stdin", "tty", "rm"].some((flag) => call.has(flag))) {
      throw new UnsupportedError("error: run with --attach, -i, -t or --rm is not supported here");
    }
    const given = [...words, ...call.rest];
    const port = call.value("port");
    const labels = call.value("labels");
    const pairs = (texts: readonly string[]): [string, string][] =>
      texts.map((text) => [text.split("=")[0] ?? "", text.split(/=(.*)/s)[1] ?? ""]);
    const policy = call.value("image-pull-policy");
    const container = {
      ...{ name, image },
      ...(given.length > 0 && { [call.has("command") ? "command" : "args"]: given }),
      ...(port !== undefined && { ports: [{ containerPort: numberOf("port", port) }] }),
      ...(policy !== undefined && { imagePullPolicy: policy }),
      ...(call.list("env").length > 0 && {
        env: pairs(call.list("env")).map(([key, value]) => ({ name: key, value })),
      }),
    };
    const pod = {
      ...{ apiVersion: "v1", kind: "Pod" },
      metadata: { name, labels: labels === undefined ? { run: name } : Object.fromEntries(pairs(labels.split(","))) },
      spec: { containers: [container], restartPolicy: call.value("restart") ?? "Always" },
    };
    const kind = yield* call.server.kindNamed("pods");
    const query = dryRun(call);
    const made = query === undefined ? pod : yield* call.server.create({ kind, namespace: call.namespace }, pod, query);
    if (wantsObjects(outputOf(call))) return { out: printObjects(call, [made as KubeObject], true) };
    return `${printed(kind, name)} created${dryRunText(call)}`;
  },
};
