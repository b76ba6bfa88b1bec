/**
 * What a container finds inside its image: the file tree, the tools of its flavor, its environment.
 */

import type { ImageDescription } from "#kernel/resources/core/image-description";
import type { ContainerRecord } from "#kernel/runtime/container";
import { ImageTree } from "#kernel/runtime/files/image-tree";
import { describedContent } from "#kernel/runtime/images/described";
import type { FileSeed, Flavor, ImageContent } from "#kernel/runtime/images/image";
import { known } from "#kernel/runtime/images/known";
import { alpineFiles, debianFiles } from "#kernel/runtime/images/releases";
import { resolveImage } from "#kernel/runtime/registry";
import { toolNames } from "#kernel/runtime/shell/commands/index";

export interface Inside {
  readonly image: ImageContent;
  readonly tree: ImageTree;
  readonly flavor: Flavor;
  environment(record: ContainerRecord): Readonly<Record<string, string>>;
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MEMO_ENTRIES = 500;
const memo = new Map<string, Inside>();

const described = new WeakMap<ImageDescription, Inside>();

/** The inside of a container's image. */
export function insideOfContainer({
  image,
  described: description,
}: Pick<ContainerRecord, "image" | "described">): Inside {
  if (description === undefined) return contentOf(image);
  const known = described.get(description);
  if (known !== undefined) return known;
  const inside = insideOf(describedContent(description));
  described.set(description, inside);
  return inside;
}

/** The inside of an image; a reference without one (its pull was refused) gives an empty box. */
export function contentOf(ref: string): Inside {
  const known = memo.get(ref);
  if (known !== undefined) return known;
  const found = resolveImage(ref);
  const image: ImageContent =
    "image" in found
      ? measured(found.image.content(found.reference), found.reference.repository)
      : { config: {}, flavor: "none", files: {}, programs: {} };
  const inside = insideOf(image);
  if (memo.size >= MEMO_ENTRIES) memo.clear();
  memo.set(ref, inside);
  return inside;
}

/** An image with what its processes take, if that is known elsewhere. */
function measured(image: ImageContent, repository: string): ImageContent {
  const use = image.use ?? known(repository);
  return use === undefined ? image : { ...image, use };
}

function insideOf(image: ImageContent): Inside {
  const executables: Record<string, string> = {};
  for (const [path, program] of Object.entries(image.programs)) executables[path] = program.name;
  const tools = toolNames(image.flavor, image.tools ?? []);
  for (const name of tools) {
    executables[`${image.flavor === "gnu" ? "/usr/bin" : "/bin"}/${name}`] ??= toolProgram(name);
  }
  const tree = new ImageTree({ ...baseFiles(image.flavor), ...releaseFiles(tools), ...image.files }, executables);
  return { image, tree, flavor: image.flavor, environment: (record) => environment(image, record) };
}

/** Every name of the shell is one program. */
function toolProgram(name: string): string {
  return ["ash", "bash", "dash"].includes(name) ? "sh" : name;
}

/** The order in which a real container prints it: the path and host name first, HOME last. */
function environment(image: ImageContent, record: ContainerRecord): Readonly<Record<string, string>> {
  const { user = 0 } = image.config;
  const env: Record<string, string> = { PATH: DEFAULT_PATH, HOSTNAME: record.hostname };
  if (record.tty) env["TERM"] = "xterm";
  Object.assign(env, image.config.env, record.env);
  env["HOME"] ??= (record.user ?? user) === 0 ? "/root" : "/";
  return env;
}

/** What a distribution with packages keeps beside them; images that are of another release bring their own. */
function releaseFiles(tools: readonly string[]): Readonly<Record<string, FileSeed>> {
  if (tools.includes("apk")) return { ...alpineFiles(""), "/etc/apk/": "", "/lib/apk/db/": "" };
  if (!tools.includes("apt-get")) return {};
  return { ...debianFiles("bookworm"), "/etc/apt/": "", "/var/lib/apt/lists/": "", "/var/lib/dpkg/": "" };
}

function baseFiles(flavor: Flavor): Readonly<Record<string, FileSeed>> {
  if (flavor === "none") return { "/.bare": "", "/etc/passwd": PASSWD, "/etc/group": GROUP };
  const files: Record<string, FileSeed> = {
    "/etc/passwd": PASSWD,
    "/etc/group": GROUP,
    "/etc/services": "http\t80/tcp\nhttps\t443/tcp\ndomain\t53/udp\n",
    "/usr/local/bin/": "",
    "/var/log/": "",
    "/mnt/": "",
    "/opt/": "",
    "/srv/": "",
  };
  if (flavor === "gnu") {
    files["/bin"] = { link: "usr/bin" };
    files["/sbin"] = { link: "usr/sbin" };
    files["/usr/sbin/"] = "";
    files["/usr/share/"] = "";
    files["/var/tmp/"] = { mode: 0o1777 };
  } else {
    files["/usr/sbin/"] = "";
    files["/sbin/"] = "";
    files["/var/spool/"] = "";
    files["/usr/bin/env"] = { link: "/bin/env" };
  }
  return files;
}

const PASSWD =
  "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nbin:x:2:2:bin:/bin:/bin/false\n" +
  "www-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
const GROUP = "root:x:0:\ndaemon:x:1:\nbin:x:2:\nadm:x:4:\ntty:x:5:\nwww-data:x:33:\nusers:x:100:\nnogroup:x:65534:\n";
