/**
 * The configuration of a Redis server: its defaults, a file, and options of the command line.
 *
 * Models src/config.c of Redis.
 */
export type Config = Readonly<Record<string, string>>;

const DEFAULTS: Config = {
  appendonly: "no",
  bind: "* -::*",
  databases: "16",
  dir: "/data",
  loglevel: "notice",
  maxmemory: "0",
  "maxmemory-policy": "noeviction",
  port: "6379",
  "protected-mode": "no",
  replicaof: "",
  requirepass: "",
  save: "3600 1 300 100 60 10000",
  timeout: "0",
};

const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1e3, kb: 1_024, m: 1e6, mb: 1_048_576, g: 1e9 };

/** Settings over others, memory sizes in bytes. */
export function withSettings(config: Config, settings: readonly (readonly [name: string, value: string])[]): Config {
  const entries = settings.map(([name, value]) => {
    const key = name.toLowerCase() === "slaveof" ? "replicaof" : name.toLowerCase();
    const size = key === "maxmemory" ? /^(\d+)([a-z]*)$/i.exec(value) : null;
    const unit = size?.[2]?.toLowerCase() ?? "";
    if (size === null) return [key, value] as const;
    return [key, String(Number(size[1]) * (unit === "gb" ? 1_073_741_824 : (UNITS[unit] ?? 1)))] as const;
  });
  return { ...config, ...Object.fromEntries(entries) };
}

/** The settings of a configuration file. */
export function fileSettings(text: string): [string, string][] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", value = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
      return [name, value.replace(/^"(.*)"$/, "$1")];
    });
}

/** The configuration file a command line names, and its `--name value` options. */
export function argumentsOf(argv: readonly string[]): { file?: string; settings: [string, string][] } {
  const args = argv.slice(1);
  const file = args[0]?.startsWith("-") === false ? args.shift() : undefined;
  const settings: [string, string][] = [];
  for (const arg of args) {
    const last = settings.at(-1);
    if (arg.startsWith("--")) settings.push([arg.slice(2), ""]);
    else if (last !== undefined) last[1] = last[1] === "" ? arg : `${last[1]} ${arg}`;
  }
  return { settings, ...(file === undefined ? {} : { file }) };
}

export const DEFAULT_CONFIG: Config = DEFAULTS;
