/**
 * Profiles: the schedulers there are by name, each with its plugins, their weights and what they were told.
 *
 * Models pkg/scheduler/profile and framework/runtime (plugin sets, expandMultiPointPlugins).
 */
import type { ConfigMap, Pod } from "#kernel/api/types.gen";
import type { Registry } from "#kernel/registry/registry";
import { configmaps } from "#kernel/resources/core/configmap";
import {
  DEFAULT_CONFIG,
  type PluginArgs,
  type PluginSet,
  type ProfileConfig,
  parseSchedulerConfig,
  SCHEDULER_CONFIG,
  SCHEDULER_CONFIG_FIELD,
  SCHEDULER_PLUGINS,
  type SchedulerConfig,
} from "#kernel/resources/scheduling/configuration";
import type { Plugin } from "#kernel/scheduler/framework";
import { pluginNamed } from "#kernel/scheduler/plugins/index";

/** The name in spec.schedulerName of pods that say nothing. */
export const SCHEDULER_NAME = "default-scheduler";

export interface Profile {
  readonly name: string;
  readonly plugins: readonly Plugin[];
  /** Those that may keep a pod out of the queue: asked for every waiting pod, so they stand apart. */
  readonly gates: readonly Plugin[];
  readonly args: PluginArgs;
  /** 0 = as many nodes as suit the cluster's size. */
  readonly percentageOfNodesToScore: number;
  /** Whether pods may make room for themselves. */
  readonly preempts: boolean;
}

export interface Profiles {
  readonly byName: ReadonlyMap<string, Profile>;
  readonly backoffMs: SchedulerConfig["backoffMs"];
}

/** The profile's share in each of the scheduler's steps, by the extension points that stand for it. */
const STEPS = {
  preEnqueue: ["preEnqueue"],
  filter: ["preFilter", "filter"],
  score: ["preScore", "score"],
  preBind: ["preBind"],
} as const;

const isOff = (set: PluginSet | undefined, name: string): boolean =>
  set?.disabled.some((one) => one === name || one === "*") === true && !set.enabled.some((one) => one.name === name);

const turnedOn = (set: PluginSet | undefined, name: string) => set?.enabled.find((one) => one.name === name);

function profileFrom(config: ProfileConfig, { percentageOfNodesToScore }: SchedulerConfig): Profile {
  const { plugins: sets, args, schedulerName } = config;
  const plugins = SCHEDULER_PLUGINS.flatMap((name) => {
    const whole = pluginNamed(name, args);
    return whole === undefined ? [] : (partOf(whole, sets) ?? []);
  });
  const mayPreempt =
    !isOff(sets["multiPoint"], "DefaultPreemption") || turnedOn(sets["postFilter"], "DefaultPreemption") !== undefined;
  return {
    name: schedulerName,
    plugins,
    gates: plugins.filter(({ preEnqueue }) => preEnqueue !== undefined),
    args,
    percentageOfNodesToScore: config.percentageOfNodesToScore ?? percentageOfNodesToScore,
    preempts: mayPreempt && !isOff(sets["postFilter"], "DefaultPreemption"),
  };
}

/** A plugin with those of its steps that are turned on, and its weight; undefined if none is. */
function partOf(plugin: Plugin, sets: ProfileConfig["plugins"]): Plugin | undefined {
  const { name, events, helps } = plugin;
  const isOffEverywhere = isOff(sets["multiPoint"], name);
  const part: { -readonly [K in keyof Plugin]: Plugin[K] } = {
    name,
    ...(events && { events }),
    ...(helps && { helps }),
  };
  for (const [step, points] of Object.entries(STEPS)) {
    const key = step as keyof typeof STEPS;
    const isOn = points.some((point) => turnedOn(sets[point], name) !== undefined);
    if (plugin[key] === undefined || points.some((point) => isOff(sets[point], name))) continue;
    if (!isOffEverywhere || isOn) Object.assign(part, { [key]: plugin[key] });
  }
  const chosen = turnedOn(sets["score"], name) ?? turnedOn(sets["multiPoint"], name);
  part.weight = chosen === undefined ? (plugin.weight ?? 1) : (chosen.weight ?? 1);
  return Object.keys(STEPS).some((step) => part[step as keyof typeof STEPS] !== undefined) ? part : undefined;
}

function profilesFrom(config: SchedulerConfig): Profiles {
  const profiles = config.profiles.map((one) => profileFrom(one, config));
  return { byName: new Map(profiles.map((profile) => [profile.name, profile])), backoffMs: config.backoffMs };
}

const DEFAULT_PROFILES = profilesFrom(DEFAULT_CONFIG);
const known = new WeakMap<ConfigMap, Profiles>();

/** The profiles of a cluster as they are now. A configuration that got in although it is wrong counts for nothing. */
export function profilesOf({ store }: Registry): Profiles {
  const stored = store.get(configmaps.bucket, SCHEDULER_CONFIG) as ConfigMap | undefined;
  const text = stored?.data?.[SCHEDULER_CONFIG_FIELD];
  if (stored === undefined || text === undefined) return DEFAULT_PROFILES;
  let profiles = known.get(stored);
  if (profiles === undefined) {
    const { config, problems } = parseSchedulerConfig(text);
    profiles = problems.length > 0 ? DEFAULT_PROFILES : profilesFrom(config);
    known.set(stored, profiles);
  }
  return profiles;
}

/** The profile a pod asks for; undefined if it waits for a scheduler that is not ours. */
export const profileOf = (registry: Registry, { spec }: Pod): Profile | undefined =>
  profilesOf(registry).byName.get(spec.schedulerName ?? SCHEDULER_NAME);
