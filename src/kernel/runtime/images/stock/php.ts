/**
 * Applications over Apache and PHP in official images: WordPress, Joomla, Drupal, Nextcloud, phpMyAdmin.
 *
 * Leaves out their pages but the first, which shows whether the database is there.
 */
import { logDate } from "#kernel/runtime/images/http";
import type { Visit } from "#kernel/runtime/images/server";
import { single } from "#kernel/runtime/images/stock/single";
import {
  type Answer,
  asJson,
  front,
  isoDate,
  type Stock,
  type StockProgram,
  sendsTo,
  stocked,
} from "#kernel/runtime/images/stock/stock";
import type { Task } from "#kernel/runtime/process/task";

/** The lines by which Apache in the official PHP images starts. */
function apacheLines(task: Task): string {
  const at = `[${new Date(task.now).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+).*/, `$1 $3 $2 $5.000000 $4`)}]`;
  const name =
    `AH00558: apache2: Could not reliably determine the server's fully qualified domain name, using ${task.record.podIP}. ` +
    "Set the 'ServerName' directive globally to suppress this message\n";
  return (
    name +
    `${at} [mpm_prefork:notice] [pid 1:tid 1] AH00163: Apache/2.4.65 (Debian) PHP/8.3.28 configured -- resuming normal operations\n` +
    `${at} [core:notice] [pid 1:tid 1] AH00094: Command line: 'apache2 -D FOREGROUND'\n`
  );
}

const combined = (task: Task, visit: Visit, status: number): string =>
  `${visit.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${visit.method} ${visit.path} HTTP/1.1" ${status} 0 "-" "${visit.headers["user-agent"] ?? "-"}"`;

/** An application that needs a database at an address in its environment: 500 or an installer, as it finds one. */
const overDatabase =
  (variable: string, port: number, there: Answer, otherwise: Answer): Answer =>
  (task, visit) => {
    const [host = "", own] = (task.env(variable) ?? "").split(":");
    const isThere = host !== "" && task.connect({ host, port: Number(own ?? port) }) === "open";
    const answer = isThere ? there : otherwise;
    if (typeof answer === "function") return answer(task, visit);
    const {
      status = 200,
      type = "text/html; charset=UTF-8",
      body,
    } = typeof answer === "string" ? { body: answer } : answer;
    return {
      status,
      headers: { "content-type": type, server: "Apache/2.4.65 (Debian)" },
      body: visit.method === "HEAD" ? "" : body,
    };
  };

/** An application over Apache and PHP in an official image. */
interface Php {
  readonly repositories: readonly string[];
  readonly megabytes: number;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly otherwise?: Answer;
  readonly says?: (task: Task) => string;
  readonly mebibytes?: number;
  readonly needs?: StockProgram["needs"];
}

const php = ({ repositories, megabytes, answers, otherwise, says, mebibytes = 60, needs }: Php): Stock => ({
  repositories,
  tags: /^[\w][\w.-]*$/,
  megabytes,
  flavor: "gnu",
  config: {
    entrypoint: ["docker-entrypoint.sh"],
    cmd: ["apache2-foreground"],
    ports: [80],
    workingDir: "/var/www/html",
    stopSignal: "SIGWINCH",
  },
  files: { "/var/www/html/": "" },
  tools: ["+curl"],
  programs: [
    {
      path: "/usr/local/bin/apache2-foreground",
      links: ["/usr/local/bin/php-fpm"],
      ports: [80],
      takes: [mebibytes, 1, 25],
      ...(needs === undefined ? {} : { needs }),
      says: (task) => (says?.(task) ?? "") + apacheLines(task),
      answers,
      ...(otherwise === undefined ? {} : { otherwise }),
      logs: combined,
    },
  ],
});

const WP_SETUP = front("WordPress › Installation", "Welcome to the famous five-minute WordPress installation process!");
const WP_NO_DATABASE: Answer = {
  status: 500,
  type: "text/html; charset=utf-8",
  body: "<!DOCTYPE html>\n<html>\n<head><title>Database Error</title></head>\n<body><h1>Error establishing a database connection</h1></body>\n</html>\n",
};
const wordpress = overDatabase("WORDPRESS_DB_HOST", 3306, sendsTo("/wp-admin/install.php"), WP_NO_DATABASE);
const wordpressSetup = overDatabase("WORDPRESS_DB_HOST", 3306, WP_SETUP, WP_NO_DATABASE);

const PHP: readonly Php[] = [
  {
    repositories: ["docker.io/library/wordpress", "public.ecr.aws/docker/library/wordpress"],
    megabytes: 236,
    mebibytes: 75,
    says: () =>
      "WordPress not found in /var/www/html - copying now...\nComplete! WordPress has been successfully copied to /var/www/html\n",
    answers: {
      "/": wordpress,
      "/index.php": wordpress,
      "/wp-login.php": wordpress,
      "/wp-admin/install.php": wordpressSetup,
      "/readme.html": front("WordPress › ReadMe"),
    },
  },
  {
    repositories: ["docker.io/library/joomla"],
    megabytes: 260,
    needs: (task) =>
      task.env("JOOMLA_DB_HOST") !== undefined || task.env("MYSQL_PORT_3306_TCP") !== undefined
        ? undefined
        : "error: missing JOOMLA_DB_HOST and MYSQL_PORT_3306_TCP environment variables\n  Did you forget to --link some_mysql_container:mysql or set an external db\n  with -e JOOMLA_DB_HOST=hostname:port?",
    answers: { "/": sendsTo("/installation/index.php"), "/installation/index.php": front("Joomla Web Installer") },
  },
  {
    repositories: ["docker.io/library/drupal"],
    megabytes: 210,
    answers: { "/": sendsTo("/core/install.php"), "/core/install.php": front("Choose language | Drupal") },
  },
  {
    repositories: ["docker.io/library/nextcloud"],
    megabytes: 420,
    mebibytes: 110,
    answers: {
      "/": front("Nextcloud"),
      "/status.php": asJson({
        installed: false,
        maintenance: false,
        needsDbUpgrade: false,
        version: "32.0.2.2",
        productname: "Nextcloud",
      }),
    },
  },
  {
    repositories: ["docker.io/library/phpmyadmin", "docker.io/phpmyadmin/phpmyadmin"],
    megabytes: 220,
    mebibytes: 35,
    answers: { "/": front("phpMyAdmin", "Welcome to phpMyAdmin"), "/index.php": front("phpMyAdmin") },
  },
];

/** Bitnami's WordPress finds its database by other variables, and listens where a user that is not root may. */
const bitnamiWordpress: Stock = single({
  repositories: ["docker.io/bitnami/wordpress", "docker.io/bitnami/wordpress-nginx"],
  megabytes: 280,
  path: "/opt/bitnami/scripts/wordpress/run.sh",
  links: ["/opt/bitnami/scripts/apache/run.sh"],
  entrypoint: ["/opt/bitnami/scripts/wordpress/entrypoint.sh"],
  cmd: ["/opt/bitnami/scripts/apache/run.sh"],
  ports: [8080, 8443],
  user: 1001,
  takes: [95, 1, 25],
  needs: (task) => {
    const host = task.env("WORDPRESS_DATABASE_HOST") ?? "mariadb";
    const port = Number(task.env("WORDPRESS_DATABASE_PORT_NUMBER") ?? "3306");
    if (task.connect({ host, port }) === "open") return undefined;
    return "wordpress 20:00:00.00 ERROR ==> Could not connect to the database\n";
  },
  says: (task) =>
    `wordpress ${isoDate(task).slice(11, 22)} INFO  ==> ** WordPress setup finished! **\n${apacheLines(task)}`,
  answers: {
    "/": front("User's Blog!", "Just another WordPress site"),
    "/wp-login.php": front("Log In ‹ User's Blog!"),
    "/wp-admin/install.php": front("WordPress › Installation", "Already Installed"),
    "/wp-admin/": sendsTo("/wp-login.php"),
    "/wp-json/": asJson({ name: "User's Blog!" }),
  },
  logs: combined,
});

/** Bitnami's Apache. */
const bitnamiApache: Stock = single({
  repositories: ["docker.io/bitnami/apache"],
  megabytes: 90,
  path: "/opt/bitnami/scripts/apache/run.sh",
  entrypoint: ["/opt/bitnami/scripts/apache/entrypoint.sh"],
  cmd: ["/opt/bitnami/scripts/apache/run.sh"],
  ports: [8080, 8443],
  user: 1001,
  takes: [20, 1, 0.3],
  says: apacheLines,
  answers: { "/": "<html><body><h1>It works!</h1></body></html>\n" },
  logs: combined,
});

export const phpApps = stocked([...PHP.map(php), bitnamiWordpress, bitnamiApache]);
