/**
 * Releases of distributions, as their images name themselves in /etc.
 *
 * Models os-release(5).
 */
import type { FileSeed } from "#kernel/runtime/images/image";

type Files = Readonly<Record<string, FileSeed>>;

const DEBIAN: Readonly<Record<string, { readonly version: string; readonly point: string }>> = {
  buster: { version: "10", point: "13" },
  bullseye: { version: "11", point: "11" },
  bookworm: { version: "12", point: "12" },
  trixie: { version: "13", point: "1" },
};

const UBUNTU: Readonly<Record<string, string>> = {
  "16.04": "Xenial Xerus",
  "18.04": "Bionic Beaver",
  "20.04": "Focal Fossa",
  "22.04": "Jammy Jellyfish",
  "24.04": "Noble Numbat",
};

const lines = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${/^[\w.]+$/.test(value) && !/^VERSION/.test(name) ? value : `"${value}"`}\n`)
    .join("");

/** Debian by a tag that may name a release (`12-slim`, `bookworm`); else the present stable one. */
export function debianFiles(tag: string): Files {
  const found = Object.entries(DEBIAN).find(
    ([codename, { version }]) => tag.includes(codename) || new RegExp(`^${version}\\b`).test(tag),
  );
  const [codename, { version, point }] = found ?? ["trixie", { version: "13", point: "1" }];
  return {
    "/etc/debian_version": `${version}.${point}\n`,
    "/etc/os-release": lines({
      PRETTY_NAME: `Debian GNU/Linux ${version} (${codename})`,
      NAME: "Debian GNU/Linux",
      VERSION_ID: version,
      VERSION: `${version} (${codename})`,
      VERSION_CODENAME: codename,
      ID: "debian",
      HOME_URL: "https://www.debian.org/",
      SUPPORT_URL: "https://www.debian.org/support",
      BUG_REPORT_URL: "https://bugs.debian.org/",
    }),
  };
}

/** Ubuntu by a tag (`22.04`, `jammy`); else the present long-term release. */
export function ubuntuFiles(tag: string): Files {
  const found = Object.entries(UBUNTU).find(
    ([version, name]) => tag.startsWith(version) || tag.startsWith(name.split(" ")[0]?.toLowerCase() ?? ""),
  );
  const [version, name] = found ?? ["24.04", "Noble Numbat"];
  const codename = name.split(" ")[0]?.toLowerCase() ?? "";
  return {
    "/etc/debian_version": "trixie/sid\n",
    "/etc/lsb-release": lines({
      DISTRIB_ID: "Ubuntu",
      DISTRIB_RELEASE: version,
      DISTRIB_CODENAME: codename,
      DISTRIB_DESCRIPTION: `Ubuntu ${version} LTS`,
    }),
    "/etc/os-release": lines({
      PRETTY_NAME: `Ubuntu ${version} LTS`,
      NAME: "Ubuntu",
      VERSION_ID: version,
      VERSION: `${version} LTS (${name})`,
      VERSION_CODENAME: codename,
      ID: "ubuntu",
      ID_LIKE: "debian",
      HOME_URL: "https://www.ubuntu.com/",
      SUPPORT_URL: "https://help.ubuntu.com/",
      BUG_REPORT_URL: "https://bugs.launchpad.net/ubuntu/",
      UBUNTU_CODENAME: codename,
    }),
  };
}

/** Alpine by a version (`3.20`, `3.20.3`); else the present stable one. */
export function alpineFiles(tag: string): Files {
  const [, named] = /(?:^|alpine)(\d+\.\d+(?:\.\d+)?)/.exec(tag) ?? [];
  const version = named === undefined ? "3.22.1" : named.split(".").length === 2 ? `${named}.3` : named;
  return {
    "/etc/alpine-release": `${version}\n`,
    "/etc/os-release": lines({
      NAME: "Alpine Linux",
      ID: "alpine",
      VERSION_ID: version,
      PRETTY_NAME: `Alpine Linux v${version.split(".").slice(0, 2).join(".")}`,
      HOME_URL: "https://alpinelinux.org/",
      BUG_REPORT_URL: "https://gitlab.alpinelinux.org/alpine/aports/-/issues",
    }),
  };
}
