/**
 * Which annotations of an Ingress the controller obeys, which change nothing a client could see, and which it must
 * own up to not obeying.
 *
 * Models the list of annotations of ingress-nginx.
 */
import type { Ingress } from "#kernel/api/types.gen";

export const ANNOTATION_PREFIX = "nginx.ingress.kubernetes.io/";

/** Annotations of an Ingress without the controller's prefix. */
export type Annotations = Readonly<Record<string, string>>;

/** The controller's annotations of an Ingress. */
export function annotationsOf({ metadata }: Ingress): Annotations {
  const all = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(
    all
      .filter(([name]) => name.startsWith(ANNOTATION_PREFIX))
      .map(([name, value]) => [name.slice(ANNOTATION_PREFIX.length), value]),
  );
}

const OBEYED = new Set([
  ...["rewrite-target", "use-regex", "app-root", "server-alias", "upstream-vhost", "x-forwarded-prefix"],
  ...["ssl-redirect", "force-ssl-redirect", "preserve-trailing-slash"],
  ...["permanent-redirect", "permanent-redirect-code", "temporal-redirect", "temporal-redirect-code"],
  ...["canary", "canary-weight", "canary-weight-total", "canary-by-cookie"],
  ...["canary-by-header", "canary-by-header-value", "canary-by-header-pattern"],
  ...["affinity", "affinity-mode", "affinity-canary-behavior", "session-cookie-name", "session-cookie-path"],
  ...["session-cookie-expires", "session-cookie-max-age", "session-cookie-samesite", "session-cookie-secure"],
  ...["session-cookie-domain", "session-cookie-change-on-failure", "session-cookie-conditional-samesite-none"],
  ...["auth-type", "auth-secret", "auth-secret-type", "auth-realm"],
  ...["whitelist-source-range", "allowlist-source-range", "denylist-source-range"],
  ...["enable-cors", "cors-allow-origin", "cors-allow-methods", "cors-allow-headers", "cors-expose-headers"],
  ...["cors-allow-credentials", "cors-max-age"],
  ...["limit-rps", "limit-rpm", "limit-burst-multiplier", "limit-whitelist", "limit-allowlist", "satisfy"],
  ...["auth-url", "auth-method", "auth-signin", "auth-signin-redirect-param", "auth-response-headers"],
  ...["auth-request-redirect", "auth-tls-secret", "auth-tls-verify-client", "auth-tls-verify-depth"],
  ...["default-backend", "custom-http-errors", "from-to-www-redirect", "upstream-hash-by", "proxy-next-upstream"],
  ...["proxy-redirect-from", "proxy-redirect-to", "proxy-cookie-domain", "proxy-cookie-path"],
  ...["mirror-target", "mirror-request-body"],
  ...["proxy-body-size", "proxy-read-timeout", "proxy-next-upstream-tries", "service-upstream", "backend-protocol"],
]);

/** They tune what has no size or speed here. */
const HARMLESS = new Set([
  ...["proxy-buffering", "proxy-buffers-number", "proxy-buffer-size", "proxy-busy-buffers-size"],
  ...["proxy-max-temp-file-size", "proxy-request-buffering", "client-body-buffer-size", "proxy-http-version"],
  ...["proxy-connect-timeout", "proxy-send-timeout", "proxy-next-upstream-timeout", "load-balance"],
  ...["enable-access-log", "enable-rewrite-log", "enable-opentelemetry", "enable-opentracing"],
  ...["auth-cache-key", "auth-cache-duration", "auth-keepalive", "auth-keepalive-requests", "auth-keepalive-timeout"],
  ...["auth-keepalive-share-vars", "upstream-hash-by-subset", "upstream-hash-by-subset-size"],
  ...["connection-proxy-header", "http2-push-preload", "ssl-ciphers", "ssl-prefer-server-ciphers"],
]);

const PROTOCOLS = ["HTTP", "AUTO_HTTP"];

/** What an Ingress asks for that is not simulated, one sentence each. */
export function unsimulatedAnnotations(ingress: Ingress): readonly string[] {
  const annotations = annotationsOf(ingress);
  const told: string[] = [];
  for (const [name, value] of Object.entries(annotations)) {
    const full = `${ANNOTATION_PREFIX}${name}`;
    if (!OBEYED.has(name) && !HARMLESS.has(name)) told.push(`annotation ${full} is not simulated and has no effect`);
    else if (name === "backend-protocol" && !PROTOCOLS.includes(value.toUpperCase())) {
      told.push(`annotation ${full}: ${value} is not simulated, requests go on as HTTP`);
    } else if (name === "auth-type" && value !== "basic") {
      told.push(`annotation ${full}: ${value} is not simulated, every request is refused`);
    } else if (name === "affinity" && value !== "cookie") {
      told.push(`annotation ${full}: ${value} is no affinity and has no effect`);
    }
  }
  return told;
}
