/** Marks what is searched for where it stands, without a change of the page: by ranges, which the style paints. */

const NAME = "cl-found";
/** More marks help nobody, and cost. */
const MOST_MARKS = 1000;

/** Marks `words` within `root`, and has the first one within `seen` in sight. */
export function markWords(root: Element, words: readonly string[], seen: Element | null): void {
  if (!("highlights" in CSS)) return; // an older browser shows the places, without marks
  const ranges: Range[] = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (words.length && ranges.length < MOST_MARKS && texts.nextNode()) add(texts.currentNode as Text, words, ranges);
  if (ranges.length) CSS.highlights.set(NAME, new Highlight(...ranges));
  else CSS.highlights.delete(NAME);
  const first = ranges.find((range) => seen?.contains(range.startContainer));
  first?.startContainer.parentElement?.scrollIntoView({ block: "center" });
}

export function unmark(): void {
  if ("highlights" in CSS) CSS.highlights.delete(NAME);
}

function add(node: Text, words: readonly string[], ranges: Range[]): void {
  const text = node.data.toLowerCase();
  if (text.length !== node.data.length) return; // some letters are longer when they are small
  for (const word of words)
    for (
      let at = text.indexOf(word);
      at >= 0 && ranges.length < MOST_MARKS;
      at = text.indexOf(word, at + word.length)
    ) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + word.length);
      ranges.push(range);
    }
}
