/**
 * The fields that take only some words, and what each word means: no npm package has kept them.
 */

/** `core.v1.Container#imagePullPolicy` -> word -> what it means. */
export const ENUMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {};
