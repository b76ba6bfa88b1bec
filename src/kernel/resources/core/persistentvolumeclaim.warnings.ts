/**
 * What a user is warned of when writing a claim.
 *
 * Models pkg/api/persistentvolumeclaim (GetWarningsForPersistentVolumeClaim).
 */
import type { PersistentVolumeClaim } from "#kernel/api/types.gen";
import { milli } from "#kernel/apimachinery/quantity";
import { CLASS_ANNOTATION } from "#kernel/resources/core/persistentvolumeclaim.facts";

/** Texts for the Warning header. */
export function warningsForClaim({ metadata, spec }: PersistentVolumeClaim): string[] {
  const warnings: string[] = [];
  if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) {
    const says = 'deprecated since v1.8; use "storageClassName" attribute instead';
    warnings.push(`metadata.annotations[${CLASS_ANNOTATION}]: ${says}`);
  }
  const { requests, limits } = spec.resources ?? {};
  for (const [field, amounts] of Object.entries({ requests, limits })) {
    const storage = amounts?.["storage"];
    if (storage === undefined || milli(storage) % 1000 === 0) continue;
    const says = `fractional byte value "${storage}" is invalid, must be an integer`;
    warnings.push(`spec.resources.${field}[storage]: ${says}`);
  }
  return warnings;
}
