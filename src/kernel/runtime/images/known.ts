/**
 * Sizes and ports of well-known images whose inside is not simulated.
 */
interface Known {
  readonly sizeBytes: number;
  readonly port?: number;
}

const MB = 1_000_000;
const KNOWN: Readonly<Record<string, Known>> = {
  mysql: { sizeBytes: 172 * MB, port: 3306 },
  mariadb: { sizeBytes: 118 * MB, port: 3306 },
  postgres: { sizeBytes: 156 * MB, port: 5432 },
  mongo: { sizeBytes: 262 * MB, port: 27017 },
  memcached: { sizeBytes: 32 * MB, port: 11211 },
  rabbitmq: { sizeBytes: 98 * MB, port: 5672 },
  wordpress: { sizeBytes: 236 * MB, port: 80 },
  node: { sizeBytes: 397 * MB },
  python: { sizeBytes: 366 * MB },
  golang: { sizeBytes: 302 * MB },
  haproxy: { sizeBytes: 41 * MB },
  traefik: { sizeBytes: 50 * MB, port: 80 },
  tomcat: { sizeBytes: 170 * MB, port: 8080 },
  registry: { sizeBytes: 10 * MB, port: 5000 },
  "elasticsearch/elasticsearch": { sizeBytes: 640 * MB, port: 9200 },
  "prom/prometheus": { sizeBytes: 115 * MB, port: 9090 },
  "grafana/grafana": { sizeBytes: 140 * MB, port: 3000 },
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
