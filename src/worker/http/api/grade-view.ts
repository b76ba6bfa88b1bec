/**
 * A grade as our API shows it: the reasons in the language that was asked for.
 */
import { z } from "@hono/zod-openapi";
import type { Grade } from "#classroom/grade";
import { languageOf } from "#classroom/text";

/** The query of every route that grades. */
export const languageQuery = z.object({
  lang: z.enum(["ko", "en"]).optional().describe("The language of the messages; else Accept-Language decides"),
});

/** A grade over the wire. */
export const gradeSchema = z
  .object({
    score: z.number().int(),
    max: z.number().int(),
    tasks: z.array(
      z.object({
        id: z.string(),
        passed: z.boolean(),
        points: z.number().int().describe("What it earned"),
        max: z.number().int().describe("What it is worth"),
        message: z.string().describe("What is, and what is expected"),
      }),
    ),
  })
  .openapi("Grade");

/** A grade with what each line printed. */
export const rehearsalSchema = gradeSchema
  .extend({
    output: z.array(
      z.object({
        line: z.string(),
        text: z.string().describe("What kubectl would print"),
        failed: z.boolean().describe("Whether it failed; the lines after it ran all the same"),
      }),
    ),
  })
  .openapi("RehearsalGrade");

/** The grade in one language. */
export function gradeView(
  { score, max, tasks }: Grade,
  { lang }: z.infer<typeof languageQuery>,
  acceptLanguage: string | undefined,
): z.infer<typeof gradeSchema> {
  const language = languageOf(lang, acceptLanguage);
  return { score, max, tasks: tasks.map((task) => ({ ...task, message: task.message[language] })) };
}
