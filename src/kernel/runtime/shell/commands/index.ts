/**
 * The table of tools, and which of them an image has.
 */
import type { Flavor } from "#kernel/runtime/images/image";
import { awk } from "#kernel/runtime/shell/commands/awk";
import { cat } from "#kernel/runtime/shell/commands/cat";
import type { Command } from "#kernel/runtime/shell/commands/command";
import { curl } from "#kernel/runtime/shell/commands/curl";
import { base64, cut, nl, paste, rev, tac, tee, tr, yes } from "#kernel/runtime/shell/commands/cut";
import { date } from "#kernel/runtime/shell/commands/date";
import { dd, fallocate, truncate } from "#kernel/runtime/shell/commands/dd";
import { cmp, comm, diff } from "#kernel/runtime/shell/commands/diff";
import { dig, getent, host, nslookup } from "#kernel/runtime/shell/commands/dns";
import { hexdump, od, xxd } from "#kernel/runtime/shell/commands/dump";
import { echo } from "#kernel/runtime/shell/commands/echo";
import { env, printenv } from "#kernel/runtime/shell/commands/env";
import { chgrp, chmod, chown, cp, ln, mkdir, mktemp, mv, rm, rmdir, touch } from "#kernel/runtime/shell/commands/files";
import { find, xargs } from "#kernel/runtime/shell/commands/find";
import { egrep, fgrep, grep } from "#kernel/runtime/shell/commands/grep";
import { gunzip, gzip, zcat } from "#kernel/runtime/shell/commands/gzip";
import { head } from "#kernel/runtime/shell/commands/head";
import { hostname } from "#kernel/runtime/shell/commands/hostname";
import { id, whoami } from "#kernel/runtime/shell/commands/id";
import { ip } from "#kernel/runtime/shell/commands/ip";
import { jq } from "#kernel/runtime/shell/commands/jq";
import { kubectl } from "#kernel/runtime/shell/commands/kubectl";
import { ls } from "#kernel/runtime/shell/commands/ls";
import { nc } from "#kernel/runtime/shell/commands/nc";
import { ifconfig, netstat } from "#kernel/runtime/shell/commands/network";
import { ping } from "#kernel/runtime/shell/commands/ping";
import { printf } from "#kernel/runtime/shell/commands/printf";
import {
  df,
  du,
  free,
  kill,
  killall,
  mount,
  nproc,
  pgrep,
  pidof,
  pkill,
  ps,
  sync,
  uname,
  uptime,
} from "#kernel/runtime/shell/commands/ps";
import {
  envsubst,
  multicall,
  nice,
  nohup,
  setsid,
  stdbuf,
  time,
  timeout,
  watch,
} from "#kernel/runtime/shell/commands/run";
import { sed } from "#kernel/runtime/shell/commands/sed";
import { basename, dirname, expr, readlink, realpath, seq, stat, which } from "#kernel/runtime/shell/commands/seq";
import { sleep } from "#kernel/runtime/shell/commands/sleep";
import {
  arch,
  dmesg,
  expand,
  factor,
  fold,
  install,
  less,
  logger,
  more,
  mountpoint,
  shuf,
  split,
  strings,
  usleep,
} from "#kernel/runtime/shell/commands/small";
import { sort, uniq } from "#kernel/runtime/shell/commands/sort";
import { stress, stressNg } from "#kernel/runtime/shell/commands/stress";
import { stty, tty } from "#kernel/runtime/shell/commands/stty";
import { md5sum, sha1sum, sha256sum, sha512sum } from "#kernel/runtime/shell/commands/sums";
import { sysctl } from "#kernel/runtime/shell/commands/sysctl";
import { tail } from "#kernel/runtime/shell/commands/tail";
import { tar } from "#kernel/runtime/shell/commands/tar";
import { bracket, test } from "#kernel/runtime/shell/commands/test";
import { top } from "#kernel/runtime/shell/commands/top";
import { noCommand, yesCommand } from "#kernel/runtime/shell/commands/true";
import { wc } from "#kernel/runtime/shell/commands/wc";
import { wget } from "#kernel/runtime/shell/commands/wget";
import { apk } from "#kernel/runtime/shell/packages/apk";
import { apt, aptCache, aptGet, dpkg } from "#kernel/runtime/shell/packages/apt";

export const commands: readonly Command<never>[] = [
  apk,
  apt,
  aptCache,
  aptGet,
  arch,
  awk,
  base64,
  basename,
  bracket,
  cat,
  chgrp,
  chmod,
  chown,
  cmp,
  comm,
  cp,
  curl,
  cut,
  date,
  dd,
  df,
  diff,
  dig,
  dirname,
  dmesg,
  dpkg,
  du,
  echo,
  egrep,
  env,
  envsubst,
  expand,
  expr,
  factor,
  fallocate,
  fgrep,
  find,
  fold,
  free,
  getent,
  grep,
  gunzip,
  gzip,
  head,
  hexdump,
  host,
  hostname,
  id,
  ifconfig,
  install,
  ip,
  jq,
  kubectl,
  kill,
  killall,
  less,
  ln,
  logger,
  ls,
  md5sum,
  mkdir,
  mktemp,
  more,
  mount,
  mountpoint,
  multicall,
  mv,
  nc,
  netstat,
  nice,
  nl,
  noCommand,
  nohup,
  nproc,
  nslookup,
  od,
  paste,
  pgrep,
  pidof,
  ping,
  pkill,
  printenv,
  printf,
  ps,
  readlink,
  realpath,
  rev,
  rm,
  rmdir,
  sed,
  seq,
  setsid,
  sha1sum,
  sha256sum,
  sha512sum,
  shuf,
  sleep,
  sort,
  split,
  stat,
  stdbuf,
  stress,
  stressNg,
  strings,
  stty,
  sync,
  sysctl,
  tac,
  tail,
  tar,
  tee,
  test,
  time,
  timeout,
  top,
  touch,
  tr,
  truncate,
  tty,
  uname,
  uniq,
  uptime,
  usleep,
  watch,
  wc,
  wget,
  which,
  whoami,
  xargs,
  xxd,
  yes,
  yesCommand,
  zcat,
] as readonly Command<never>[];

/** Tools the shell runs in its own process. */
export const builtinCommands: ReadonlyMap<string, Command> = new Map(
  (commands as readonly Command[])
    .filter(({ isBuiltin }) => isBuiltin === true)
    .map((command) => [command.name, command]),
);

const SHELLS: Readonly<Record<Flavor, readonly string[]>> = {
  busybox: ["ash", "sh"],
  gnu: ["bash", "dash", "sh"],
  none: [],
};

/** The names of the tools and shells of an image; `changes` are `+name` and `-name`. */
export function toolNames(flavor: Flavor, changes: readonly string[]): readonly string[] {
  if (flavor === "none") return changes.filter((change) => change.startsWith("+")).map((change) => change.slice(1));
  const names = new Set(SHELLS[flavor]);
  for (const { name, comesWith } of commands) if (comesWith === undefined || comesWith === flavor) names.add(name);
  for (const change of changes) {
    if (change.startsWith("-")) names.delete(change.slice(1));
    else names.add(change.slice(1));
  }
  return [...names];
}
