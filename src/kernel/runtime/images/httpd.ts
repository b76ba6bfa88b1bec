/**
 * httpd: the Apache web server as its official image serves /usr/local/apache2/htdocs.
 *
 * Models docker-library/httpd with its default configuration.
 * Leaves out every directive but Listen, DocumentRoot and ServerName: lessons replace its pages, not its modules.
 */
import { utf8Length } from "#kernel/runtime/files/bytes";
import { contentType, httpDate, logDate, parseTarget, respond, statusText } from "#kernel/runtime/images/http";
import type { Image } from "#kernel/runtime/images/image";
import { hasTag } from "#kernel/runtime/images/tags";
import type { Program } from "#kernel/runtime/process/program";
import type { Task } from "#kernel/runtime/process/task";
import type { HttpRequest, HttpResponse } from "#kernel/runtime/world";

const VERSION = "2.4.65";
const CONF = "/usr/local/apache2/conf/httpd.conf";
const MAIN_CONF = `ServerRoot "/usr/local/apache2"
Listen 80
ServerAdmin you@example.com
DocumentRoot "/usr/local/apache2/htdocs"
DirectoryIndex index.html
ErrorLog /proc/self/fd/2
CustomLog /proc/self/fd/1 common
`;

interface State {
  readonly root: string;
}

function directive(conf: string, name: string): string[] {
  return [...conf.matchAll(new RegExp(`^\\s*${name}\\s+"?([^"\\n]+?)"?\\s*$`, "gim"))].map((match) => match[1] ?? "");
}

/** `[Mon Nov 23 20:00:00.000000 2026]` */
function errorDate(task: Task): string {
  const [day, date, month, year, time] = new Date(task.now).toUTCString().replace(",", "").split(" ");
  const micros = String(task.now % 1_000).padStart(3, "0");
  return `[${day} ${month} ${date} ${time}.${micros}000 ${year}]`;
}

export const httpd: Program<State> = {
  name: "httpd",

  step(task) {
    if (task.state !== undefined) return {};
    if (task.argv.includes("-v")) {
      task.print(`Server version: Apache/${VERSION} (Unix)\n`);
      return 0;
    }
    const conf = task.files.read(CONF);
    if (typeof conf === "number") {
      task.complain(`httpd: Could not open configuration file ${CONF}: No such file or directory\n`);
      return 1;
    }
    if (directive(conf, "ServerName").length === 0) {
      const text =
        `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ` +
        `${task.record.podIP}. Set the 'ServerName' directive globally to suppress this message\n`;
      task.complain(text + text);
    }
    task.state = { root: directive(conf, "DocumentRoot").at(-1) ?? "/usr/local/apache2/htdocs" };
    for (const address of directive(conf, "Listen")) {
      const port = Number(/(\d+)(\s.*)?$/.exec(address)?.[1] ?? "80");
      if (task.listen(port)) continue;
      task.complain(`(98)Address already in use: AH00072: make_sock: could not bind to address [::]:${port}\n`);
      return 1;
    }
    const who = `[pid ${task.pid}:tid ${task.pid}]`;
    task.complain(
      `${errorDate(task)} [mpm_event:notice] ${who} AH00489: Apache/${VERSION} (Unix) configured -- resuming normal operations\n` +
        `${errorDate(task)} [core:notice] ${who} AH00094: Command line: 'httpd -D FOREGROUND'\n`,
    );
    return {};
  },

  http(task, _port, request) {
    const answer = answerTo(task, request);
    const bytes = request.method === "HEAD" ? "-" : utf8Length(answer.body);
    task.print(
      `${request.remoteAddress ?? "127.0.0.1"} - - [${logDate(task.now)}] "${request.method} ${request.path} HTTP/1.1" ` +
        `${answer.status} ${bytes}\n`,
    );
    return answer;
  },

  signal(task, signal) {
    if (!["SIGTERM", "SIGWINCH", "SIGINT"].includes(signal)) return false;
    const which =
      signal === "SIGWINCH"
        ? "AH00492: caught SIGWINCH, shutting down gracefully"
        : "AH00491: caught SIGTERM, shutting down";
    task.complain(`${errorDate(task)} [mpm_event:notice] [pid ${task.pid}:tid ${task.pid}] ${which}\n`);
    task.exit(0);
    return true;
  },
};

function answerTo(task: Task<State>, request: HttpRequest): HttpResponse {
  const own = { date: httpDate(task.now), server: `Apache/${VERSION} (Unix)` };
  const { path } = parseTarget(request.path);
  const refuse = (status: number, text: string): HttpResponse => {
    const title = `${status} ${statusText(status)}`;
    const body =
      `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${title}</title>\n</head><body>\n` +
      `<h1>${statusText(status)}</h1>\n<p>${text}</p>\n</body></html>\n`;
    return respond(request.method, status, body, { ...own, "content-type": "text/html; charset=iso-8859-1" });
  };
  const root = task.state?.root ?? "/";
  let disk = `${root}${path}`.replace(/(.)\/+$/, "$1");
  if (task.files.isDirectory(disk)) {
    const index = `${disk}/index.html`;
    if (!task.files.exists(index)) {
      const names = task.files.list(disk);
      const rows = (typeof names === "number" ? [] : names).map((name) => `<li><a href="${name}"> ${name}</a></li>\n`);
      const body = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n <head>\n  <title>Index of ${path}</title>\n </head>\n <body>\n<h1>Index of ${path}</h1>\n<ul>${rows.join("")}</ul>\n</body></html>\n`;
      return respond(request.method, 200, body, { ...own, "content-type": "text/html;charset=ISO-8859-1" });
    }
    disk = index;
  }
  const stat = task.files.stat(disk);
  const text = task.readFile(disk);
  if (typeof text === "number" || typeof stat === "number") {
    return text === 13
      ? refuse(403, "You don't have permission to access this resource.")
      : refuse(404, "The requested URL was not found on this server.");
  }
  return respond(request.method, 200, text, {
    ...own,
    "last-modified": httpDate(stat.at),
    etag: `"${utf8Length(text).toString(16)}-${stat.at.toString(16)}"`,
    "accept-ranges": "bytes",
    "content-type": contentType(disk) ?? "text/plain",
  });
}

/** The foreground script of the image. */
const foreground: Program = {
  name: "httpd-foreground",
  step(task) {
    return task.replace(["/usr/local/apache2/bin/httpd", "-DFOREGROUND"]) === 0 ? undefined : 127;
  },
};

export const httpdPrograms: readonly Program[] = [httpd as Program, foreground];

export const httpdImage: Image = {
  repositories: ["docker.io/library/httpd"],
  sizeBytes: ({ tag }) => (tag?.includes("alpine") === true ? 21_000_000 : 45_000_000),
  hasTag: (tag) =>
    hasTag(
      {
        names: ["alpine", "bookworm", "trixie", "2"],
        versions: { 2: [2, 4] },
        patches: 70,
        variants: ["alpine", "bookworm", "bullseye", "trixie"],
      },
      tag,
    ),
  content: ({ tag }) => ({
    config: {
      cmd: ["httpd-foreground"],
      env: {
        PATH: "/usr/local/apache2/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        HTTPD_PREFIX: "/usr/local/apache2",
        HTTPD_VERSION: VERSION,
      },
      workingDir: "/usr/local/apache2",
      ports: [80],
      stopSignal: "SIGWINCH",
    },
    flavor: tag?.includes("alpine") === true ? "busybox" : "gnu",
    files: {
      [CONF]: MAIN_CONF,
      "/usr/local/apache2/htdocs/index.html": "<html><body><h1>It works!</h1></body></html>\n",
      "/usr/local/apache2/logs/": "",
    },
    programs: { "/usr/local/apache2/bin/httpd": httpd as Program, "/usr/local/bin/httpd-foreground": foreground },
    use: { memoryBytes: 8 * 2 ** 20, cpuMillis: 1, requestCpuMs: 0.4 },
  }),
};
