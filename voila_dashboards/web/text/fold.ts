/** Texts as they are compared when somebody searches, as in the list of tickets: `lake/folding.py` in the browser. */

import { INVISIBLE, LETTERS, OPTIONAL } from "../generated/folding.ts";

/** What Python's `casefold` does beyond small letters, where people write such letters. */
const CASES: Readonly<Record<string, string>> = { ß: "ss", ς: "σ" };
const FOLDED: ReadonlyMap<string, string> = new Map(Object.entries({ ...LETTERS, ...CASES }));
const ALIKE = new RegExp(`[${[...FOLDED.keys()].join("")}]`, "g");
const MARKS = new RegExp(OPTIONAL, "g");
const UNSEEN = new RegExp(INVISIBLE, "g");
/** A iota below a letter is one beside it in capitals. */
const IOTA_BELOW = /\u0345/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has them
const ASCII = /^[\u0000-\u007f]*$/;
/** What becomes one space, and is not one already. */
const SPACES = /\s\s+|[^\S ]/g;

/** Without case, accents and forms of letters, with single spaces. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase().replace(SPACES, " ").trim();
  return plain(text).normalize("NFC").replace(SPACES, " ").trim();
}

function plain(text: string): string {
  const apart = text.replace(UNSEEN, "").normalize("NFKD").replace(IOTA_BELOW, "ι").toLowerCase();
  return apart.replace(MARKS, "").replace(ALIKE, (letter) => FOLDED.get(letter) ?? letter);
}

/** A folded text, and for each of its letters where it came from: from `at[i]` to `at[i + 1]`. */
export interface Traced {
  text: string;
  at: number[];
}

/** The same, letter by letter, so that what is found can be shown in the text itself. */
export function foldTraced(text: string): Traced {
  const at: number[] = [];
  let folded = "";
  let place = 0;
  for (const letter of text) {
    const more = letterOf(letter);
    const isSpaceAgain = more === " " && folded.endsWith(" ");
    if (!isSpaceAgain) {
      folded += more;
      for (let i = 0; i < more.length; i++) at.push(place);
    }
    place += letter.length;
  }
  at.push(place);
  return { text: folded, at };
}

function letterOf(letter: string): string {
  if (letter < "\u0080") return /\s/.test(letter) ? " " : letter.toLowerCase();
  return /\s/.test(letter) ? " " : plain(letter).normalize("NFC");
}
