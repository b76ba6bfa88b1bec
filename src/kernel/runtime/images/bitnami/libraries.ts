/**
 * The shell libraries that scripts of Bitnami's images and charts read, as far as charts use them.
 *
 * Models /opt/bitnami/scripts/lib*.sh by what their functions do.
 */
import type { FileSeed } from "#kernel/runtime/images/image";

const LOG = `
info() { echo "$MODULE \${*}" >&2; }
warn() { echo "$MODULE WARN  ==> \${*}" >&2; }
error() { echo "$MODULE ERROR ==> \${*}" >&2; }
debug() { if is_boolean_yes "\${BITNAMI_DEBUG:-false}"; then echo "$MODULE DEBUG ==> \${*}" >&2; fi; }
log() { echo "\${*}" >&2; }
indent() { cat; }
print_welcome_page() { :; }
`;

const VALIDATIONS = `
is_boolean_yes() { case "\${1:-}" in 1|y*|Y*|true|TRUE|True) return 0;; *) return 1;; esac; }
is_yes_no_value() { case "\${1:-}" in yes|no) return 0;; *) return 1;; esac; }
is_true_false_value() { case "\${1:-}" in true|false) return 0;; *) return 1;; esac; }
is_empty_value() { [ -z "\${1:-}" ]; }
is_int() { case "\${1:-}" in ''|*[!0-9-]*) return 1;; *) return 0;; esac; }
is_positive_int() { is_int "\${1:-}" && [ "$1" -ge 0 ]; }
`;

const FS = `
is_dir_empty() { [ ! -e "$1" ] || [ -z "$(ls -A "$1")" ]; }
is_mounted_dir_empty() { is_dir_empty "$1"; }
is_file_writable() { [ -w "$1" ]; }
ensure_dir_exists() { mkdir -p "$1"; }
owned_by() { if [ "$(id -u)" = 0 ]; then chown "$2" "$1"; fi; }
configure_permissions_ownership() { :; }
realpath_or() { echo "$1"; }
`;

const OS = `
am_i_root() { [ "$(id -u)" = 0 ]; }
get_machine_ip() { hostname -i; }
get_hostname() { hostname; }
is_hostname_resolved() { getent hosts "$1" >/dev/null; }
run_as_user() { shift; "$@"; }
exec_as_user() { shift; exec "$@"; }
retry_while() {
  tries="\${2:-12}"; pause="\${3:-5}"; n=0
  while [ "$n" -lt "$tries" ]; do if $1; then return 0; fi; n=$((n + 1)); sleep "$pause"; done
  return 1
}
generate_random_string() { head -c 16 /dev/urandom | md5sum | cut -c1-10; }
`;

const NET = `
get_machine_ip() { hostname -i; }
dns_lookup() { getent hosts "$1" | awk '{print $1; exit}'; }
is_hostname_resolved() { getent hosts "$1" >/dev/null; }
wait_for_dns_lookup() { until dns_lookup "$1"; do sleep "\${3:-1}"; done; }
wait-for-port() { until nc -z "\${2:-127.0.0.1}" "$1"; do sleep 1; done; }
`;

/** The libraries by path. */
export const libraries: Readonly<Record<string, FileSeed>> = Object.fromEntries(
  Object.entries({
    liblog: VALIDATIONS + LOG,
    libvalidations: VALIDATIONS + LOG,
    libbitnami: VALIDATIONS + LOG,
    libfs: VALIDATIONS + LOG + FS,
    libfile: VALIDATIONS + LOG + FS,
    libos: VALIDATIONS + LOG + OS,
    libnet: VALIDATIONS + LOG + OS + NET,
    libservice: VALIDATIONS + LOG + OS,
    libversion: 'get_sematic_version() { echo "$1" | cut -d. -f"$2"; }\n',
    libpersistence: VALIDATIONS + LOG + FS,
  }).map(([name, text]) => [`/opt/bitnami/scripts/${name}.sh`, { text, mode: 0o775 }]),
);
