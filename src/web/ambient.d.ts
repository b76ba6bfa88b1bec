/** What the bundler adds to the world of these files: components, styles, and the compiled messages. */

declare module "*.svelte" {
  import type { Component } from "svelte";

  const component: Component;
  export default component;
}

declare module "*.css";
declare module "pretendard/*";

/** One function per key of messages/en.json; `{name}` in a sentence is a property of its argument. */
declare module "$messages" {
  type Messages = typeof import("./messages/en.json");
  export const m: { readonly [Key in keyof Messages]: (values?: Readonly<Record<string, string | number>>) => string };
}

declare module "$language" {
  export type Locale = "en" | "ko";
  export function getLocale(): Locale;
  export function setLocale(locale: Locale, options?: { reload?: boolean }): void;
}
