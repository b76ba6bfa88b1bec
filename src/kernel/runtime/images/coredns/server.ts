/**
 * What a server block is set up to do: one value for each plugin that changes answers, logs or ports.
 *
 * Models the setup functions of CoreDNS's plugins.
 */
import type { RewriteRule } from "#kernel/runtime/images/coredns/rewrite";
import type { Template } from "#kernel/runtime/images/coredns/template";
import type { ZoneView } from "#kernel/runtime/world";

/** Zones for which a plugin that knows nothing lets the next one answer. */
export type Fallthrough = readonly string[];

export interface Hosts {
  /** A file of more of them; undefined if there is none. */
  readonly path: string;
  readonly zones: readonly string[];
  readonly entries: readonly (readonly [ip: string, name: string])[];
  readonly ttl: number;
  readonly hasReverse: boolean;
  readonly fallthrough: Fallthrough;
}

export interface Forward {
  readonly zone: string;
  /** Servers as ADDRESS or ADDRESS:PORT, or a file with nameservers. */
  readonly to: readonly string[];
  readonly except: readonly string[];
}

export interface Kubernetes extends ZoneView {
  readonly zones: readonly string[];
  readonly fallthrough: Fallthrough;
}

export interface Cache {
  readonly zones: readonly string[];
  /** Seconds that an answer, or that there is none, is kept at most; 0 = not at all. */
  readonly successTtl: number;
  readonly denialTtl: number;
  readonly notSuccess: readonly string[];
  readonly notDenial: readonly string[];
}

export interface Server {
  /** Without their last dot; "" is everything. */
  readonly zones: readonly string[];
  readonly port: number;
  isLogged: boolean;
  isAnyRefused: boolean;
  isShuffled: boolean;
  /** Seconds between two looks at the file. */
  reload?: number;
  health?: number;
  ready?: number;
  metrics?: number;
  cache?: Cache;
  readonly rewrites: RewriteRule[];
  readonly templates: Template[];
  hosts?: Hosts;
  kubernetes?: Kubernetes;
  readonly forwards: Forward[];
  readonly blocked: {
    readonly isAllowed: boolean;
    readonly types: readonly string[];
    readonly nets: readonly string[];
  }[];
}

/** Whether a name is in a zone. */
export const isIn = (name: string, zone: string): boolean => zone === "" || name === zone || name.endsWith(`.${zone}`);

/** A zone as written: without scheme, port and last dot; a network in CIDR form is its reverse zone. */
export function zoneOf(text: string): string {
  const bare = text.replace(/^\w+:\/\//, "");
  const net = /^(\d+)\.(\d+)\.(\d+)\.\d+\/(8|16|24)(?::\d+)?$/.exec(bare);
  if (net !== null) {
    const octets = net.slice(1, 1 + Number(net[4]) / 8).reverse();
    return `${octets.join(".")}.in-addr.arpa`;
  }
  return bare.replace(/:\d+$/, "").replace(/\.$/, "").toLowerCase();
}
