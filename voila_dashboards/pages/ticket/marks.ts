/** Marks what is searched for where it stands, without a change of the page: by ranges, which the style paints. */

import { foldTraced, type Traced } from "../../web/text/fold.ts";

const NAME = "cl-found";
/** More marks help nobody, and cost. */
const MOST_MARKS = 1000;
/** Longer texts are marked only where they are letters of ASCII, which need no table. */
const LONGEST_TRACED = 100_000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII has them
const ASCII = /^[\u0000-\u007f]*$/;

/** Marks `words`, which are folded, within `roots`, and has the first one within `seen` in sight. */
export function markWords(roots: readonly Element[], words: readonly string[], seen: Element | null): void {
  if (!("highlights" in CSS)) return; // an older browser shows the places, without marks
  const ranges: Range[] = [];
  for (const root of roots) {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (words.length && ranges.length < MOST_MARKS && texts.nextNode())
      add(texts.currentNode as Text, words, ranges);
  }
  if (ranges.length) CSS.highlights.set(NAME, new Highlight(...ranges));
  else CSS.highlights.delete(NAME);
  const first = ranges.find((range) => seen?.contains(range.startContainer));
  first?.startContainer.parentElement?.scrollIntoView({ block: "center" });
}

export function unmark(): void {
  if ("highlights" in CSS) CSS.highlights.delete(NAME);
}

function add(node: Text, words: readonly string[], ranges: Range[]): void {
  const { text, at } = folded(node.data);
  for (const word of words)
    for (
      let from = text.indexOf(word);
      from >= 0 && ranges.length < MOST_MARKS;
      from = text.indexOf(word, from + word.length)
    ) {
      const range = new Range();
      range.setStart(node, at?.[from] ?? from);
      range.setEnd(node, at ? ends(at, from + word.length) : from + word.length);
      ranges.push(range);
    }
}

/** Null for `at` where each letter stands where it stood. */
function folded(data: string): Traced | { text: string; at: null } {
  if (ASCII.test(data) && !/\s\s/.test(data)) return { text: data.replace(/\s/g, " ").toLowerCase(), at: null };
  return data.length > LONGEST_TRACED ? { text: sameLength(data), at: null } : foldTraced(data);
}

/** Some letters are longer when they are small: then nothing is marked. */
function sameLength(data: string): string {
  const small = data.toLowerCase();
  return small.length === data.length ? small : "";
}

/** A letter that is several when it is folded is marked as a whole. */
function ends(at: readonly number[], to: number): number {
  let end = to;
  while (end < at.length - 1 && at[end] === at[to - 1]) end++;
  return at[end] ?? 0;
}
