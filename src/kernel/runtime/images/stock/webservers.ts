/**
 * Proxies and application servers: Traefik, HAProxy, Envoy, Caddy, Tomcat, Jetty, Varnish, Squid.
 *
 * Leaves out what their configuration would have them forward: the page they answer says so.
 */
import {
  asJson,
  front,
  goMetrics,
  isoDate,
  releaseOf,
  type Stock,
  sendsTo,
  stocked,
} from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** Why a server without its configuration file does not start. */
const needsFile =
  (path: string, why: (path: string, task: Task) => string) =>
  (task: Task): string | undefined =>
    typeof task.readFile(path) === "string" ? undefined : why(path, task);

const caddyLine = (task: Task, msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: "info", ts: task.now / 1_000, msg, ...more })}\n`;

const caddy: Stock = {
  repositories: ["docker.io/library/caddy", "public.ecr.aws/docker/library/caddy"],
  megabytes: 21,
  flavor: "busybox",
  config: {
    cmd: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
    env: { CADDY_VERSION: "v2.10.2", XDG_CONFIG_HOME: "/config", XDG_DATA_HOME: "/data" },
    ports: [80, 443, 2019],
    workingDir: "/srv",
  },
  files: {
    "/etc/caddy/Caddyfile": ":80 {\n\troot * /usr/share/caddy\n\tfile_server\n}\n",
    "/usr/share/caddy/index.html":
      "<!DOCTYPE html>\n<html>\n<head><title>Caddy works!</title></head>\n<body><h1>Caddy works!</h1></body>\n</html>\n",
    "/config/": "",
    "/data/": "",
  },
  programs: [
    {
      path: "/usr/bin/caddy",
      ports: [80, 443, 2019],
      isDeclared: true,
      takes: [14, 1, 0.3],
      says: (task) =>
        caddyLine(task, "using config from file", { file: "/etc/caddy/Caddyfile" }) +
        caddyLine(task, "serving initial configuration"),
      answers: { "/metrics": goMetrics("caddy"), "/config/": asJson({}) },
      otherwise: (task, visit) => {
        const root = `/usr/share/caddy${visit.route.endsWith("/") ? `${visit.route}index.html` : visit.route}`;
        const found = task.readFile(root);
        const isThere = typeof found === "string";
        return {
          status: isThere ? 200 : 404,
          headers: { server: "Caddy", "content-type": "text/html; charset=utf-8" },
          body: isThere && visit.method !== "HEAD" ? found : "",
        };
      },
    },
  ],
};

const traefik: Stock = {
  repositories: ["docker.io/library/traefik", "ghcr.io/traefik/traefik", "docker.io/rancher/mirrored-library-traefik"],
  megabytes: 50,
  flavor: "busybox",
  config: { entrypoint: ["/entrypoint.sh"], cmd: ["traefik"], ports: [80] },
  programs: [
    {
      path: "/usr/local/bin/traefik",
      ports: [{ port: 80, flag: "entryPoints.web.address" }],
      isDeclared: true,
      takes: [35, 2, 0.5],
      says: (task) =>
        `${isoDate(task).replace(/\.\d+/, "")} INF Traefik version ${releaseOf(task, "3.6.2")} built on 2025-11-18T10:21:55Z version=${releaseOf(task, "3.6.2")}\n`,
      answers: {
        "/ping": "OK",
        "/api/version": asJson({ Version: "3.6.2" }),
        "/dashboard/": front("Traefik Proxy"),
        "/metrics": goMetrics("traefik"),
      },
    },
  ],
};

const haproxy: Stock = {
  repositories: ["docker.io/library/haproxy", "docker.io/haproxytech/haproxy-alpine"],
  megabytes: 41,
  flavor: "gnu",
  config: {
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["haproxy", "-f", "/usr/local/etc/haproxy/haproxy.cfg"],
    user: 99,
    stopSignal: "SIGUSR1",
  },
  programs: [
    {
      path: "/usr/local/sbin/haproxy",
      ports: [],
      isDeclared: true,
      takes: [75, 1, 0.2],
      needs: needsFile(
        "/usr/local/etc/haproxy/haproxy.cfg",
        (path) =>
          `[NOTICE]   (1) : haproxy version is 3.2.8\n[ALERT]    (1) : config : Cannot open configuration file/directory ${path} : No such file or directory`,
      ),
      says: () => "[NOTICE]   (1) : New worker (8) forked\n[NOTICE]   (1) : Loading success.\n",
      answers: { "/healthz": "", "/stats": front("Statistics Report for HAProxy"), "/metrics": goMetrics("haproxy") },
      otherwise: {
        status: 503,
        type: "text/html",
        body: "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n",
      },
    },
  ],
};

const envoy: Stock = {
  repositories: ["docker.io/envoyproxy/envoy", "docker.io/envoyproxy/envoy-distroless"],
  tags: /^[\w][\w.-]*$/,
  megabytes: 55,
  flavor: "gnu",
  config: { entrypoint: ["/docker-entrypoint.sh"], cmd: ["envoy", "-c", "/etc/envoy/envoy.yaml"], ports: [10_000] },
  files: {
    "/etc/envoy/envoy.yaml": "admin:\n  address:\n    socket_address: { address: 0.0.0.0, port_value: 9901 }\n",
  },
  programs: [
    {
      path: "/usr/local/bin/envoy",
      ports: [10_000, 9901],
      isDeclared: true,
      takes: [30, 2, 0.2],
      says: (task) => {
        const at = `[${isoDate(task).slice(0, 23).replace("T", " ")}][1][info]`;
        return `${at}[main] [source/server/server.cc:452] initializing epoch 0 (base id=0, hot restart version=11.104)\n${at}[main] [source/server/server.cc:1006] starting main dispatch loop\n`;
      },
      answers: {
        "/ready": "LIVE\n",
        "/server_info": asJson({ state: "LIVE", hot_restart_version: "11.104" }),
        "/stats": "server.live: 1\nserver.state: 0\n",
        "/stats/prometheus": "# TYPE envoy_server_live gauge\nenvoy_server_live{} 1\n",
      },
      otherwise: { status: 503, body: "no healthy upstream" },
    },
  ],
};

/** `23-Nov-2026 20:00:00.000 INFO [main] ` */
const catalina = (task: Task): string => {
  const [, day = "", month = "", year = ""] = /(\d+) (\w+) (\d+)/.exec(new Date(task.now).toUTCString()) ?? [];
  return `${day}-${month}-${year} ${isoDate(task).slice(11, 23)} INFO [main] `;
};

const tomcat: Stock = {
  repositories: ["docker.io/library/tomcat", "docker.io/bitnami/tomcat"],
  tags: /^[\w][\w.-]*$/,
  megabytes: 170,
  flavor: "gnu",
  config: {
    cmd: ["catalina.sh", "run"],
    env: {
      CATALINA_HOME: "/usr/local/tomcat",
      JAVA_HOME: "/opt/java/openjdk",
      PATH: "/usr/local/tomcat/bin:/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    },
    ports: [8080],
    workingDir: "/usr/local/tomcat",
  },
  files: { "/usr/local/tomcat/webapps/": "", "/usr/local/tomcat/logs/": "", "/usr/local/tomcat/conf/server.xml": "" },
  programs: [
    {
      path: "/usr/local/tomcat/bin/catalina.sh",
      ports: [8080],
      takes: [190, 3, 3],
      startMs: 1_500,
      says: (task) =>
        `${catalina(task)}org.apache.catalina.startup.VersionLoggerListener.log Server version name:   Apache Tomcat/${releaseOf(task, "11.0.14")}\n` +
        `${catalina(task)}org.apache.coyote.AbstractProtocol.start Starting ProtocolHandler ["http-nio-8080"]\n` +
        `${catalina(task)}org.apache.catalina.startup.Catalina.start Server startup in [612] milliseconds\n`,
      answers: {},
      // The official image deploys no application: its examples lie in webapps.dist.
      otherwise: {
        status: 404,
        type: "text/html;charset=utf-8",
        body: '<!doctype html><html lang="en"><head><title>HTTP Status 404 – Not Found</title></head><body><h1>HTTP Status 404 – Not Found</h1></body></html>',
      },
      endsWith: 143,
    },
  ],
};

const jetty: Stock = {
  repositories: ["docker.io/library/jetty"],
  tags: /^[\w][\w.-]*$/,
  megabytes: 240,
  flavor: "gnu",
  config: { entrypoint: ["/docker-entrypoint.sh"], cmd: ["java", "-jar", "/usr/local/jetty/start.jar"], ports: [8080] },
  programs: [
    {
      path: "/opt/java/openjdk/bin/java",
      links: ["/usr/local/bin/java"],
      ports: [8080],
      takes: [140, 2, 2],
      startMs: 1_000,
      says: (task) =>
        `${isoDate(task).slice(0, 23).replace("T", " ")}:INFO :oejs.Server:main: Started oejs.Server STARTING[12.1.4]\n`,
      answers: {},
      otherwise: {
        status: 404,
        type: "text/html",
        body: "<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404 Not Found</h2></body></html>\n",
      },
      endsWith: 143,
    },
  ],
};

const varnish: Stock = {
  repositories: ["docker.io/library/varnish"],
  tags: /^[\w][\w.-]*$/,
  megabytes: 95,
  flavor: "gnu",
  config: { entrypoint: ["/usr/local/bin/docker-varnish-entrypoint"], ports: [80, 8443] },
  programs: [
    {
      path: "/usr/sbin/varnishd",
      ports: [80, 8443],
      takes: [90, 1, 0.2],
      says: () =>
        "Debug: Version: varnish-8.0.0\nDebug: Platform: Linux,x86_64\nChild (22) Started\nInfo: Child (22) said Child starts\n",
      answers: {},
      otherwise: {
        status: 503,
        type: "text/html; charset=utf-8",
        body: "<!DOCTYPE html>\n<html><head><title>503 Backend fetch failed</title></head><body><h1>Error 503 Backend fetch failed</h1></body></html>\n",
      },
    },
  ],
};

const squid: Stock = {
  repositories: ["docker.io/ubuntu/squid", "docker.io/sameersbn/squid"],
  tags: /^[\w][\w.-]*$/,
  megabytes: 75,
  flavor: "gnu",
  config: { entrypoint: ["entrypoint.sh"], cmd: ["-f", "/etc/squid/squid.conf", "-NYC"], ports: [3128] },
  files: { "/etc/squid/squid.conf": "http_port 3128\n" },
  programs: [
    {
      path: "/usr/sbin/squid",
      ports: [3128],
      takes: [40, 1, 0.3],
      says: (task) =>
        `${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")}| Accepting HTTP Socket connections at conn3 local=[::]:3128\n`,
      answers: {},
      otherwise: {
        status: 400,
        type: "text/html",
        body: "<html><head><title>ERROR: The requested URL could not be retrieved</title></head><body><h1>ERROR</h1></body></html>\n",
      },
    },
  ],
};

/** nginx's own ingress controller, HAProxy's, Kong: gateways that people install besides the one that is built in. */
const gateways: readonly Stock[] = [
  {
    repositories: ["docker.io/nginx/nginx-ingress"],
    megabytes: 110,
    flavor: "gnu",
    config: { entrypoint: ["/nginx-ingress"], ports: [80, 443], user: 101 },
    programs: [
      {
        path: "/nginx-ingress",
        ports: [80, 443, 8081, 9113],
        isDeclared: true,
        takes: [60, 3, 0.3],
        says: (task) => `I${isoDate(task)} NGINX Ingress Controller Version=${releaseOf(task, "5.2.1")}\n`,
        answers: { "/nginx-ready": "Ready", "/metrics": goMetrics("nginx_ingress_controller") },
        otherwise: {
          status: 404,
          type: "text/html",
          body: "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n",
        },
      },
    ],
  },
  {
    repositories: ["docker.io/library/kong", "docker.io/kong/kong-gateway"],
    megabytes: 110,
    flavor: "gnu",
    config: {
      entrypoint: ["/entrypoint.sh"],
      cmd: ["kong", "docker-start"],
      ports: [8000, 8443, 8001, 8444, 8100],
      user: 1000,
    },
    programs: [
      {
        path: "/usr/local/bin/kong",
        ports: [8000, 8443, 8001, 8444, 8100],
        isDeclared: true,
        takes: [220, 3, 0.5],
        says: (task) =>
          `${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")} [notice] 1#0: using the "epoll" event method\n`,
        answers: {
          "/status": asJson({ database: { reachable: true } }),
          "/status/ready": asJson({ message: "ready" }),
          "/": asJson({ message: "no Route matched with those values" }, 404),
        },
        otherwise: asJson({ message: "no Route matched with those values" }, 404),
      },
    ],
  },
  {
    repositories: [
      "registry.k8s.io/defaultbackend-amd64",
      "k8s.gcr.io/defaultbackend-amd64",
      "gcr.io/google_containers/defaultbackend",
      "k8s.gcr.io/defaultbackend",
      "registry.k8s.io/defaultbackend",
    ],
    megabytes: 2,
    config: { entrypoint: ["/server"], ports: [8080], user: 65_534 },
    programs: [
      {
        path: "/server",
        ports: [{ port: 8080, flag: "port" }],
        takes: [4, 0, 0.2],
        answers: { "/healthz": "ok" },
        otherwise: { status: 404, body: "default backend - 404" },
      },
    ],
  },
  {
    repositories: ["docker.io/alpine/socat"],
    megabytes: 4,
    flavor: "busybox",
    config: { entrypoint: ["socat"] },
    programs: [{ path: "/usr/bin/socat", ports: [], isDeclared: true, takes: [1, 0, 0.1], answers: {}, endsWith: 143 }],
  },
  {
    repositories: ["registry.k8s.io/goproxy", "k8s.gcr.io/goproxy", "gcr.io/google_containers/goproxy"],
    megabytes: 2,
    config: { entrypoint: ["/goproxy"], ports: [8080] },
    programs: [
      {
        path: "/goproxy",
        ports: [8080],
        takes: [3, 0, 0.2],
        answers: {},
        otherwise: { status: 500, body: "This is a proxy server. Does not respond to non-proxy requests.\n" },
        endsWith: 2,
      },
    ],
  },
  {
    repositories: ["quay.io/oauth2-proxy/oauth2-proxy"],
    megabytes: 12,
    config: { entrypoint: ["/bin/oauth2-proxy"], ports: [4180], user: 65_532 },
    programs: [
      {
        path: "/bin/oauth2-proxy",
        ports: [
          { port: 4180, flag: "http-address", variable: "OAUTH2_PROXY_HTTP_ADDRESS" },
          { port: 44_180, flag: "metrics-address" },
        ],
        takes: [12, 1, 0.5],
        says: () => "OAuthProxy configured for OpenID Connect Client ID\n",
        answers: {
          "/ping": "OK",
          "/ready": "OK",
          "/": sendsTo("/oauth2/sign_in"),
          "/oauth2/sign_in": {
            status: 403,
            type: "text/html",
            body: "<!DOCTYPE html><html><head><title>Sign In</title></head><body><h1>Sign in</h1></body></html>",
          },
          "/metrics": goMetrics("oauth2_proxy"),
        },
      },
    ],
  },
];

export const webservers = stocked([caddy, traefik, haproxy, envoy, tomcat, jetty, varnish, squid, ...gateways]);
