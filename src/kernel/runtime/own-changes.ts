/**
 * What a kubelet does to a pod itself needs no second look: it has seen the result already.
 */

/** The uid of the pod that is being acted upon; everything here happens within one synchronous call. */
let actingOn: string | undefined;

/** Acts on a pod without being woken by what changes of it. */
export function quietly<T>(uid: string, act: () => T): T {
  const outer = actingOn;
  actingOn = uid;
  try {
    return act();
  } finally {
    actingOn = outer;
  }
}

/** What a container does by itself meanwhile is no change of the kubelet's: it is woken by that. */
export function loudly<T>(act: () => T): T {
  const outer = actingOn;
  actingOn = undefined;
  try {
    return act();
  } finally {
    actingOn = outer;
  }
}

/** Whether a change of this pod is the kubelet's own. */
export const isOwnChange = (uid: string): boolean => uid === actingOn;
