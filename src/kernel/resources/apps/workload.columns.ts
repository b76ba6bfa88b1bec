/**
 * The columns in which `-o wide` shows what a workload runs.
 *
 * Models pkg/printers/internalversion/printers.go (layoutContainerCells).
 */
import type { PodTemplateSpec } from "#kernel/api/types.gen";
import { type Column, wide } from "#kernel/registry/definition";

/** Names and images of the template's containers, joined by commas. */
export function containerColumns<T>(templateOf: (object: T) => PodTemplateSpec | undefined): readonly Column<T>[] {
  const containersOf = (object: T) => templateOf(object)?.spec.containers ?? [];
  return [
    wide(
      "Containers",
      "string",
      (object) =>
        containersOf(object)
          .map(({ name }) => name)
          .join(","),
      "The names of the template's containers.",
    ),
    wide(
      "Images",
      "string",
      (object) =>
        containersOf(object)
          .map(({ image = "" }) => image)
          .join(","),
      "The images of the template's containers.",
    ),
  ];
}
