/**
 * How mysqld is set up: options of the command line and files of options.
 *
 * Models mysys/my_default.cc.
 */
import type { Task } from "#kernel/runtime/process/task";

export interface Options {
  /** Options of [mysqld], with dashes as underscores. */
  readonly values: Readonly<Record<string, string>>;
  /** An option nobody knows, as it was written. */
  readonly unknown?: string;
}

const KNOWN =
  /^(port|datadir|socket|user|bind_address|server_id|log_bin|super_read_only|read_only|skip_name_resolve|skip_host_cache|default_authentication_plugin|authentication_policy|mysql_native_password|character_set_server|collation_server|max_connections|innodb_.*|sql_mode|lower_case_table_names|max_allowed_packet|general_log.*|slow_query_log.*|long_query_time|log_error.*|log_output|pid_file|secure_file_priv|binlog_.*|gtid_mode|enforce_gtid_consistency|expire_logs_days|relay_log.*|log_slave_updates|log_replica_updates|report_host|skip_(slave|replica)_start|explicit_defaults_for_timestamp|ignore_db_dir|key_buffer_size|thread_.*|table_.*|tmp_.*|sort_buffer_size|join_buffer_size|read_.*|wait_timeout|interactive_timeout|symbolic_links|default_time_zone|performance_schema.*|event_scheduler|local_infile|init_file|default_storage_engine|tls_.*|ssl.*|mysqlx.*|open_files_limit|back_log|query_cache_.*|transaction_isolation|require_secure_transport|wsrep_.*|console|initialize.*|daemonize|skip_networking|skip_grant_tables|admin_.*|plugin_.*|loose_.*|skip_.*|max_.*|net_.*|group_concat_max_len|optimizer_.*|session_track_.*|verbose|help|defaults_.*|disable_log_bin|replicate_.*|sync_.*|master_.*|source_.*|slave_.*|replica_.*)$/;

const FILES = ["/etc/my.cnf", "/etc/mysql/my.cnf"];
const DIRECTORIES = ["/etc/my.cnf.d", "/etc/mysql/conf.d", "/etc/mysql/mysql.conf.d", "/etc/mysql/mariadb.conf.d"];

/** Lines of the sections a program reads. */
export function sectionLines(text: string, sections: readonly string[]): string[] {
  const lines: string[] = [];
  let isOurs = false;
  for (const raw of text.split("\n")) {
    const line = raw.replace(/^\s+|\s+$/g, "");
    const section = /^\[(.+)\]$/.exec(line)?.[1];
    if (section !== undefined) isOurs = sections.includes(section);
    else if (isOurs && line !== "" && !/^[#;!]/.test(line)) lines.push(line);
  }
  return lines;
}

/** The lines of all files of options. */
export function optionLines(task: Task, sections: readonly string[]): string[] {
  const inDirectories = DIRECTORIES.flatMap((directory) => {
    const names = task.files.list(directory);
    return Array.isArray(names)
      ? names.filter((name: string) => /\.cnf$/.test(name)).map((name: string) => `${directory}/${name}`)
      : [];
  });
  return [...FILES, ...inDirectories].flatMap((path) => {
    const text = task.files.read(path);
    return typeof text === "number" ? [] : sectionLines(text, sections);
  });
}

/** The options of a server. */
export function serverOptions(task: Task): Options {
  const given = task.argv
    .slice(1)
    .filter((arg) => arg.startsWith("--"))
    .map((arg) => arg.slice(2));
  const values: Record<string, string> = {};
  let unknown: string | undefined;
  for (const line of [...optionLines(task, ["mysqld", "server", "mariadb", "mysqld-8.0"]), ...given]) {
    const [name = "", value = "ON"] = line.split(/\s*=\s*(.*)/s);
    const key = name.trim().toLowerCase().replaceAll("-", "_");
    if (!KNOWN.test(key)) unknown ??= value === "ON" && !line.includes("=") ? name : `${name}=${value}`;
    values[key.replace(/^loose_/, "")] = value.replace(/^["']|["']$/g, "");
  }
  return { values, ...(unknown === undefined ? {} : { unknown }) };
}
