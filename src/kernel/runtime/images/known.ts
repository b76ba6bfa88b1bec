/**
 * Sizes and ports of well-known images whose inside is not simulated.
 */
import type { Use } from "#kernel/runtime/process/program";

interface Known {
  readonly sizeBytes: number;
  readonly port?: number;
  /** What its main process takes of the machine. */
  readonly use?: Use;
}

const MB = 1_000_000;

/** MiB of memory, thousandths of a core while idle, milliseconds of CPU per request. */
const takes = (mebibytes: number, cpuMillis: number, requestCpuMs: number): Use => ({
  memoryBytes: mebibytes * 2 ** 20,
  cpuMillis,
  requestCpuMs,
});

const KNOWN: Readonly<Record<string, Known>> = {
  mysql: { sizeBytes: 172 * MB, port: 3306, use: takes(390, 6, 1) },
  mariadb: { sizeBytes: 118 * MB, port: 3306, use: takes(110, 2, 1) },
  postgres: { sizeBytes: 156 * MB, port: 5432, use: takes(45, 2, 1) },
  mongo: { sizeBytes: 262 * MB, port: 27017, use: takes(180, 6, 1) },
  memcached: { sizeBytes: 32 * MB, port: 11211, use: takes(4, 1, 0.1) },
  rabbitmq: { sizeBytes: 98 * MB, port: 5672, use: takes(140, 8, 1) },
  wordpress: { sizeBytes: 236 * MB, port: 80, use: takes(75, 1, 25) },
  node: { sizeBytes: 397 * MB, use: takes(45, 1, 2) },
  python: { sizeBytes: 366 * MB, use: takes(22, 1, 4) },
  golang: { sizeBytes: 302 * MB, use: takes(12, 0, 1) },
  haproxy: { sizeBytes: 41 * MB, use: takes(75, 1, 0.2) },
  traefik: { sizeBytes: 50 * MB, port: 80, use: takes(35, 2, 0.5) },
  tomcat: { sizeBytes: 170 * MB, port: 8080, use: takes(190, 3, 3) },
  registry: { sizeBytes: 10 * MB, port: 5000, use: takes(14, 1, 1) },
  "elasticsearch/elasticsearch": { sizeBytes: 640 * MB, port: 9200, use: takes(1250, 20, 5) },
  "prom/prometheus": { sizeBytes: 115 * MB, port: 9090, use: takes(65, 6, 3) },
  "grafana/grafana": { sizeBytes: 140 * MB, port: 3000, use: takes(75, 4, 5) },
};

/** What is known of an image by its reference or repository. */
export function known(image: string): Known | undefined {
  const path = image
    .replace(/@.*$/, "")
    .replace(/:[^/]*$/, "")
    .replace(/^(index\.)?docker\.io\//, "")
    .replace(/^library\//, "");
  return Object.hasOwn(KNOWN, path) ? KNOWN[path] : undefined;
}
