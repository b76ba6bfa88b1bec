/**
 * What an image is to the simulator: names, size, configuration, files, tools and the programs in it.
 *
 * Models the image configuration of the OCI image specification.
 */
import type { Program, Use } from "#kernel/runtime/process/program";
import type { ParsedReference } from "#kernel/runtime/reference";

/** What the image's Dockerfile sets. */
export interface ImageConfig {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** Numeric user; absent = root. */
  readonly user?: number;
  /** TCP ports it exposes. */
  readonly ports?: readonly number[];
  /** What asks it to end; absent = SIGTERM. */
  readonly stopSignal?: string;
}

/** Which shell and tools an image carries, and so how their messages read; `none` = no shell at all. */
export type Flavor = "busybox" | "gnu" | "none";

/** A file as the image brings it: its text, or more about it. */
export type FileSeed = string | { readonly text?: string; readonly link?: string; readonly mode?: number };

/** What one tag of an image is. */
export interface ImageContent {
  readonly config: ImageConfig;
  readonly flavor: Flavor;
  /** By absolute path; directories above them exist by themselves, a path ending in `/` is an empty directory. */
  readonly files: Readonly<Record<string, FileSeed>>;
  /** Programs by the path under which they are executed. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Nobody described it: a command that is not among its files is simulated as well. */
  readonly isAnything?: boolean;
  /** What a process of one of its programs takes of the machine, unless the program says otherwise. */
  readonly use?: Use;
  /** Names of shell tools it has beyond (`+name`) or short of (`-name`) those its flavor brings. */
  readonly tools?: readonly string[];
}

export interface Image {
  /** Normalised repositories that carry it: `docker.io/library/nginx`. */
  readonly repositories: readonly string[];
  /** Compressed size, which decides how long a pull takes. */
  sizeBytes(reference: ParsedReference): number;
  /** Whether the registry has this tag. */
  hasTag(tag: string): boolean;
  /** What is in it. The same reference always gives the same value. */
  content(reference: ParsedReference): ImageContent;
}
