/**
 * The scheduler's plugins by name, and how each is made of what its profile tells it.
 *
 * Models pkg/scheduler/framework/plugins/registry.go. PrioritySort, DefaultPreemption and DefaultBinder are steps of
 * the scheduler itself and not in this table.
 */
import type { PluginArgs } from "#kernel/resources/scheduling/configuration";
import type { Plugin } from "#kernel/scheduler/framework";
import { dynamicResources } from "#kernel/scheduler/plugins/dynamicresources";
import { imageLocality } from "#kernel/scheduler/plugins/imagelocality";
import { interPodAffinity } from "#kernel/scheduler/plugins/interpodaffinity";
import { nodeAffinity } from "#kernel/scheduler/plugins/nodeaffinity";
import { nodeName } from "#kernel/scheduler/plugins/nodename";
import { nodePorts } from "#kernel/scheduler/plugins/nodeports";
import { nodeResourcesBalancedAllocation } from "#kernel/scheduler/plugins/noderesourcesbalancedallocation";
import { nodeResourcesFit } from "#kernel/scheduler/plugins/noderesourcesfit";
import { nodeUnschedulable } from "#kernel/scheduler/plugins/nodeunschedulable";
import { nodeVolumeLimits } from "#kernel/scheduler/plugins/nodevolumelimits";
import { podTopologySpread } from "#kernel/scheduler/plugins/podtopologyspread";
import { schedulingGates } from "#kernel/scheduler/plugins/schedulinggates";
import { taintToleration } from "#kernel/scheduler/plugins/tainttoleration";
import { volumeBinding } from "#kernel/scheduler/plugins/volumebinding";
import { volumeRestrictions } from "#kernel/scheduler/plugins/volumerestrictions";
import { volumeZone } from "#kernel/scheduler/plugins/volumezone";

/** Makes a plugin. */
type Factory = (args: PluginArgs) => Plugin;

const FIXED: readonly Plugin[] = [
  schedulingGates,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodePorts,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  dynamicResources,
  imageLocality,
];

const FACTORIES: ReadonlyMap<string, Factory> = new Map<string, Factory>([
  ...FIXED.map((plugin): [string, Factory] => [plugin.name, () => plugin]),
  ["NodeAffinity", ({ nodeAffinity: args }) => nodeAffinity(args)],
  ["NodeResourcesFit", ({ fit }) => nodeResourcesFit(fit)],
  ["PodTopologySpread", ({ spread }) => podTopologySpread(spread)],
  ["InterPodAffinity", ({ interPodAffinity: args }) => interPodAffinity(args)],
  ["NodeResourcesBalancedAllocation", ({ balanced }) => nodeResourcesBalancedAllocation(balanced)],
]);

/** The plugin of a name, told what its profile says; undefined for a step of the scheduler itself. */
export const pluginNamed = (name: string, args: PluginArgs): Plugin | undefined => FACTORIES.get(name)?.(args);
