/**
 * Web applications as they greet: Ghost, Jenkins, Gitea, Keycloak, SonarQube, tools with a front page.
 *
 * Leaves out what lies behind their front pages.
 */
import { type Single, single } from "#kernel/runtime/images/stock/single";
import { asJson, front, goMetrics, isoDate, releaseOf, sendsTo, stocked } from "#kernel/runtime/images/stock/stock";

const JENKINS_SETUP =
  "\n*************************************************************\n*************************************************************\n*************************************************************\n\n" +
  "Jenkins initial setup is required. An admin user has been created and a password generated.\n" +
  "Please use the following password to proceed to installation:\n\n0123456789abcdef0123456789abcdef\n\n" +
  "This may also be found at: /var/jenkins_home/secrets/initialAdminPassword\n\n";

const APPS: readonly Single[] = [
  {
    repositories: ["docker.io/library/ghost", "docker.io/bitnami/ghost"],
    megabytes: 190,
    path: "/usr/local/bin/node",
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["node", "current/index.js"],
    ports: [2368],
    env: { GHOST_INSTALL: "/var/lib/ghost", GHOST_CONTENT: "/var/lib/ghost/content", NODE_ENV: "production" },
    workingDir: "/var/lib/ghost",
    takes: [150, 2, 12],
    startMs: 3_000,
    needs: (task) =>
      (task.env("NODE_ENV") ?? "production") !== "production" ||
      task.env("database__client") === "sqlite3" ||
      (task.env("database__connection__host") ?? "") !== ""
        ? undefined
        : `[${isoDate(task)}] ERROR connect ECONNREFUSED 127.0.0.1:3306\n\nError Code: \n    ECONNREFUSED`,
    says: (task) =>
      `[${isoDate(task)}] INFO Ghost is running in production...\n[${isoDate(task)}] INFO Ghost booted in 2.9s\n`,
    answers: {
      "/": front("Ghost", "Thoughts, stories and ideas."),
      "/ghost/": front("Ghost Admin"),
      "/ghost/api/admin/site/": asJson({ site: { title: "Ghost" } }),
    },
  },
  {
    repositories: ["docker.io/library/adminer"],
    megabytes: 40,
    path: "/usr/local/bin/entrypoint.sh",
    entrypoint: ["entrypoint.sh", "docker-php-entrypoint"],
    cmd: ["php", "-S", "[::]:8080", "-t", "/var/www/html"],
    ports: [8080],
    takes: [12, 0, 8],
    says: (task) => `[${new Date(task.now).toUTCString()}] PHP 8.4.15 Development Server (http://[::]:8080) started\n`,
    answers: { "/": front("Login - Adminer") },
  },
  {
    repositories: ["docker.io/library/mongo-express"],
    megabytes: 60,
    path: "/usr/local/bin/mongo-express",
    entrypoint: ["/sbin/tini", "--", "/docker-entrypoint.sh"],
    cmd: ["mongo-express"],
    ports: [{ port: 8081, variable: "PORT" }],
    takes: [70, 1, 8],
    flavor: "busybox",
    needs: (task) => {
      const address =
        /@?([\w.-]+):(\d+)(?:\/|$)/.exec(
          (task.env("ME_CONFIG_MONGODB_URL") ?? "mongodb://mongo:27017").replace(/^mongodb:\/\/(?:[^@]*@)?/, ""),
        ) ?? [];
      const host = task.env("ME_CONFIG_MONGODB_SERVER") ?? address[1] ?? "mongo";
      const port = Number(task.env("ME_CONFIG_MONGODB_PORT") ?? address[2] ?? "27017");
      if (task.connect({ host, port }) === "open") return undefined;
      return `Could not connect to database using connectionString: mongodb://${host}:${port}/\n`;
    },
    says: (_task, [port = 8081]) =>
      `Waiting for mongo:27017...\nWelcome to mongo-express 1.0.2\n------------------------\n\nMongo Express server listening at http://0.0.0.0:${port}\n`,
    answers: { "/": front("Home - Mongo Express"), "/status": "OK" },
  },
  {
    repositories: ["docker.io/jenkins/jenkins", "docker.io/library/jenkins", "docker.io/bitnami/jenkins"],
    megabytes: 290,
    path: "/usr/local/bin/jenkins.sh",
    entrypoint: ["/usr/bin/tini", "--", "/usr/local/bin/jenkins.sh"],
    ports: [{ port: 8080, flag: "httpPort" }, 50_000],
    user: 1000,
    env: { JENKINS_HOME: "/var/jenkins_home", JENKINS_SLAVE_AGENT_PORT: "50000", REF: "/usr/share/jenkins/ref" },
    takes: [620, 8, 15],
    startMs: 15_000,
    files: { "/var/jenkins_home/": { mode: 0o777 }, "/usr/share/jenkins/ref/": "" },
    says: (task) =>
      `Running from: /usr/share/jenkins/jenkins.war\nwebroot: /var/jenkins_home/war\n${/runSetupWizard=false/.test(task.env("JAVA_OPTS") ?? "") ? "" : JENKINS_SETUP}` +
      `${isoDate(task).slice(0, 23).replace("T", " ")}+0000 [id=24]\tINFO\thudson.lifecycle.Lifecycle#onReady: Jenkins is fully up and running\n`,
    answers: {
      "/": {
        status: 403,
        type: "text/html;charset=utf-8",
        body: "<html><head><meta http-equiv='refresh' content='1;url=/login?from=%2F'/></head><body>Authentication required</body></html>",
      },
      "/login": front("Sign in - Jenkins"),
      "/whoAmI/": front("Who Am I? - Jenkins"),
      "/prometheus/": goMetrics("jenkins"),
    },
    otherwise: {
      status: 403,
      type: "text/html;charset=utf-8",
      body: "<html><body>Authentication required</body></html>",
    },
    endsWith: 143,
  },
  {
    repositories: ["docker.io/gitea/gitea", "docker.gitea.com/gitea"],
    megabytes: 70,
    path: "/usr/local/bin/gitea",
    links: ["/app/gitea/gitea"],
    entrypoint: ["/usr/bin/entrypoint"],
    cmd: ["gitea", "web"],
    ports: [{ port: 3000, variable: "GITEA__server__HTTP_PORT" }, 22, 2222],
    flavor: "busybox",
    takes: [110, 2, 6],
    says: (task) =>
      `${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")} cmd/web.go:242:runWeb() [I] Starting Gitea on PID: 1\n`,
    answers: {
      "/": front("Gitea: Git with a cup of tea"),
      "/api/healthz": asJson({ status: "pass" }),
      "/api/v1/version": asJson({ version: "1.25.2" }),
      "/metrics": goMetrics("gitea"),
    },
  },
  {
    repositories: ["docker.io/library/sonarqube"],
    megabytes: 700,
    path: "/opt/sonarqube/docker/entrypoint.sh",
    entrypoint: ["/opt/sonarqube/docker/entrypoint.sh"],
    ports: [9000],
    user: 1000,
    takes: [1900, 20, 20],
    startMs: 40_000,
    says: (task) =>
      `${isoDate(task).slice(0, 19).replace("T", " ")} INFO  app[][o.s.a.SchedulerImpl] SonarQube is operational\n`,
    answers: {
      "/": front("SonarQube"),
      "/api/system/status": asJson({ id: "20260101", version: "25.11.0", status: "UP" }),
      "/api/system/health": asJson({ health: "GREEN", causes: [] }),
      "/api/system/liveness": { status: 204, body: "" },
    },
    endsWith: 143,
  },
  {
    repositories: ["quay.io/keycloak/keycloak", "docker.io/bitnami/keycloak"],
    megabytes: 190,
    path: "/opt/keycloak/bin/kc.sh",
    links: ["/opt/bitnami/keycloak/bin/kc.sh"],
    entrypoint: ["/opt/keycloak/bin/kc.sh"],
    ports: [{ port: 8080, flag: "http-port", variable: "KC_HTTP_PORT" }, 8443, 9000],
    user: 1000,
    takes: [480, 5, 15],
    startMs: 10_000,
    needs: (task) =>
      task.argv.length > 1
        ? undefined
        : "Keycloak - Open Source Identity and Access Management\n\nUsage:\n\nkc.sh [OPTIONS] [COMMAND]\n",
    says: (task, [port]) =>
      `${isoDate(task).slice(0, 23).replace("T", " ")} INFO  [io.quarkus] (main) Keycloak ${releaseOf(task, "26.4.5")} on JVM (powered by Quarkus) started in 9.1s. Listening on: http://0.0.0.0:${port}. Management interface listening on http://0.0.0.0:9000.\n`,
    answers: {
      "/": sendsTo("/admin/"),
      "/admin/": sendsTo("/admin/master/console/"),
      "/admin/master/console/": front("Keycloak Administration Console"),
      "/health": asJson({ status: "UP", checks: [] }),
      "/health/live": asJson({ status: "UP", checks: [] }),
      "/health/ready": asJson({ status: "UP", checks: [] }),
      "/health/started": asJson({ status: "UP", checks: [] }),
      "/realms/master": asJson({ realm: "master" }),
      "/metrics": goMetrics("keycloak"),
    },
    endsWith: 143,
  },
  {
    repositories: ["docker.io/sonatype/nexus3"],
    megabytes: 320,
    path: "/opt/sonatype/nexus/bin/nexus",
    cmd: ["/opt/sonatype/nexus/bin/nexus", "run"],
    ports: [8081],
    user: 200,
    takes: [1400, 10, 15],
    startMs: 45_000,
    files: { "/nexus-data/": { mode: 0o777 } },
    says: () =>
      "-------------------------------------------------\n\nStarted Sonatype Nexus Repository\n\n-------------------------------------------------\n",
    answers: {
      "/": front("Sonatype Nexus Repository"),
      "/service/rest/v1/status": "",
      "/service/rest/v1/status/writable": "",
    },
  },
  {
    repositories: ["docker.io/portainer/portainer-ce", "docker.io/portainer/portainer"],
    megabytes: 90,
    path: "/portainer",
    entrypoint: ["/portainer"],
    ports: [9000, 9443, 8000],
    flavor: "none",
    takes: [30, 1, 3],
    says: (task) =>
      `${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")} INF portainer/main.go > starting Portainer\n`,
    answers: {
      "/": front("Portainer"),
      "/api/system/status": asJson({ Version: "2.33.5" }),
      "/api/status": asJson({ Version: "2.33.5" }),
    },
  },
  {
    repositories: ["docker.io/kubernetesui/dashboard"],
    megabytes: 75,
    path: "/dashboard",
    entrypoint: ["/dashboard", "--insecure-bind-address=0.0.0.0", "--bind-address=0.0.0.0"],
    ports: [
      { port: 8443, flag: "port" },
      { port: 9090, flag: "insecure-port" },
    ],
    flavor: "none",
    user: 1001,
    takes: [25, 1, 4],
    says: (task) =>
      `${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")} Starting overwatch\n${isoDate(task).slice(0, 19).replaceAll("-", "/").replace("T", " ")} Serving securely on HTTPS port: 8443\n`,
    answers: {
      "/": front("Kubernetes Dashboard"),
      "/api/v1/login/status": asJson({ tokenPresent: false, httpsMode: true }),
    },
  },
  {
    repositories: ["docker.io/kubernetesui/metrics-scraper", "docker.io/kubernetesui/dashboard-metrics-scraper"],
    megabytes: 20,
    path: "/metrics-sidecar",
    entrypoint: ["/metrics-sidecar"],
    ports: [8000],
    flavor: "none",
    user: 1001,
    takes: [15, 1, 2],
    says: (task) => `${JSON.stringify({ level: "info", msg: "Kubernetes host: ", time: isoDate(task) })}\n`,
    answers: { "/": "URL: /", "/healthz": "OK" },
  },
  {
    repositories: ["docker.io/docker/getting-started"],
    megabytes: 17,
    path: "/usr/sbin/nginx",
    entrypoint: ["/docker-entrypoint.sh"],
    cmd: ["nginx", "-g", "daemon off;"],
    ports: [80],
    flavor: "busybox",
    takes: [3, 0, 0.3],
    answers: {
      "/": sendsTo("/tutorial/"),
      "/tutorial/": front("Getting Started"),
      "/tutorial": front("Getting Started"),
    },
  },
];

export const webapps = stocked(APPS.map(single));
