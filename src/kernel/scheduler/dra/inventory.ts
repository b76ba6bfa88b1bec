/**
 * The devices of a cluster: what drivers publish in ResourceSlices, and what of it is set aside already.
 *
 * Models staging/src/k8s.io/dynamic-resource-allocation/structured (GatherPools, allocatedstate).
 * Leaves out devices that several claims share at a time (allowMultipleAllocations): they are never chosen.
 */
import type { Device, DeviceClass, ResourceClaim, ResourceSlice } from "#kernel/api/types.gen";
import { parseQuantity, type Quantity } from "#kernel/apimachinery/quantity";
import { quantityValue } from "#kernel/cel/library/quantity";
import { semverValue } from "#kernel/cel/library/semver";
import type { Registry } from "#kernel/registry/registry";
import { matchesNodeSelector } from "#kernel/resources/core/node.selector";
import { deviceclasses } from "#kernel/resources/resource/deviceclass";
import { resourceclaims } from "#kernel/resources/resource/resourceclaim";
import { resourceslices } from "#kernel/resources/resource/resourceslice";
import type { NodeInfo } from "#kernel/scheduler/node-info";

/** One device and where it was published. */
export interface Offer {
  /** `driver/pool/device`. */
  readonly id: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

/** The slices of one pool, those of its latest generation. */
export interface Pool {
  readonly slices: readonly ResourceSlice[];
  /** Whether all of its slices have been published. */
  readonly isComplete: boolean;
}

export class Inventory {
  readonly pools: readonly Pool[];
  /** Slices of one node alone by its name, and all others. */
  readonly #local = new Map<string, ResourceSlice[]>();
  readonly #shared: ResourceSlice[] = [];
  /** The devices that are set aside. */
  readonly taken: ReadonlySet<string>;

  constructor(readonly registry: Registry) {
    const { store } = registry;
    this.pools = poolsOf(store.list(resourceslices.bucket) as readonly ResourceSlice[]);
    const taken = new Set<string>();
    for (const { status } of store.list(resourceclaims.bucket) as readonly ResourceClaim[]) {
      for (const { driver, pool, device, adminAccess } of status?.allocation?.devices?.results ?? []) {
        if (adminAccess !== true) taken.add(`${driver}/${pool}/${device}`);
      }
    }
    this.taken = taken;
    for (const { slices } of this.pools) for (const slice of slices) this.#file(slice);
  }

  #file(slice: ResourceSlice): void {
    const { nodeName = "", perDeviceNodeSelection } = slice.spec;
    if (nodeName === "" || perDeviceNodeSelection === true) {
      this.#shared.push(slice);
      return;
    }
    const others = this.#local.get(nodeName);
    if (others === undefined) this.#local.set(nodeName, [slice]);
    else others.push(slice);
  }

  #slicesFor({ name }: NodeInfo): readonly ResourceSlice[] {
    return [...(this.#local.get(name) ?? []), ...this.#shared];
  }

  deviceClass(name: string): DeviceClass | undefined {
    return this.registry.store.get(deviceclasses.bucket, { namespace: "", name }) as DeviceClass | undefined;
  }

  /** The devices a node can use, in the order they are tried. */
  offersOn(node: NodeInfo): Offer[] {
    return this.#slicesFor(node).flatMap((slice) =>
      (slice.spec.devices ?? [])
        .filter((device) => isReachable(slice, device, node))
        .map((device) => ({ id: idOf(slice, device), device, slice })),
    );
  }

  /** Whether a pool that concerns the node is not whole yet: nobody can say what "all devices" are. */
  lacksSlices(node: NodeInfo): boolean {
    const here = new Set(
      this.#slicesFor(node).filter((slice) => slice.spec.devices?.some((one) => isReachable(slice, one, node))),
    );
    return this.pools.some(({ isComplete, slices }) => !isComplete && slices.some((slice) => here.has(slice)));
  }
}

const idOf = ({ spec }: ResourceSlice, { name }: Device): string => `${spec.driver}/${spec.pool.name}/${name}`;

function poolsOf(slices: readonly ResourceSlice[]): Pool[] {
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const id = `${slice.spec.driver}/${slice.spec.pool.name}`;
    byPool.set(id, [...(byPool.get(id) ?? []), slice]);
  }
  return [...byPool.keys()].sort().map((id) => {
    const all = byPool.get(id) ?? [];
    const latest = Math.max(...all.map(({ spec }) => spec.pool.generation));
    const current = all.filter(({ spec }) => spec.pool.generation === latest);
    return { slices: current, isComplete: current.length === current[0]?.spec.pool.resourceSliceCount };
  });
}

function isReachable({ spec }: ResourceSlice, device: Device, node: NodeInfo): boolean {
  const { nodeName, nodeSelector, allNodes } = spec.perDeviceNodeSelection === true ? device : spec;
  if (nodeName !== undefined && nodeName !== "") return nodeName === node.name;
  if (allNodes === true) return true;
  return nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node);
}

/** What an expression knows of a device: the domains it may ask for are there, if only empty. */
export function deviceValue({ device, slice }: Offer, domains: readonly string[]): Record<string, unknown> {
  const { driver } = slice.spec;
  const sorted = (values: readonly (readonly [string, unknown])[]): Record<string, Record<string, unknown>> => {
    const byDomain: Record<string, Record<string, unknown>> = {};
    for (const domain of [...domains, driver]) byDomain[domain] = {};
    for (const [name, value] of values) {
      const slash = name.indexOf("/");
      const domain = slash < 0 ? driver : name.slice(0, slash);
      byDomain[domain] = { ...byDomain[domain], [name.slice(slash + 1)]: value };
    }
    return byDomain;
  };
  return {
    driver,
    allowMultipleAllocations: device.allowMultipleAllocations === true,
    attributes: sorted(
      Object.entries(device.attributes ?? {}).map(([name, { string, int, bool, version }]) => [
        name,
        string ?? int ?? bool ?? (version === undefined ? undefined : semverValue(version)),
      ]),
    ),
    capacity: sorted(
      Object.entries(device.capacity ?? {}).map(([name, { value }]) => [name, quantityValue(String(value))]),
    ),
  };
}

/** The attribute of a device as a text that is equal for equal values; undefined if the device has none. */
export function attributeText({ device, slice }: Offer, name: string): string | undefined {
  const { attributes = {} } = device;
  const { driver } = slice.spec;
  const own = name.startsWith(`${driver}/`) ? name.slice(driver.length + 1) : undefined;
  const found = attributes[name] ?? (own === undefined ? undefined : attributes[own]);
  return found === undefined ? undefined : JSON.stringify([found.string, found.int, found.bool, found.version]);
}

/** What a device takes of the counters it shares with others: by `set/counter`. */
export function countersOf({ device }: Offer): [string, Quantity][] {
  return (device.consumesCounters ?? []).flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]): [string, Quantity] => [
      `${counterSet}/${name}`,
      parseQuantity(String(value)),
    ]),
  );
}
