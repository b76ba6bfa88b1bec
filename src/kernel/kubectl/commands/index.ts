/**
 * The commands there are. To add one: a file here and a line in this table.
 */
import type { Command } from "#kernel/kubectl/command";
import { apiResources, apiVersions, auth, clusterInfo, version } from "#kernel/kubectl/commands/about";
import { apply } from "#kernel/kubectl/commands/apply";
import { create, replace } from "#kernel/kubectl/commands/create";
import { deleteCommand } from "#kernel/kubectl/commands/delete";
import { expose } from "#kernel/kubectl/commands/expose";
import { get } from "#kernel/kubectl/commands/get";
import { annotate, label } from "#kernel/kubectl/commands/label";
import { cordon, uncordon } from "#kernel/kubectl/commands/node";
import { patch } from "#kernel/kubectl/commands/patch";
import { exec, logs } from "#kernel/kubectl/commands/pod";
import { rollout } from "#kernel/kubectl/commands/rollout";
import { run } from "#kernel/kubectl/commands/run-pod";
import { scale } from "#kernel/kubectl/commands/scale";
import { set } from "#kernel/kubectl/commands/set";
import { wait } from "#kernel/kubectl/commands/wait";

export const COMMANDS: readonly Command[] = [
  annotate,
  apiResources,
  apiVersions,
  apply,
  auth,
  clusterInfo,
  cordon,
  create,
  deleteCommand,
  exec,
  expose,
  get,
  label,
  logs,
  patch,
  replace,
  rollout,
  run,
  scale,
  set,
  uncordon,
  version,
  wait,
];
