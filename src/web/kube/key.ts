/**
 * The cluster's key: it comes in the page's fragment, which no server sees, and is remembered by this browser.
 */

const nameOf = (id: string): string => `drydock.key.${id}`;

/** The key of a cluster: from the fragment, else as remembered; undefined when this browser never had it. */
export function keyOf(id: string): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  try {
    if (given !== null) localStorage.setItem(nameOf(id), given);
    return given ?? localStorage.getItem(nameOf(id)) ?? undefined;
  } catch {
    // Storage is forbidden in some classrooms: the fragment alone does then.
    return given ?? undefined;
  }
}
