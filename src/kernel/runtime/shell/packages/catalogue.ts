/**
 * The packages that can be installed: those whose programs are simulated, by their names in Debian and in Alpine.
 */

export type Distribution = "debian" | "alpine";

/** One package of a distribution. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Size of the download and once unpacked, in kB. */
  readonly archiveKB: number;
  readonly installedKB: number;
  /** Names of programs by the path they are installed under. */
  readonly programs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/** Names in Debian, names in Alpine, versions of each, sizes, what it brings, what it is. */
type Row = readonly [
  debian: string,
  alpine: string,
  versions: readonly [debian: string, alpine: string],
  sizes: readonly [archiveKB: number, installedKB: number],
  tools: string,
  summary: string,
];

const ROWS: readonly Row[] = [
  [
    "curl",
    "curl",
    ["8.14.1-2", "8.14.1-r1"],
    [269, 505],
    "curl",
    "command line tool for transferring data with URL syntax",
  ],
  ["wget", "wget", ["1.25.0-2", "1.25.0-r1"], [984, 3_784], "wget", "retrieves files from the web"],
  [
    "procps",
    "procps procps-ng",
    ["2:4.0.4-9", "4.0.4-r3"],
    [882, 2_397],
    "ps top free pgrep pkill watch uptime sysctl",
    "/proc file system utilities",
  ],
  [
    "iputils-ping",
    "iputils iputils-ping",
    ["3:20240905-3", "20240905-r0"],
    [51, 144],
    "ping",
    "Tools to test the reachability of network hosts",
  ],
  ["inetutils-ping", "", ["2:2.6-3", ""], [120, 380], "ping", "ICMP echo tool"],
  [
    "dnsutils bind9-dnsutils",
    "bind-tools",
    ["1:9.20.11-4", "9.20.11-r0"],
    [163, 1_034],
    "dig nslookup host",
    "Clients provided with BIND 9",
  ],
  ["bind9-host", "", ["1:9.20.11-4", ""], [51, 142], "host", "DNS Lookup Utility"],
  ["net-tools", "net-tools", ["2.10-1.3", "2.10-r3"], [243, 960], "ifconfig netstat", "NET-3 networking toolkit"],
  ["iproute2", "iproute2", ["6.15.0-1", "6.15.0-r0"], [1_135, 3_900], "ip", "networking and traffic control tools"],
  [
    "netcat netcat-openbsd netcat-traditional ncat",
    "netcat-openbsd nmap-ncat",
    ["1.229-1", "1.229.1-r0"],
    [43, 110],
    "nc",
    "TCP/IP swiss army knife",
  ],
  ["bash", "bash", ["5.2.37-2", "5.2.37-r0"], [1_500, 7_200], "bash", "GNU Bourne Again SHell"],
  ["stress", "stress", ["1.0.7-1", ""], [20, 60], "stress", "tool to impose load on and stress test a computer system"],
  [
    "stress-ng",
    "stress-ng",
    ["0.19.02-1", "0.19.02-r0"],
    [2_200, 12_000],
    "stress-ng",
    "tool to load and stress a computer",
  ],
  [
    "gettext-base",
    "gettext gettext-envsubst",
    ["0.23.1-2", "0.24.1-r0"],
    [250, 800],
    "envsubst",
    "GNU Internationalization utilities",
  ],
  ["jq", "jq", ["1.7.1-6", "1.8.0-r0"], [77, 175], "jq", "lightweight and flexible command-line JSON processor"],
  ["xxd", "xxd", ["2:9.1.1230-2", "9.1.1415-r0"], [95, 200], "xxd", "tool to make (or reverse) a hex dump"],
  [
    "redis-tools redis",
    "redis",
    ["5:8.0.2-3", "8.0.4-r0"],
    [1_200, 6_000],
    "redis-cli",
    "Persistent key-value database with network interface",
  ],
  [
    "default-mysql-client mysql-client mariadb-client",
    "mysql-client mariadb-client",
    ["1:11.8.3", "11.4.8-r0"],
    [3_200, 25_000],
    "mysql mysqladmin",
    "database client",
  ],
  [
    "postgresql-client",
    "postgresql-client postgresql17-client",
    ["17+278", "17.6-r0"],
    [2_000, 7_500],
    "psql pg_isready",
    "front-end programs for PostgreSQL",
  ],
  ["ca-certificates", "ca-certificates", ["20250419", "20250619-r0"], [162, 390], "", "Common CA certificates"],
  ["tzdata", "tzdata", ["2025b-4", "2025b-r0"], [259, 1_400], "", "time zone and daylight-saving time data"],
  ["coreutils", "coreutils", ["9.7-3", "9.7-r1"], [3_000, 18_000], "", "GNU core utilities"],
  ["apt-utils", "", ["3.0.3", ""], [306, 1_000], "", "package management related utility programs"],
];

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

function packagesOf(distribution: Distribution): ReadonlyMap<string, Package> {
  const found = new Map<string, Package>();
  for (const [debian, alpine, [debianVersion, alpineVersion], [archiveKB, installedKB], tools, summary] of ROWS) {
    const programs = Object.fromEntries(
      words(tools).map((tool) => [`/usr/bin/${tool}`, tool === "bash" ? "sh" : tool]),
    );
    const [names, version] = distribution === "debian" ? [debian, debianVersion] : [alpine, alpineVersion];
    if (version === "") continue;
    for (const name of words(names)) {
      found.set(name, { name, version, archiveKB, installedKB, programs, summary });
    }
  }
  return found;
}

/** What each distribution's archive has, by name. */
export const CATALOGUES: Readonly<Record<Distribution, ReadonlyMap<string, Package>>> = {
  debian: packagesOf("debian"),
  alpine: packagesOf("alpine"),
};
