/**
 * Warnings about custom resources that are well formed and yet unwise.
 *
 * Models apiextensions-apiserver/pkg/registry/customresource/validator.go (validateKubeFinalizerName).
 */
import { quote } from "#kernel/apimachinery/go-text";
import type { KubeObject } from "#kernel/store/object";

/** Texts for finalizers that are new and have no domain. */
export function finalizerWarnings({ metadata }: KubeObject, old?: KubeObject): readonly string[] {
  const before = new Set(old?.metadata.finalizers);
  return (metadata.finalizers ?? [])
    .filter((name) => !before.has(name) && !name.includes("/") && !STANDARD.has(name))
    .map(
      (name) =>
        `metadata.finalizers: ${quote(name)}: prefer a domain-qualified finalizer name including a path (/) ` +
        "to avoid accidental conflicts with other finalizer writers",
    );
}

const STANDARD = new Set(["kubernetes", "orphan", "foregroundDeletion"]);
