/**
 * nginx: the web server as its official image runs it, entrypoint script, master and workers included.
 *
 * Models docker-library/nginx and the master's handling of signals.
 */

import { errnoText } from "#kernel/runtime/files/errno";
import { goDate } from "#kernel/runtime/images/go";
import type { Image } from "#kernel/runtime/images/image";
import { ConfFault, type Directive, readConf } from "#kernel/runtime/images/nginx/conf";
import { argsOf, configOf, type NginxConfig } from "#kernel/runtime/images/nginx/config";
import { defaultConf, nginxFiles } from "#kernel/runtime/images/nginx/files";
import { serve } from "#kernel/runtime/images/nginx/serve";
import { hasTag } from "#kernel/runtime/images/tags";
import { KERNEL_RELEASE } from "#kernel/runtime/machine.facts";
import type { Program, Step } from "#kernel/runtime/process/program";
import { signalNumber } from "#kernel/runtime/process/signals";
import type { Task } from "#kernel/runtime/process/task";
import type { ParsedReference } from "#kernel/runtime/reference";
import { glob } from "#kernel/runtime/shell/pattern";

/** What the master keeps: its configuration as text by file, or nothing while it is the image's own. */
interface State {
  readonly files?: Readonly<Record<string, string>>;
  readonly workers: readonly number[];
  readonly isHushed?: true;
}

const CONF = "/etc/nginx/nginx.conf";
const CURRENT = "1.29.3";
const parsed = new Map<string, NginxConfig>();

/** The version an image says it is. */
export function versionOf({ tag = "latest" }: ParsedReference): string {
  const match = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(tag);
  if (match === null) return /^(stable|1)/.test(tag) ? (tag.startsWith("stable") ? "1.28.0" : CURRENT) : CURRENT;
  const last: Readonly<Record<string, string>> = {
    "1.29": "3",
    "1.28": "0",
    "1.27": "5",
    "1.26": "3",
    "1.25": "5",
    "1.21": "6",
  };
  return `${match[1]}.${match[2]}.${match[3] ?? last[`${match[1]}.${match[2]}`] ?? "0"}`;
}

function confPath(task: Task): string {
  const at = task.argv.indexOf("-c");
  return at < 0 ? CONF : task.path(task.argv[at + 1] ?? CONF);
}

/** Reads the configuration from the container's files, noting what was read. Raises ConfFault. */
function load(task: Task): { readonly config: NginxConfig; readonly files: Readonly<Record<string, string>> } {
  const files: Record<string, string> = {};
  const directives = readConf(confPath(task), {
    read(path) {
      const text = task.files.read(path);
      if (typeof text === "number") return undefined;
      files[path] = text;
      return text;
    },
    glob: (pattern) => glob(task.files, "/", pattern),
  });
  return { config: configOf([...directives, ...globals(task)]), files };
}

/** Directives given by `-g`. */
function globals(task: Task): readonly Directive[] {
  const at = task.argv.indexOf("-g");
  if (at < 0) return [];
  return readConf("command line", { read: () => task.argv[at + 1] ?? "", glob: () => [] });
}

/** The configuration the master runs with. */
function configured(task: Task<State>): NginxConfig {
  const { files } = task.state ?? {};
  const key = JSON.stringify([files ?? task.record.image, task.argv]);
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const stored = files ?? {};
  const image = task.sandbox.content.tree;
  const read = (path: string): string | undefined =>
    stored[path] ?? (files === undefined ? image.get(path)?.text : undefined);
  const directives = readConf(confPath(task), {
    read,
    glob: (pattern) =>
      files === undefined
        ? ["/etc/nginx/conf.d/default.conf"].filter(() => pattern.includes("conf.d"))
        : Object.keys(stored).filter((path) => path.startsWith(pattern.replace(/\*.*/, "")) && path !== pattern),
  });
  const config = configOf([...directives, ...globals(task)]);
  if (parsed.size > 200) parsed.clear();
  parsed.set(key, config);
  return config;
}

/** Whether the files read are those of the image. */
function isOriginal(task: Task, files: Readonly<Record<string, string>>): boolean {
  return Object.entries(files).every(([path, text]) => task.sandbox.content.tree.get(path)?.text === text);
}

function notice(task: Task<State>, message: string, pid = 1): void {
  if (task.state?.isHushed === true) return;
  task.complain(`${goDate(task.now)} [notice] ${pid}#${pid}: ${message}\n`);
}

function emerg(task: Task, message: string): number {
  task.complain(`${goDate(task.now)} [emerg] ${task.pid}#${task.pid}: ${message}\nnginx: [emerg] ${message}\n`);
  return 1;
}

/** Checks a configuration as a start does; gives the complaint. */
function complaint(task: Task, config: NginxConfig): string | undefined {
  for (const { host, place } of config.hosts) {
    if (/^[\d.]+$|^\[|^localhost$|^unix/.test(host)) continue;
    if (task.resolve(host).length === 0) return `host not found in upstream "${host}" in ${place}`;
  }
  return undefined;
}

function start(task: Task<State>): Step {
  const { argv } = task;
  const version = versionOf(referenceOf(task));
  if (argv.includes("-v") || argv.includes("-V")) {
    task.complain(`nginx version: nginx/${version}\n`);
    return 0;
  }
  const command = argv[argv.indexOf("-s") + 1];
  if (argv.includes("-s") && command !== undefined) return tell(task, command);
  try {
    const { config, files } = load(task);
    const wrong = complaint(task, config);
    if (wrong !== undefined) throw new ConfFault(wrong);
    if (argv.includes("-t") || argv.includes("-T")) {
      const path = confPath(task);
      task.complain(
        `nginx: the configuration file ${path} syntax is ok\nnginx: configuration file ${path} test is successful\n`,
      );
      if (argv.includes("-T"))
        for (const [name, text] of Object.entries(files)) task.print(`# configuration file ${name}:\n${text}\n`);
      return 0;
    }
    return run(task, config, files, version);
  } catch (fault) {
    if (!(fault instanceof ConfFault)) throw fault;
    if (!argv.includes("-t")) return emerg(task, fault.message);
    const path = confPath(task);
    task.complain(`nginx: [emerg] ${fault.message}\nnginx: configuration file ${path} test failed\n`);
    return 1;
  }
}

/** `nginx -s reload`: a signal to the running master. */
function tell(task: Task, command: string): number {
  const signals: Readonly<Record<string, string>> = {
    stop: "SIGTERM",
    quit: "SIGQUIT",
    reload: "SIGHUP",
    reopen: "SIGUSR1",
  };
  const signal = signals[command];
  const master = Object.values(task.sandbox.look.processes).find(
    ({ program, pid, listening }) => program === nginx.name && pid !== task.pid && listening !== undefined,
  );
  if (signal === undefined) {
    task.complain(`nginx: invalid option: "-s ${command}"\n`);
    return 1;
  }
  if (master === undefined) {
    task.complain(`nginx: [error] open() "/run/nginx.pid" failed (2: No such file or directory)\n`);
    return 1;
  }
  task.complain(`${goDate(task.now)} [notice] ${task.pid}#${task.pid}: signal process started\n`);
  task.sandbox.signal(master.pid, signal);
  return 0;
}

function run(task: Task<State>, config: NginxConfig, files: Readonly<Record<string, string>>, version: string): Step {
  if (argsOf(config.main, "daemon")?.[0] !== "off" && !task.argv.includes(BACKGROUND)) {
    task.launch([...task.argv, BACKGROUND]);
    return 0;
  }
  const http = config.main.filter(({ name }) => name === "http").flatMap(({ children = [] }) => children);
  const temporary = argsOf(http, "client_body_temp_path")?.[0] ?? "/var/cache/nginx/client_temp";
  const cache = task.files.mayCreate(temporary, task.uid);
  if (cache !== 0) return emerg(task, `mkdir() "${temporary}" failed (${cache}: ${errnoText(cache)})`);
  const own = task.sandbox.computer.processes[task.pid];
  const line = task.argv.filter((arg) => arg !== BACKGROUND).join(" ");
  if (own !== undefined) own.title = `nginx: master process ${line}`;
  const isHushed = Number(version.split(".")[1]) < 21;
  task.state = { workers: [], ...(isOriginal(task, files) ? {} : { files }), ...(isHushed ? { isHushed } : {}) };
  for (const port of portsOf(config)) {
    if (!task.listen(port)) return emerg(task, `bind() to 0.0.0.0:${port} failed (98: Address already in use)`);
  }
  notice(task, 'using the "epoll" event method', task.pid);
  notice(task, `nginx/${version}`, task.pid);
  notice(task, `OS: Linux ${KERNEL_RELEASE}`, task.pid);
  notice(task, "getrlimit(RLIMIT_NOFILE): 1048576:1048576", task.pid);
  notice(task, "start worker processes", task.pid);
  hire(task);
  return {};
}

/** How the copy in the background knows that it is the one. */
const BACKGROUND = "\u0000daemon";

function portsOf(config: NginxConfig): number[] {
  return [...new Set(config.servers.flatMap(({ ports }) => ports.map(({ port }) => port)))];
}

function hire(task: Task<State>): void {
  const workers: number[] = [];
  for (let n = 0; n < 2; n += 1) {
    const pid = task.sandbox.spawn({
      argv: ["nginx: worker process"],
      program: nginxWorker.name,
      parent: task.pid,
      cwd: "/",
      uid: task.uid === 0 ? 101 : task.uid,
      fds: {},
    });
    if (pid === undefined) continue;
    workers.push(pid);
    notice(task, `start worker process ${pid}`, task.pid);
  }
  task.state = { ...task.state, workers };
}

function dismiss(task: Task<State>, isGraceful: boolean): void {
  for (const pid of task.state?.workers ?? []) {
    if (isGraceful) notice(task, "gracefully shutting down", pid);
    notice(task, "exiting", pid);
    notice(task, "exit", pid);
    task.sandbox.exit(pid, 0);
    notice(task, `signal 17 (SIGCHLD) received from ${pid}`, task.pid);
    notice(task, `worker process ${pid} exited with code 0`, task.pid);
  }
}

/** Takes up a changed configuration, or keeps the old one if the new is wrong. */
function reload(task: Task<State>): void {
  notice(task, "signal 1 (SIGHUP) received, reconfiguring", task.pid);
  notice(task, "reconfiguring", task.pid);
  try {
    const { config, files } = load(task);
    const wrong = complaint(task, config);
    if (wrong !== undefined) throw new ConfFault(wrong);
    const { files: _, ...rest } = task.state ?? { workers: [] };
    const wanted = portsOf(config);
    const old = task.sandbox.look.processes[task.pid]?.listening ?? [];
    for (const port of old) if (!wanted.includes(port)) task.unlisten(port);
    for (const port of wanted) if (!old.includes(port)) task.listen(port);
    dismiss(task, true);
    task.state = { ...rest, ...(isOriginal(task, files) ? {} : { files }) };
    notice(task, "start worker processes", task.pid);
    hire(task);
  } catch (fault) {
    if (!(fault instanceof ConfFault)) throw fault;
    task.complain(`${goDate(task.now)} [emerg] ${task.pid}#${task.pid}: ${fault.message}\n`);
  }
}

function referenceOf(task: Task): ParsedReference {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(task.record.image)?.[1] ?? "latest";
  return { domain: "", path: "", repository: "", normalized: "", tag };
}

export const nginx: Program<State> = {
  name: "nginx",

  step(task) {
    return task.state === undefined ? start(task) : {};
  },

  http(task, port, request) {
    return serve(task, configured(task), versionOf(referenceOf(task)), port, request);
  },

  signal(task, signal) {
    if (signal === "SIGHUP") {
      reload(task);
      return true;
    }
    if (signal === "SIGUSR1" || signal === "SIGUSR2" || signal === "SIGWINCH") return true;
    if (!["SIGTERM", "SIGINT", "SIGQUIT"].includes(signal)) return false;
    const isGraceful = signal === "SIGQUIT";
    notice(
      task,
      `signal ${signalNumber(signal)} (${signal}) received, ${isGraceful ? "shutting down" : "exiting"}`,
      task.pid,
    );
    dismiss(task, isGraceful);
    notice(task, "exit", task.pid);
    task.exit(0);
    return true;
  },
};

const nginxWorker: Program = { name: "nginx-worker", step: () => ({}) };

/** The entrypoint script: prepares the configuration, then becomes nginx. */
const entrypoint: Program = {
  name: "nginx-entrypoint",
  step(task) {
    const [, ...command] = task.argv;
    if (/^nginx(-debug)?$/.test(command[0] ?? "")) prepare(task);
    const failure = task.replace(command);
    if (failure === 0) return undefined;
    task.complain(`/docker-entrypoint.sh: exec: line 47: ${command[0] ?? ""}: not found\n`);
    return 127;
  },
};

function prepare(task: Task): void {
  const minor = Number(versionOf(referenceOf(task)).split(".")[1]);
  if (minor < 19) return;
  const say = (line: string): boolean => task.print(`${line}\n`);
  const me = "/docker-entrypoint.sh:";
  say(`${me} /docker-entrypoint.d/ is not empty, will attempt to perform configuration`);
  say(`${me} Looking for shell scripts in /docker-entrypoint.d/`);
  say(`${me} Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh`);
  const path = "/etc/nginx/conf.d/default.conf";
  const text = task.files.read(path);
  const ipv6 = "10-listen-on-ipv6-by-default.sh: info:";
  if (typeof text === "number") say(`${ipv6} ${path} is not a file or does not exist`);
  else if (task.record.isReadOnlyRoot || task.uid !== 0) say(`${ipv6} can not modify ${path} (read-only file system?)`);
  else if (text !== defaultConf(80)) {
    say(`${ipv6} Getting the checksum of ${path}`);
    say(`${ipv6} ${path} differs from the packaged version`);
  } else {
    say(`${ipv6} Getting the checksum of ${path}`);
    say(`${ipv6} Enabled listen on IPv6 in ${path}`);
  }
  if (minor >= 25) say(`${me} Sourcing /docker-entrypoint.d/15-local-resolvers.envsh`);
  say(`${me} Launching /docker-entrypoint.d/20-envsubst-on-templates.sh`);
  fillTemplates(task);
  say(`${me} Launching /docker-entrypoint.d/30-tune-worker-processes.sh`);
  say(`${me} Configuration complete; ready for start up`);
}

/** /etc/nginx/templates/x.conf.template becomes /etc/nginx/conf.d/x.conf, variables of the environment replaced. */
function fillTemplates(task: Task): void {
  for (const path of glob(task.files, "/", "/etc/nginx/templates/*.template")) {
    const text = task.files.read(path);
    if (typeof text === "number") continue;
    const target = `/etc/nginx/conf.d/${path.slice(path.lastIndexOf("/") + 1).replace(/\.template$/, "")}`;
    task.print(`20-envsubst-on-templates.sh: Running envsubst on ${path} to ${target}\n`);
    const filled = text.replace(
      /\$\{(\w+)\}|\$(\w+)/g,
      (all, braced: string | undefined, bare: string | undefined) => task.env(braced ?? bare ?? "") ?? all,
    );
    task.files.write(target, filled, { uid: task.uid });
  }
}

export const nginxPrograms: readonly Program[] = [nginx as Program, nginxWorker, entrypoint];

const TAGS = {
  names: ["stable", "mainline", "perl", "alpine", "otel", "bookworm", "trixie", "bullseye", "1"],
  versions: { 1: [7, 31] as const },
  patches: 20,
  variants: ["alpine", "perl", "slim", "otel", "bookworm", "bullseye", "trixie", "buster"],
};

function image(repositories: readonly string[], port: number, user: number | undefined): Image {
  return {
    repositories,
    sizeBytes: ({ tag }) => (tag?.includes("alpine") === true ? 20_500_000 : 59_800_000),
    hasTag: (tag) => hasTag(TAGS, tag),
    content: (reference) => {
      const isAlpine = reference.tag?.includes("alpine") === true;
      const hasEntrypoint = Number(versionOf(reference).split(".")[1]) >= 19;
      return {
        config: {
          ...(hasEntrypoint ? { entrypoint: ["/docker-entrypoint.sh"] } : {}),
          cmd: ["nginx", "-g", "daemon off;"],
          env: { NGINX_VERSION: versionOf(reference), PKG_RELEASE: "1" },
          ports: [port],
          stopSignal: "SIGQUIT",
          ...(user === undefined ? {} : { user }),
        },
        flavor: isAlpine ? "busybox" : "gnu",
        files: nginxFiles(port),
        programs: { "/usr/sbin/nginx": nginx as Program, "/docker-entrypoint.sh": entrypoint },
        use: { memoryBytes: 2 * 2 ** 20, requestCpuMs: 0.2 },
        tools: isAlpine ? ["+curl"] : ["+curl", "+envsubst"],
      };
    },
  };
}

export const nginxImage = image(
  ["docker.io/library/nginx", "public.ecr.aws/nginx/nginx", "k8s.gcr.io/nginx"],
  80,
  undefined,
);
export const nginxUnprivileged = image(["docker.io/nginxinc/nginx-unprivileged"], 8080, 101);
