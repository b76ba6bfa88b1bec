/**
 * Fields: the words an expansion falls into, with what was quoted kept apart for patterns.
 *
 * Models XCU 2.6.5 Field Splitting.
 */
import { literalPattern } from "#kernel/runtime/shell/pattern";

/** A finished field: its text, and the same with quoted pattern characters made literal. */
export interface Field {
  readonly text: string;
  readonly pattern: string;
}

export class Fields {
  readonly done: Field[] = [];
  #text = "";
  #pattern = "";
  #isOpen = false;
  /** What ended the last field: a blank separator may be followed by one other. */
  #last: "blank" | "other" | undefined;

  /** @param separators the value of IFS; undefined = nothing is split */
  constructor(readonly separators: string | undefined) {}

  /** Text no further expansion applies to. */
  quoted(text: string): void {
    this.#text += text;
    this.#pattern += literalPattern(text);
    this.#isOpen = true;
    this.#last = undefined;
  }

  /** Text of the script itself: it may be a pattern, it is not split. */
  literal(text: string): void {
    if (text === "") return;
    this.#text += text;
    this.#pattern += text;
    this.#isOpen = true;
    this.#last = undefined;
  }

  /** The result of an unquoted expansion. */
  expanded(text: string): void {
    const { separators } = this;
    if (separators === undefined || separators === "") {
      this.#append(text);
      return;
    }
    for (const char of text) {
      if (!separators.includes(char)) this.#append(char);
      else if (char === " " || char === "\t" || char === "\n") {
        if (this.#isOpen) this.#close("blank");
      } else if (this.#isOpen) this.#close("other");
      else if (this.#last === "blank") this.#last = "other";
      else {
        this.done.push({ text: "", pattern: "" });
        this.#last = "other";
      }
    }
  }

  #append(text: string): void {
    if (text === "") return;
    this.#text += text;
    // A backslash that comes out of an expansion is itself.
    this.#pattern += text.replaceAll("\\", "\\\\");
    this.#isOpen = true;
    this.#last = undefined;
  }

  /** Ends a field, as between the parameters of `"$@"`. */
  cut(): void {
    if (this.#isOpen) this.#close("other");
    this.#last = undefined;
  }

  #close(last: "blank" | "other"): void {
    this.done.push({ text: this.#text, pattern: this.#pattern });
    this.#text = "";
    this.#pattern = "";
    this.#isOpen = false;
    this.#last = last;
  }

  /** All fields. */
  finish(): readonly Field[] {
    if (this.#isOpen) this.#close("other");
    return this.done;
  }

  /** Everything as one field, where nothing is split. */
  joined(): Field {
    const fields = this.finish();
    return fields.length === 1 && fields[0] !== undefined
      ? fields[0]
      : { text: fields.map(({ text }) => text).join(" "), pattern: fields.map(({ pattern }) => pattern).join(" ") };
  }
}
