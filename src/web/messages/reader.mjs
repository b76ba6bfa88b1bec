/**
 * Reads messages/LOCALE.json for the message compiler: one key, one sentence, {name} where a value goes.
 *
 * Plain JavaScript without imports, because the compiler loads it as text.
 */

/** The parts of a sentence: its texts and the values between them. */
const partsOf = (sentence) =>
  sentence.split(/\{(\w+)\}/).flatMap((part, n) => {
    if (n % 2 === 1) return [{ type: "expression", arg: { type: "variable-reference", name: part } }];
    return part === "" ? [] : [{ type: "text", value: part }];
  });

const namesIn = (sentence) => [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

export default {
  key: "drydock.messages",

  toBeImportedFiles({ settings }) {
    return settings.locales.map((locale) => ({ locale, path: `../src/web/messages/${locale}.json` }));
  },

  importFiles({ files }) {
    const bundles = new Map();
    const messages = [];
    const variants = [];
    for (const { locale, content } of files) {
      for (const [id, sentence] of Object.entries(JSON.parse(new TextDecoder().decode(content)))) {
        const declarations = namesIn(sentence).map((name) => ({ type: "input-variable", name }));
        bundles.set(id, { id, declarations });
        messages.push({ bundleId: id, locale, selectors: [] });
        variants.push({ messageBundleId: id, messageLocale: locale, matches: [], pattern: partsOf(sentence) });
      }
    }
    return { bundles: [...bundles.values()], messages, variants };
  },
};
