/** In which face a text of a log is read: as prose, as code or a terminal's output, or as a difference of files. */

import { hasColours } from "./colours.ts";

export type Face = "prose" | "code" | "diff";

/** So many of a text's first lines tell its face. */
const FIRST_LINES = 60;
const SHARE_OF_CODE = 0.3;

const DIFF = /^(diff --git |@@ -\d+(,\d+)? \+\d+|--- (a\/|\S+\t)|\*\*\* Begin Patch)/m;
/** What lines begin with that people do not write: moved in, a prompt, a number, a place in a file. */
const CODE_BEGIN = /^(\t| {2,}(?![-*\d])|[$>#%] ?\S|\S+[@:][^ ]*[$#] |\s*\d+[:|\t]|File "|Traceback |[drwx-]{10} )/;
/** Columns, and ends with a sign of code. */
const CODE_WITHIN = /\S {3,}\S|\t|[;{}]\s*$/;

export function faceOf(text: string): Face {
  if (!text.includes("\n")) return "prose";
  if (DIFF.test(text.slice(0, 20_000))) return "diff";
  if (hasColours(text.slice(0, 20_000))) return "code";
  const lines = text
    .split("\n", FIRST_LINES)
    .map((line) => line.slice(0, 300))
    .filter((line) => line.trim());
  const code = lines.filter((line) => CODE_BEGIN.test(line) || CODE_WITHIN.test(line)).length;
  return lines.length > 1 && code >= lines.length * SHARE_OF_CODE ? "code" : "prose";
}

/** Heads, lists, quotes, fences at the beginning of a line; and marks within one. */
const BLOCK_MARKS = /(^|\n)\s{0,3}(#{1,6} \S|[-*+] \S|\d+[.)] |> |```|~~~)/;
// What may repeat within them does not hold what they begin with: else many beginnings are each read to the end.
const INLINE_MARKS = /\*\*[^\s*]|`[^`\n]+`|\[[^[\]\n]+\]\([^\s()]/;
const BELOW_A_HEAD = /^[\s:|-]+$/;

/** Whether a text has marks of Markdown that change how it looks. */
export const isMarkdown = (text: string): boolean =>
  BLOCK_MARKS.test(text) || INLINE_MARKS.test(text) || hasTable(text);

/** Whether a line with cells stands above one of strokes. */
function hasTable(text: string): boolean {
  if (!text.includes("|")) return false;
  let hasCells = false;
  for (const line of text.split("\n")) {
    if (hasCells && line.includes("|") && line.includes("-") && BELOW_A_HEAD.test(line)) return true;
    hasCells = line.includes("|");
  }
  return false;
}
