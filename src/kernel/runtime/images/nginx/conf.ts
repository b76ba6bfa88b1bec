/**
 * nginx configuration: directives and blocks read from files, includes followed, mistakes told as nginx tells them.
 *
 * Models src/core/ngx_conf_file.c.
 */

/** A directive; a block has children. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly children?: readonly Directive[];
  /** Where it stands: `/etc/nginx/nginx.conf:12`. */
  readonly place: string;
}

/** A configuration nginx refuses to start with; the text after `[emerg] `. */
export class ConfFault {
  constructor(readonly message: string) {}
}

/** Reads files for the parser. */
export interface ConfFiles {
  read(path: string): string | undefined;
  /** Paths a pattern matches, sorted. */
  glob(pattern: string): readonly string[];
}

const BLOCKS = [
  "http",
  "server",
  "location",
  "upstream",
  "events",
  "if",
  "map",
  "stream",
  "types",
  "geo",
  "limit_except",
  "mail",
  "split_clients",
];

/** Directives of the standard modules. What is missing here is unknown to nginx as well. */
const KNOWN = new Set(
  (
    "absolute_redirect accept_mutex access_log add_header add_trailer aio alias allow auth_basic auth_basic_user_file " +
    "auth_request auth_request_set autoindex autoindex_exact_size autoindex_format autoindex_localtime break charset " +
    "charset_types chunked_transfer_encoding client_body_buffer_size client_body_temp_path client_body_timeout " +
    "client_header_buffer_size client_header_timeout client_max_body_size connection_pool_size daemon default_type deny " +
    "directio env error_log error_page etag events expires fastcgi_buffer_size fastcgi_buffers fastcgi_cache " +
    "fastcgi_connect_timeout fastcgi_index fastcgi_param fastcgi_pass fastcgi_read_timeout fastcgi_send_timeout " +
    "fastcgi_split_path_info fastcgi_temp_path geo grpc_pass grpc_set_header gunzip gzip gzip_buffers gzip_comp_level " +
    "gzip_disable gzip_http_version gzip_min_length gzip_proxied gzip_static gzip_types gzip_vary hash http http2 if " +
    "if_modified_since ignore_invalid_headers include index internal ip_hash keepalive keepalive_disable " +
    "keepalive_requests keepalive_time keepalive_timeout large_client_header_buffers least_conn limit_conn " +
    "limit_conn_zone limit_except limit_rate limit_rate_after limit_req limit_req_status limit_req_zone lingering_close " +
    "lingering_time lingering_timeout listen load_module location log_format log_not_found log_subrequest mail map " +
    "map_hash_bucket_size map_hash_max_size master_process max_ranges merge_slashes min_delete_depth mirror multi_accept " +
    "open_file_cache open_file_cache_errors open_file_cache_min_uses open_file_cache_valid output_buffers override_charset " +
    "pcre_jit pid port_in_redirect proxy_bind proxy_buffer_size proxy_buffering proxy_buffers proxy_busy_buffers_size " +
    "proxy_cache proxy_cache_bypass proxy_cache_key proxy_cache_lock proxy_cache_methods proxy_cache_min_uses " +
    "proxy_cache_path proxy_cache_use_stale proxy_cache_valid proxy_connect_timeout proxy_cookie_domain proxy_cookie_path " +
    "proxy_headers_hash_bucket_size proxy_headers_hash_max_size proxy_hide_header proxy_http_version " +
    "proxy_ignore_client_abort proxy_ignore_headers proxy_intercept_errors proxy_max_temp_file_size proxy_method " +
    "proxy_next_upstream proxy_next_upstream_timeout proxy_next_upstream_tries proxy_no_cache proxy_pass " +
    "proxy_pass_header proxy_pass_request_body proxy_pass_request_headers proxy_protocol proxy_read_timeout " +
    "proxy_redirect proxy_request_buffering proxy_send_timeout proxy_set_body proxy_set_header proxy_socket_keepalive " +
    "proxy_ssl_name proxy_ssl_server_name proxy_ssl_trusted_certificate proxy_ssl_verify proxy_store proxy_temp_path " +
    "random read_ahead real_ip_header real_ip_recursive recursive_error_pages reset_timedout_connection resolver " +
    "resolver_timeout return rewrite rewrite_log root satisfy scgi_pass scgi_temp_path send_timeout sendfile " +
    "sendfile_max_chunk server server_name server_name_in_redirect server_names_hash_bucket_size " +
    "server_names_hash_max_size server_tokens set set_real_ip_from split_clients ssi ssl_buffer_size ssl_certificate " +
    "ssl_certificate_key ssl_ciphers ssl_client_certificate ssl_dhparam ssl_ecdh_curve ssl_prefer_server_ciphers " +
    "ssl_protocols ssl_session_cache ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_verify " +
    "ssl_trusted_certificate ssl_verify_client ssl_verify_depth state stream stub_status sub_filter sub_filter_once " +
    "sub_filter_types tcp_nodelay tcp_nopush thread_pool timer_resolution try_files types types_hash_bucket_size " +
    "types_hash_max_size underscores_in_headers uninitialized_variable_warn upstream use user userid uwsgi_param uwsgi_pass " +
    "uwsgi_temp_path valid_referers variables_hash_bucket_size variables_hash_max_size worker_aio_requests " +
    "worker_connections worker_cpu_affinity worker_priority worker_processes worker_rlimit_core worker_rlimit_nofile " +
    "worker_shutdown_timeout working_directory zone"
  ).split(" "),
);

interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly line: number;
}

/** The directives of a file and of what it includes. Raises ConfFault. */
export function readConf(path: string, files: ConfFiles): readonly Directive[] {
  const text = files.read(path);
  if (text === undefined) throw new ConfFault(`open() "${path}" failed (2: No such file or directory)`);
  const tokens = tokensOf(text, path);
  const reader = { at: 0 };
  const directives = block(tokens, reader, { path, files, parent: "main" });
  return directives;
}

/** Tokens by path and text: every container of a Deployment starts with the same files. */
const known = new Map<string, Token[]>();

function tokensOf(text: string, path: string): Token[] {
  const key = `${path}\n${text}`;
  let tokens = known.get(key);
  if (tokens === undefined) {
    tokens = tokenized(text, path);
    if (known.size > 200) known.clear();
    known.set(key, tokens);
  }
  return tokens;
}

function tokenized(text: string, path: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let n = 0; n < text.length; ) {
    const char = text[n] ?? "";
    if (char === "\n") line += 1;
    if (/\s/.test(char)) n += 1;
    else if (char === "#") {
      const end = text.indexOf("\n", n);
      n = end < 0 ? text.length : end;
    } else if (";{}".includes(char)) {
      tokens.push({ text: char, isQuoted: false, line });
      n += 1;
    } else if (char === '"' || char === "'") {
      let value = "";
      const start = line;
      for (n += 1; text[n] !== char; n += 1) {
        if (n >= text.length) throw new ConfFault(`unexpected end of file, expecting ";" or "}" in ${path}:${line}`);
        if (text[n] === "\\" && (text[n + 1] === char || text[n + 1] === "\\")) n += 1;
        if (text[n] === "\n") line += 1;
        value += text[n];
      }
      n += 1;
      tokens.push({ text: unescaped(value), isQuoted: true, line: start });
    } else {
      let value = "";
      for (; n < text.length && !/[\s;]/.test(text[n] ?? ""); n += 1) {
        if (text[n] === "{" && text[n - 1] !== "$") break;
        if (text[n] === "\\" && n + 1 < text.length && /[\s;{}"'\\]/.test(text[n + 1] ?? "")) n += 1;
        value += text[n];
        if (text[n] === "{") {
          const end = text.indexOf("}", n);
          value += text.slice(n + 1, end + 1);
          n = end;
        }
      }
      tokens.push({ text: unescaped(value), isQuoted: false, line });
    }
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\([ntr])/g, (_, letter: string) => ({ n: "\n", t: "\t", r: "\r" })[letter] ?? "");
}

interface Context {
  readonly path: string;
  readonly files: ConfFiles;
  readonly parent: string;
}

function block(tokens: readonly Token[], reader: { at: number }, context: Context): Directive[] {
  const directives: Directive[] = [];
  const { path, parent } = context;
  for (;;) {
    const words: Token[] = [];
    let end = tokens[reader.at];
    while (end !== undefined && (end.isQuoted || ![";", "{", "}"].includes(end.text))) {
      words.push(end);
      reader.at += 1;
      end = tokens[reader.at];
    }
    const last = tokens.at(-1)?.line ?? 1;
    if (end === undefined) {
      if (words.length > 0) throw new ConfFault(`unexpected end of file, expecting ";" or "}" in ${path}:${last}`);
      if (parent !== "main" && parent !== "include")
        throw new ConfFault(`unexpected end of file, expecting "}" in ${path}:${last}`);
      return directives;
    }
    reader.at += 1;
    const [first, ...rest] = words;
    if (end.text === "}") {
      if (first !== undefined || parent === "main" || parent === "include")
        throw new ConfFault(`unexpected "}" in ${path}:${end.line}`);
      return directives;
    }
    if (first === undefined) throw new ConfFault(`unexpected "${end.text}" in ${path}:${end.line}`);
    const place = `${path}:${first.line}`;
    const isFree = parent === "types" || parent === "map" || parent === "geo" || parent === "split_clients";
    if (!isFree && !KNOWN.has(first.text)) throw new ConfFault(`unknown directive "${first.text}" in ${place}`);
    const args = rest.map(({ text }) => text);
    if (end.text === "{") {
      if (!isFree && !BLOCKS.includes(first.text))
        throw new ConfFault(`directive "${first.text}" is not terminated by ";" in ${place}`);
      directives.push({
        name: first.text,
        args,
        place,
        children: block(tokens, reader, { ...context, parent: first.text }),
      });
    } else if (first.text === "include" && !isFree) directives.push(...included(args[0] ?? "", place, context));
    else {
      if (!isFree && BLOCKS.includes(first.text) && !(first.text === "server" && parent === "upstream")) {
        throw new ConfFault(`directive "${first.text}" has no opening "{" in ${place}`);
      }
      directives.push({ name: first.text, args, place });
    }
  }
}

function included(pattern: string, place: string, { files }: Context): Directive[] {
  const path = pattern.startsWith("/") ? pattern : `/etc/nginx/${pattern}`;
  if (path.endsWith("mime.types")) return [];
  const isPattern = /[*?[]/.test(path);
  const found = isPattern ? files.glob(path) : [path];
  return found.flatMap((file) => {
    const text = files.read(file);
    if (text === undefined) throw new ConfFault(`open() "${file}" failed (2: No such file or directory) in ${place}`);
    return block(tokensOf(text, file), { at: 0 }, { path: file, files, parent: "include" });
  });
}
