/**
 * What a simulated container may reach: the present, entropy, its cells, and the network around it.
 */
import type { Client } from "#kernel/registry/client";
import type { Entropy } from "#kernel/sim/entropy";
import type { Instant } from "#kernel/sim/instant";
import type { Cells } from "#kernel/store/cells";

/** A simulated HTTP request as a server sees it. Header names are lower case; the body is text. */
export interface HttpRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Address of the client as the server sees it (after any translation of addresses on the way). */
  readonly remoteAddress?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /**
   * How long it took in virtual time, beyond nothing: a server that thinks says so here, and the network adds what the
   * way takes. Whoever asked waits so long before it sees the answer.
   */
  readonly delayMs?: number;
  /** With 101: the connection to another server that goes on with this one, byte for byte. */
  readonly onward?: string;
}

/** How packets travel. */
export type Transport = "TCP" | "UDP" | "SCTP";

/** An address to connect to: `host` is a name or an address; TCP unless it says otherwise. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly protocol?: Transport;
  /**
   * The client's pool of connections: requests of one pool go on to whoever answered the last one, as long as that
   * connection can be kept. Absent: each request opens a connection of its own.
   */
  readonly pool?: string;
}

/** A question to a name server; the name is whole, without its last dot. */
export interface DnsQuestion {
  readonly name: string;
  /** `A`, `AAAA`, `SRV`, `PTR`, `CNAME`, `TXT`, `NS`, `SOA`, `MX`, `ANY`. */
  readonly type: string;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  /** As dig prints it: names with their last dot. */
  readonly data: string;
}

/** What a name server says: no answers and NOERROR means that the name is there, but has no record of this type. */
export interface DnsAnswer {
  readonly status: "NOERROR" | "NXDOMAIN" | "SERVFAIL" | "REFUSED";
  readonly isAuthoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
}

/** How a name server sees the cluster's own zone. */
export interface ZoneView {
  /** The cluster's domain as it is asked for. */
  readonly domain: string;
  readonly zones: readonly string[];
  /** Whether names of addresses below `pod.` are there: never, always, or if a pod has the address. */
  readonly pods: "disabled" | "insecure" | "verified";
  readonly ttl: number;
  /** Endpoints are named after their pods. */
  readonly hasPodNames: boolean;
  /** The namespaces it shows; empty = all. */
  readonly namespaces: readonly string[];
  /** Names of single endpoints are there. */
  readonly hasEndpoints: boolean;
  /** A headless Service without endpoints is not there. */
  readonly ignoresEmpty: boolean;
}

/** Why no answer came: nobody listens, nobody is there, the name is unknown, the connection broke. */
export type NetFailure = "refused" | "timeout" | "unreachable" | "nxdomain" | "reset";

/** Where a connection comes from: a container in a pod, a node, or the world outside the cluster. */
export interface Origin {
  readonly kind: "pod" | "node" | "outside";
  /** Namespace and name of the pod, or the node's name. */
  readonly namespace?: string;
  readonly name?: string;
  readonly ip?: string;
}

/** The network as seen from an origin; implemented by #kernel/network. */
export interface Net {
  /** `host` is a name or an address. */
  http(from: Origin, target: Address, request: HttpRequest): HttpResponse | NetFailure;
  /** Whether a connection would be accepted; for UDP, whether nobody says that the port is closed. */
  connect(from: Origin, target: Address): "open" | NetFailure;
  /** Opens a connection that lasts: its id. #kernel/runtime/connections reads, writes and closes it. */
  dial(from: Origin, target: Address, end: ClientEnd): { readonly connection: string } | NetFailure;
  /** Asks for a connection to become another protocol's: the connection if it did, and what was answered. */
  upgrade(from: Origin, target: Address, request: HttpRequest, end: ClientEnd): Upgraded | NetFailure;
  /** What the cluster's Ingresses do with a request that came to a controller's pod: the answer, and who gave it. */
  ingress(port: number, request: HttpRequest): IngressTrace;
  /** Whether a host answers an echo request (ICMP). */
  ping(from: Origin, host: string): "open" | NetFailure;
  /** How long a packet travels to an address and back beyond nothing, in milliseconds of virtual time. */
  roundTripMs(from: Origin, target: Address): number;
  /** Addresses (IPv4) of a name; empty = there is none. */
  resolve(from: Origin, name: string): readonly string[];
  /** What the name server at an address says; on port 53 unless told otherwise. */
  query(from: Origin, server: string, question: DnsQuestion, port?: number): DnsAnswer | NetFailure;
  /** What the cluster's objects say of a name (`cluster.local` or in reverse); undefined if it is not there. */
  records(
    question: DnsQuestion,
    view: ZoneView,
    follow: (question: DnsQuestion) => readonly DnsRecord[],
  ): readonly DnsRecord[] | undefined;
}

/** What became of a request for another protocol: with 101 there is a connection. */
export interface Upgraded {
  readonly answer: HttpResponse;
  readonly connection?: string;
}

/** A request as an ingress controller logs it. */
export interface IngressTrace {
  readonly answer: HttpResponse;
  /** The upstream by its name (`default-web-80`), and its server; absent: the controller answered itself. */
  readonly upstream?: string;
  readonly server?: string;
}

/** The client's end of a connection: a process of a container, or somebody who fetches what came. */
export interface ClientEnd {
  readonly container?: string;
  /** Who fetches it, `holder/name`. */
  readonly holder?: string;
}

export interface World {
  readonly client: Client;
  readonly now: Instant;
  readonly entropy: Entropy;
  readonly cells: Cells;
  readonly net: Net;
}
