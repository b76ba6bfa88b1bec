/**
 * Pure questions anybody may ask of a ResourceQuota: which scopes it has.
 *
 * Models apiserver/pkg/quota/v1 (getScopeSelectorsFromQuota).
 */
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from "#kernel/api/types.gen";

/** All scopes of the quota as requirements: a scope in the short list must simply hold. */
export function scopesOf({ scopes = [], scopeSelector }: ResourceQuotaSpec): ScopedResourceSelectorRequirement[] {
  const plain = scopes.map((scopeName) => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(scopeSelector?.matchExpressions ?? [])];
}
