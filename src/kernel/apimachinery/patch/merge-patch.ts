/**
 * JSON merge patch (RFC 7396): objects merge, null deletes, all else replaces.
 *
 * Models apiserver's use of evanphx/json-patch MergePatch.
 */
import { badRequest } from "#kernel/apimachinery/errors";
import { isObject, type JsonObject, ObjectDraft } from "#kernel/apimachinery/patch/json";

/**
 * Gives the patched document. Neither argument is changed; what the patch does not touch is shared with the document.
 * Raises BadRequest if the patch is no object.
 */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest("Invalid JSON Patch");
  return mergeObject(isObject(document) ? document : {}, patch);
}

function mergeObject(original: JsonObject, patch: JsonObject): JsonObject {
  const draft = new ObjectDraft(original);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      draft.delete(key);
    } else if (isObject(value)) {
      const old = draft.get(key);
      draft.set(key, mergeObject(isObject(old) ? old : {}, value));
    } else {
      draft.set(key, value);
    }
  }
  return draft.done();
}
