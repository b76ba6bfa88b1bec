/**
 * Texts for students, in Korean and in English.
 */
import { z } from "zod";

const LANGUAGES = ["ko", "en"] as const;

/** A language of the classroom. */
export type Language = (typeof LANGUAGES)[number];

/** The same said in both languages. */
export interface Text {
  readonly ko: string;
  readonly en: string;
}

/** A text as a lab brings it. */
export const textSchema = z.strictObject({ ko: z.string().min(1).max(20_000), en: z.string().min(1).max(20_000) });

/** The language a request asks for: `lang` if it names one, else the first of Accept-Language that we speak. */
export function languageOf(lang: string | undefined, acceptLanguage: string | undefined): Language {
  const wanted = [lang ?? "", ...(acceptLanguage ?? "").split(",")].map((tag) => tag.trim().slice(0, 2).toLowerCase());
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language === tag);
    if (found !== undefined) return found;
  }
  return "en";
}
