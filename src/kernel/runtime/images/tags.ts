/**
 * Which tags a repository has: version patterns instead of lists, so that tomorrow's patch release exists too.
 */

/** The versions and names of a repository. */
export interface Tags {
  /** Names besides versions: `latest`, `alpine`. */
  readonly names?: readonly string[];
  /** Minor versions by major: `{ 1: [7, 31] }` is 1.7 to 1.31. */
  readonly versions?: Readonly<Record<number, readonly [from: number, to: number]>>;
  /** Highest patch release. */
  readonly patches?: number;
  /** What may follow a version, or stand alone: `alpine`, `bookworm`. */
  readonly variants?: readonly string[];
}

/** Whether a repository of these tags has this one. */
export function hasTag({ names = [], versions = {}, patches = 40, variants = [] }: Tags, tag: string): boolean {
  if (tag === "latest" || names.includes(tag)) return true;
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-(.+))?$/.exec(tag);
  if (match === null)
    return (
      isVariant(variants, tag) ||
      names.some((name) => tag.startsWith(`${name}-`) && isVariant(variants, tag.slice(name.length + 1)))
    );
  const [, major = "", minor, patch, variant] = match;
  const range = versions[Number(major)];
  if (range === undefined) return false;
  if (minor !== undefined && (Number(minor) < range[0] || Number(minor) > range[1])) return false;
  if (patch !== undefined && Number(patch) > patches) return false;
  return variant === undefined || isVariant(variants, variant);
}

/** `alpine3.20-perl` of the variants `alpine` and `perl`. */
function isVariant(variants: readonly string[], text: string): boolean {
  return text.split("-").every((part) => variants.includes(part.replace(/(?<=[a-z])[0-9.]+$/, "")));
}
