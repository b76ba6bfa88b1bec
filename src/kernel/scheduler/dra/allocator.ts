/**
 * Which devices of a node satisfy claims: each request in turn takes the first devices that fit, and steps back where
 * that leaves a later one without.
 *
 * Models staging/src/k8s.io/dynamic-resource-allocation/structured (allocator).
 */
import type {
  AllocationResult,
  DeviceRequest,
  DeviceRequestAllocationResult,
  DeviceSelector,
  DeviceSubRequest,
  DeviceTaint,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
} from "#kernel/api/types.gen";
import { add, cmp, type Quantity, type QuantityLike } from "#kernel/apimachinery/quantity";
import { CostError, RunError } from "#kernel/cel/errors";
import { toCel } from "#kernel/cel/json";
import { compileDeviceSelector, DEVICE_TYPE } from "#kernel/resources/resource/device.cel";
import { toleratesDeviceTaint } from "#kernel/resources/resource/device.facts";
import { attributeText, countersOf, deviceValue, type Inventory, type Offer } from "#kernel/scheduler/dra/inventory";
import type { NodeInfo } from "#kernel/scheduler/node-info";
import { LIMITS } from "#kernel/sim/limits";

/** Devices one claim may have (AllocationResultsMaxSize). */
const RESULTS_MAX = 32;

/** After so many steps in the order of the requests another order is tried. */
const FIRST_TRY_STEPS = 2_000;

/** What one request, or one of its alternatives, asks for. */
type Wish = Pick<
  ExactDeviceRequest & DeviceSubRequest,
  "deviceClassName" | "selectors" | "allocationMode" | "count" | "tolerations" | "capacity"
> & { readonly name: string; readonly adminAccess?: boolean };

/** One device to be found: the request it is for, and what it must be. */
interface Slot {
  readonly claim: number;
  readonly request: string;
  readonly wish: Wish;
  readonly fits: readonly Offer[];
}

interface Chosen {
  readonly slot: Slot;
  readonly offer: Offer;
}

/** An expression that costs so much counts as one more step. */
const COST_PER_STEP = 1_000;

/** Whether an expression selects a device (undefined: it costs too much to find out), and what it cost. */
type Selector = (offer: Offer) => { readonly isSelected: boolean | undefined; readonly cost: number };

/** Why a pod's claims can be satisfied nowhere. */
export class ClaimProblem extends Error {}

const wishesOf = ({ name, exactly, firstAvailable = [] }: DeviceRequest): Wish[] =>
  exactly === undefined
    ? firstAvailable.map((one) => ({ ...one, name: `${name}/${one.name}` }))
    : [{ ...exactly, name }];

export class Allocator {
  readonly #selectors = new Map<string, Selector>();
  /** Whether a device is what a request of a claim asks for, by all three. */
  readonly #wanted = new Map<string, boolean>();
  #stepsLeft: number = LIMITS.deviceSteps;

  constructor(
    readonly inventory: Inventory,
    readonly claims: readonly ResourceClaim[],
  ) {
    for (const { spec } of claims) {
      for (const request of spec.devices?.requests ?? []) {
        for (const { deviceClassName, name } of wishesOf(request)) {
          if (inventory.deviceClass(deviceClassName) !== undefined) continue;
          throw new ClaimProblem(`request ${name}: device class ${deviceClassName} does not exist`);
        }
      }
    }
  }

  /** The allocation of each claim on a node; undefined if there is none. @throws ClaimProblem if a selector fails */
  on(node: NodeInfo): AllocationResult[] | undefined {
    const offers = this.inventory.offersOn(node);
    for (const slots of this.#variants(node, offers, 0, [])) {
      if (!this.#step()) return undefined;
      const chosen = this.#search(slots);
      if (chosen !== undefined) return this.claims.map((claim, n) => this.#result(claim, chosen, n, node));
    }
    return undefined;
  }

  /** Every way to choose among alternatives, the first ones first; each with its slots. */
  *#variants(
    node: NodeInfo,
    offers: readonly Offer[],
    index: number,
    slots: readonly Slot[],
  ): Generator<readonly Slot[]> {
    const all = this.claims.flatMap(({ spec }, claim) =>
      (spec.devices?.requests ?? []).map((request) => ({ claim, request })),
    );
    const next = all[index];
    if (next === undefined) {
      yield slots;
      return;
    }
    for (const wish of wishesOf(next.request)) {
      if (!this.#step()) return;
      const added = this.#slotsFor(next.claim, wish, node, offers);
      if (added !== undefined) yield* this.#variants(node, offers, index + 1, [...slots, ...added]);
    }
  }

  /** One slot per device a wish wants; undefined if there cannot be enough. */
  #slotsFor(claim: number, wish: Wish, node: NodeInfo, offers: readonly Offer[]): Slot[] | undefined {
    const matching = offers.filter((offer) => this.#isWanted(claim, wish, offer));
    const isFree = ({ id }: Offer): boolean => wish.adminAccess === true || !this.inventory.taken.has(id);
    const slot = (fits: readonly Offer[]): Slot => ({ claim, request: wish.name, wish, fits });
    if (wish.allocationMode === "All") {
      if (matching.length === 0 || matching.length > RESULTS_MAX) return undefined;
      if (this.inventory.lacksSlices(node) || !matching.every(isFree)) return undefined;
      return matching.map((offer) => slot([offer]));
    }
    const free = matching.filter(isFree);
    const count = wish.count ?? 1;
    return free.length < count ? undefined : Array.from({ length: count }, () => slot(free));
  }

  /** Asked once for each device: one that many nodes can use is the same for all of them. */
  #isWanted(claim: number, wish: Wish, offer: Offer): boolean {
    const id = `${claim} ${wish.name} ${offer.id}`;
    let isWanted = this.#wanted.get(id);
    if (isWanted === undefined) {
      isWanted = this.#step() && this.#fits(wish, offer);
      this.#wanted.set(id, isWanted);
    }
    return isWanted;
  }

  #fits(wish: Wish, offer: Offer): boolean {
    if (offer.device.allowMultipleAllocations === true) return false;
    const { spec } = this.inventory.deviceClass(wish.deviceClassName) ?? { spec: { selectors: [] } };
    const isSelected = [...(spec.selectors ?? []), ...(wish.selectors ?? [])].every((one) => this.#selects(one, offer));
    return isSelected && isLargeEnough(wish, offer) && isTolerated(wish.tolerations ?? [], offer.device.taints ?? []);
  }

  /** False once the search has gone on for too long. */
  #step(): boolean {
    this.#stepsLeft -= 1;
    return this.#stepsLeft >= 0;
  }

  #selects({ cel }: DeviceSelector, offer: Offer): boolean {
    const expression = cel?.expression ?? "";
    let selects = this.#selectors.get(expression);
    if (selects === undefined) {
      selects = selectorFrom(expression);
      this.#selectors.set(expression, selects);
    }
    const { isSelected, cost } = selects(offer);
    this.#stepsLeft -= Math.floor(cost / COST_PER_STEP);
    // One that costs more than it may would do so for every further device.
    if (isSelected === undefined) this.#stepsLeft = 0;
    return isSelected === true;
  }

  /** Fills the slots in the order of the requests; if that takes too long, those with the least choice first. */
  #search(slots: readonly Slot[]): readonly Chosen[] | undefined {
    const found = this.#fill(slots, FIRST_TRY_STEPS);
    if (found !== "tired") return found;
    const sorted = [...slots].sort((a, b) => a.fits.length - b.fits.length);
    const again = this.#fill(sorted, LIMITS.deviceSteps);
    return again === "tired" ? undefined : again;
  }

  /** Fills the slots one after the other, in so many steps at most. */
  #fill(slots: readonly Slot[], steps: number): readonly Chosen[] | undefined | "tired" {
    const chosen: Chosen[] = [];
    let left = steps;
    const fill = (index: number): boolean => {
      const slot = slots[index];
      if (slot === undefined) return true;
      for (const offer of slot.fits) {
        left -= 1;
        if (left < 0 || !this.#step()) return false;
        if (!this.#isOpen(chosen, slot, offer)) continue;
        chosen.push({ slot, offer });
        const isEnough = offer.device.consumesCounters === undefined || this.#countersSuffice(chosen);
        if (isEnough && fill(index + 1)) return true;
        chosen.pop();
      }
      return false;
    };
    if (fill(0)) return chosen;
    return left < 0 ? "tired" : undefined;
  }

  /** Whether a device may be added to those chosen: nobody else has it, and the claim's constraints hold. */
  #isOpen(chosen: readonly Chosen[], slot: Slot, offer: Offer): boolean {
    const { wish, claim } = slot;
    if (
      wish.adminAccess !== true &&
      chosen.some((one) => one.offer.id === offer.id && one.slot.wish.adminAccess !== true)
    ) {
      return false;
    }
    const concerns = (requests: readonly string[], name: string): boolean =>
      requests.length === 0 || requests.includes(name) || requests.includes(name.slice(0, name.indexOf("/")));
    for (const { requests = [], matchAttribute, distinctAttribute } of this.claims[claim]?.spec.devices?.constraints ??
      []) {
      if (!concerns(requests, slot.request)) continue;
      const peers = chosen.filter((one) => one.slot.claim === claim && concerns(requests, one.slot.request));
      if (matchAttribute !== undefined) {
        const value = attributeText(offer, matchAttribute);
        if (value === undefined || peers.some((one) => attributeText(one.offer, matchAttribute) !== value))
          return false;
      }
      if (distinctAttribute !== undefined) {
        const value = attributeText(offer, distinctAttribute);
        if (value === undefined || peers.some((one) => attributeText(one.offer, distinctAttribute) === value))
          return false;
      }
    }
    return true;
  }

  /** Whether the counters that devices share are enough for those chosen and those set aside before. */
  #countersSuffice(chosen: readonly Chosen[]): boolean {
    for (const { slices } of this.inventory.pools) {
      const ids = new Set(chosen.map(({ offer }) => offer.id));
      const used = new Map<string, Quantity>();
      for (const slice of slices) {
        for (const device of slice.spec.devices ?? []) {
          const id = `${slice.spec.driver}/${slice.spec.pool.name}/${device.name}`;
          if (!ids.has(id) && !this.inventory.taken.has(id)) continue;
          for (const [name, amount] of countersOf({ id, device, slice }))
            used.set(name, add(used.get(name) ?? "0", amount));
        }
      }
      const offered = new Map<string, QuantityLike>();
      for (const { spec } of slices) {
        for (const { name, counters } of spec.sharedCounters ?? []) {
          for (const [counter, { value }] of Object.entries(counters)) offered.set(`${name}/${counter}`, String(value));
        }
      }
      for (const [name, amount] of used) if (cmp(amount, offered.get(name) ?? "0") > 0) return false;
    }
    return true;
  }

  #result({ spec }: ResourceClaim, chosen: readonly Chosen[], index: number, node: NodeInfo): AllocationResult {
    const mine = chosen.filter(({ slot }) => slot.claim === index);
    const results = mine.map(({ slot, offer }): DeviceRequestAllocationResult => {
      const { driver, pool } = offer.slice.spec;
      const { tolerations = [], adminAccess } = slot.wish;
      return {
        request: slot.request,
        driver,
        pool: pool.name,
        device: offer.device.name,
        ...(adminAccess === true && { adminAccess }),
        ...(tolerations.length > 0 && { tolerations }),
      };
    });
    const ofClasses = mine.flatMap(({ slot }) =>
      (this.inventory.deviceClass(slot.wish.deviceClassName)?.spec.config ?? []).map((one) => ({
        source: "FromClass",
        requests: [slot.request],
        ...one,
      })),
    );
    const config = [...ofClasses, ...(spec.devices?.config ?? []).map((one) => ({ source: "FromClaim", ...one }))];
    const isLocal = mine.some(({ offer }) => offer.slice.spec.allNodes !== true);
    const here = { key: "metadata.name", operator: "In", values: [node.name] };
    return {
      devices: { results, ...(config.length > 0 && { config }) },
      ...(isLocal && { nodeSelector: { nodeSelectorTerms: [{ matchFields: [here] }] } }),
    };
  }
}

/** @throws ClaimProblem at the first device for which the expression fails */
function selectorFrom(expression: string): Selector {
  const program = compileDeviceSelector(expression);
  if (typeof program === "string") throw new ClaimProblem(program);
  const domains = [...expression.matchAll(/\[\s*["']([^"']+)["']\s*\]/g)].map(([, domain = ""]) => domain);
  return (offer) => {
    try {
      const { value, cost } = program.run(() => toCel(deviceValue(offer, domains), DEVICE_TYPE));
      return { isSelected: value === true, cost };
    } catch (error) {
      if (error instanceof CostError) return { isSelected: undefined, cost: 0 };
      if (!(error instanceof RunError)) throw error;
      throw new ClaimProblem(`device ${offer.id}: CEL runtime error: ${error.message}`);
    }
  };
}

function isLargeEnough({ capacity }: Wish, { device }: Offer): boolean {
  return Object.entries(capacity?.requests ?? {}).every(([name, wanted]) => {
    const offered = device.capacity?.[name]?.value;
    return offered !== undefined && cmp(String(offered), String(wanted)) >= 0;
  });
}

/** Taints without effect on whoever comes are no obstacle. */
function isTolerated(tolerations: readonly DeviceToleration[], taints: readonly DeviceTaint[]): boolean {
  return taints.every(
    (taint) => taint.effect === "None" || tolerations.some((one) => toleratesDeviceTaint(one, taint)),
  );
}
