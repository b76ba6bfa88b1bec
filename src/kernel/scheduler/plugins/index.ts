/**
 * The scheduler's plugins, in the order in which they filter and score.
 *
 * Models pkg/scheduler/apis/config/v1/default_plugins.go.
 */
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

export const PLUGINS: readonly Plugin[] = [
  schedulingGates,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  dynamicResources,
  nodeResourcesBalancedAllocation,
  imageLocality,
];
